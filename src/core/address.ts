// The service address of a node that holds an epoch: taken off when every path and the LAN are lost, put back in contact
// or after one silent probe round (protocol.md section 6).
import { inContact } from './contact.ts';
import { lanIsGood, roundWasSilent } from './lan.ts';
import type { State } from './state.ts';
import type { StateName } from './stateName.ts';
import type { Turn } from './turn.ts';
import { ask, isPending, note } from './turn.ts';

const raiseDeadlineMs = 2000;

export function raiseAddress(turn: Turn): void {
  ask(turn, { type: 'raiseServicePort', address: true, deadlineMs: raiseDeadlineMs });
}

export function lowerAddress(turn: Turn): void {
  const link = turn.settings.standbyPort === 'down';
  turn.state.lan.lowerAskedAt = turn.state.now;
  ask(turn, { type: 'lowerServicePort', link, deadlineMs: raiseDeadlineMs });
}

/** States in which nobody is served, and nothing else takes the address off or is about to put it on. */
const idle: readonly StateName[] = ['unpaired', 'starting', 'rejoining', 'standby'];
const lowerPauseMs = 200;

/** A port that would not let go of the address is asked again: it would be in two places when the peer serves. */
export function keepAddressOff(turn: Turn): void {
  const { state } = turn;
  if (!state.port.anyAddressOn || !idle.includes(state.name)) return;
  if (isPending(turn, 'raiseServicePort') || isPending(turn, 'lowerServicePort')) return;
  if (state.now - state.lan.lowerAskedAt < lowerPauseMs) return;
  lowerAddress(turn);
}

/** Keeps the address where a serving node's should be; called whenever such a node looks at the world. */
export function keepAddress(turn: Turn): void {
  const { state } = turn;
  if (isPending(turn, 'raiseServicePort') || isPending(turn, 'lowerServicePort')) return;
  if (state.port.anyAddressOn && mustBeOff(turn)) {
    note(turn, { code: hasLostEpoch(turn) ? 'claimLost' : 'lanLost' });
    ask(turn, { type: 'lowerServicePort', link: false, deadlineMs: raiseDeadlineMs });
    return;
  }
  if (state.port.present && !state.port.addressesOn && mayBePutBack(turn)) {
    note(turn, { code: 'addressBack' });
    raiseAddress(turn);
  }
}

/** A paired primary that lost every path and its LAN might have been replaced. */
function mustBeOff(turn: Turn): boolean {
  const { state, settings } = turn;
  if (state.record?.mode !== 'paired') return false;
  return hasLostEpoch(turn) || (!inContact(state, settings) && !lanIsGood(state));
}

/** The peer has the epoch after this one, and may serve at any moment. */
function hasLostEpoch({ state }: Turn): boolean {
  return state.record !== null && state.arbiter.lostEpoch === state.record.epoch;
}

function mayBePutBack(turn: Turn): boolean {
  const { state, settings } = turn;
  if (mustBeOff(turn)) return false;
  if (!state.port.up) return inContact(state, settings) || state.record?.mode === 'solo';
  if (state.record?.mode === 'solo') return lanIsGoodAgain(state);
  return inContact(state, settings);
}

/** One silent round since the LAN was bad or the address off; that the peer is heard meanwhile changes nothing. */
function lanIsGoodAgain(state: State): boolean {
  const { lastRound, brokenAt } = state.lan;
  return lastRound !== null && lastRound.startedAt >= brokenAt && roundWasSilent(state, -Infinity);
}
