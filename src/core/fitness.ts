// How fit this node is to serve, and what follows from it without a death: the primary hands over, or a preferred standby asks
// for the service.
import { inContact, peerSays } from './contact.ts';
import { lanIsGood } from './lan.ts';
import type { ReasonCode } from './reasons.ts';
import { serves } from './roles.ts';
import type { Settings } from './settings.ts';
import type { Fitness, Standing } from './standing.ts';
import type { State } from './state.ts';
import type { Turn } from './turn.ts';
import { note } from './turn.ts';

/** A port without carrier, or references that do not answer, for this long is no blink. */
const unfitMs = 100;
const unfitRounds = 3;
/** The ports of a switch that starts do not come up at one moment: what both had lost may be back for both within this time. */
const backTogetherMs = 1000;

export function fitnessOf(turn: Turn): Fitness {
  const { state, settings } = turn;
  const { database } = state;
  const works = database.running && database.answering && database.problem === null;
  return {
    ...lanFitness(state, settings),
    database: serves(state) ? works : works && database.receiving,
    disk: !state.mute && state.writeRetryAt === null,
    services: state.servicesFit === true,
    maintenance: state.maintenanceUntil !== null,
  };
}

/** A port that is kept down is as fit as its last test said: to raise it first would make every handover slower. */
function lanFitness(state: State, settings: Settings): Pick<Fitness, 'carrier' | 'lan'> {
  const isDown = settings.standbyPort === 'down' && !serves(state) && !state.port.up;
  if (!isDown) return { carrier: state.port.carrier, lan: lanIsGood(state) };
  const tested = state.lan.selfTestedAt !== null;
  return { carrier: tested, lan: tested };
}

/**
 * Why this primary should hand over to a standby that is better off. A service that has failed for good stays a mark of the box on
 * which it did, also when that is no primary any more: so a service that is broken on both wanders once and no further.
 */
export function unfitFor(turn: Turn, said: Standing): ReasonCode | null {
  if (hasWorseLan(turn.state)) return 'primaryUnfit';
  return turn.state.servicesFit === false && said.fitness.services ? 'servicesUnfit' : null;
}

/** What was lost before the standby's LAN was good must be looked at anew, because both may have lost it. */
function hasWorseLan({ lan, contact, now }: State): boolean {
  if (contact.lanGoodSince === null) return false;
  const lostMs = lan.portCarrierLostAt === null ? 0 : now - lan.portCarrierLostAt;
  if (lostMs >= unfitMs && (lan.portCarrierLostAt ?? 0) > contact.lanGoodSince) return true;
  const began = lan.lastRound?.startedAt ?? -Infinity;
  const stillBad = lan.badRounds > 0 && began >= contact.lanGoodSince + backTogetherMs;
  return stillBad && (lostMs >= unfitMs || lan.badRounds >= unfitRounds);
}

/** A preferred standby that was fit for long enough asks for the service, once in each such time. */
export function considerFailback(turn: Turn): void {
  const { state, settings } = turn;
  if (settings.failbackAfterMs === null) return;
  if (!couldServe(turn)) {
    state.fitSince = null;
    return;
  }
  state.fitSince ??= state.now;
  if (state.now - state.fitSince < settings.failbackAfterMs) return;
  state.fitSince = state.now;
  state.switchoverEpoch = state.record?.epoch ?? null;
  state.plan.commandUntil = state.now + 2 * settings.handoverDeadlineMs;
  note(turn, { code: 'failbackDue' });
}

function couldServe(turn: Turn): boolean {
  const { state, settings } = turn;
  const said = peerSays(turn);
  if (state.name !== 'standby' || said === null || !inContact(state, settings)) return false;
  // Two boxes that are both preferred would exchange their roles for ever.
  if (said.preferred || said.stateName !== 'paired' || state.switchoverEpoch !== null) return false;
  const { carrier, lan, database, disk, services, maintenance } = fitnessOf(turn);
  const isEligible = state.eligibility.epoch !== null && !said.fitness.maintenance;
  return isEligible && carrier && lan && database && disk && services && !maintenance;
}
