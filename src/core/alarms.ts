// Alarms are a function of the state: raised when the condition begins, cleared when it ends.
import { seesTwoPrimaries } from './conflict.ts';
import { inContact, peerSays } from './contact.ts';
import { lanIsGood, selfTestValidMs } from './lan.ts';
import type { AlarmName } from './effects.ts';
import type { Reason } from './reasons.ts';
import { serves } from './roles.ts';
import type { Turn } from './turn.ts';
import { report } from './turn.ts';

const recentMs = 60_000;

function present(turn: Turn): Partial<Record<AlarmName, Reason>> {
  const { state, settings } = turn;
  const { lan, now } = state;
  const said = peerSays(turn);
  const list: Partial<Record<AlarmName, Reason>> = {};
  const alone = state.record?.mode === 'solo' && state.record.holder === settings.self;
  if (alone && serves(state)) list.unprotected = { code: 'unprotected' };
  if (waitsForOperator(turn)) list.waitingForOperator = reasonToWait(turn);
  // What was claimed before this node served kept it from serving, if it mattered: a peer that starts asks as well.
  const claimed = lan.foreignClaimAt >= state.servesSince && now - lan.foreignClaimAt < recentMs;
  if (claimed && serves(state)) list.addressConflict = { code: 'addressConflict' };
  if (now - lan.proxyArpAt < recentMs) list.proxyArp = { code: 'proxyArp' };
  if (said !== null && seesTwoPrimaries(turn, said)) list.twoPrimaries = { code: 'twoPrimaries' };
  if (state.name === 'standby' && lan.selfTestTries >= 3 && !isTested(turn))
    list.probeUntested = { code: 'probeUntested' };
  // While it is tried again nothing is known to be better.
  const triesAgain = state.writing !== null && state.alarms.recordNotWritten !== undefined;
  if (state.writeRetryAt !== null || triesAgain || state.mute)
    list.recordNotWritten = { code: 'recordNotWritten' };
  if (state.database.problem !== null && !databaseIsChanging(turn))
    list.databaseFault = { code: 'effectFailed', detail: state.database.problem };
  if (state.name === 'takingOver' && state.phase === 'retrying')
    list.promotionFailed = { code: 'promotionFailed' };
  if (state.arbiter.failing) list.arbiterUnreachable = { code: 'arbiterUnreachable' };
  if (state.arbiter.forgot) list.arbiterForgot = { code: 'arbiterForgot' };
  // A standby without a LAN cannot take over; one whose port is kept down looks only now and then.
  const needsLan =
    serves(state) || (state.name === 'standby' && settings.standbyPort === 'unaddressed');
  if (needsLan && !lanIsGood(state) && lan.badRounds > 0) list.lanLost = { code: 'lanBad' };
  return list;
}

/** A start or stop under way explains that it does not answer. */
function databaseIsChanging(turn: Turn): boolean {
  const { pending } = turn.state;
  return (['startDatabase', 'stopDatabase', 'rewindDatabase', 'cloneDatabase'] as const).some(
    (effect) => pending[effect] !== undefined,
  );
}

function isTested(turn: Turn): boolean {
  const { lan, now } = turn.state;
  return lan.selfTestedAt !== null && now - lan.selfTestedAt <= selfTestValidMs(turn.settings);
}

/** A box that hears nothing does not know whether the other one serves: it must not sound as if nobody did. */
function reasonToWait({ state }: Turn): Reason {
  if (state.name === 'starting') return state.reason;
  if (state.name === 'handingOver') return { code: 'waitingForTaker' };
  return { code: state.phase === 'asking' ? 'waitingForArbiter' : 'peerLost' };
}

function waitsForOperator(turn: Turn): boolean {
  const { state, settings } = turn;
  if (state.name === 'starting') {
    // The peer is given time to be heard before anybody is called.
    const listened = state.now - state.startedAt >= settings.linkUpDeadlineMs;
    return listened && state.phase === 'waiting' && state.reason.code !== 'listening';
  }
  const silentMs = state.now - (state.contact.heardAt ?? state.startedAt);
  if (inContact(state, settings)) return false;
  // A standby that asks the arbiter again and again waits no less.
  const asks = state.name === 'takingOver' && state.phase === 'asking';
  if (state.name === 'standby' || asks) return silentMs > settings.takeoverLimitMs;
  // A paired primary, one in the gate, and a giver whose taker is gone: nobody else can release them.
  const waits = serves(state) && state.record?.mode !== 'solo';
  return waits && silentMs > settings.soloMs + settings.marginMs * 10;
}

export function refreshAlarms(turn: Turn): void {
  const { state } = turn;
  const wanted = present(turn);
  const names = new Set<AlarmName>([...keys(state.alarms), ...keys(wanted)]);
  if (names.size === 0) return;
  const alarms: Partial<Record<AlarmName, number>> = { ...state.alarms };
  for (const name of names) {
    const reason = wanted[name];
    const raisedAt = alarms[name];
    if (reason !== undefined && raisedAt === undefined) {
      alarms[name] = state.now;
      report(turn, { kind: 'alarmRaised', alarm: name, reason });
    } else if (reason === undefined && raisedAt !== undefined) {
      delete alarms[name];
      report(turn, { kind: 'alarmCleared', alarm: name, reason: state.reason });
    }
  }
  state.alarms = alarms;
}

function keys(list: Partial<Record<AlarmName, unknown>>): AlarmName[] {
  return Object.keys(list) as AlarmName[];
}
