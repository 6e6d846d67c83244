// The primary alone, and the way back to a pair: setting on, proved, position taken, flushed by the standby, recorded
// (I5). Until the paired record is asked for, any failure clears the setting again; no permission is needed for that.
import { beginLeaving, beginOpening, beginPaired, beginSolo } from './entrances.ts';
import { keepAddress } from './address.ts';
import { keepRewindable } from './checkpoint.ts';
import { isSteady } from './cable.ts';
import { peerIsAhead, peerSays } from './contact.ts';
import { resolveTwoPrimaries } from './conflict.ts';
import type { EventOf } from './events.ts';
import { pairedRecord } from './records.ts';
import type { Standing } from './standing.ts';
import { stepDown } from './stepDown.ts';
import type { Turn } from './turn.ts';
import { ask, enter, enterPhase, inPhaseMs, isPending, watchDatabase, write } from './turn.ts';

const clearDeadlineMs = 10_000;

export function considerSolo(turn: Turn): void {
  const { state } = turn;
  if (peerIsAhead(state)) {
    stepDown(turn, { code: 'peerHasHigherEpoch', detail: { epoch: state.contact.highestEpoch } });
    return;
  }
  if (!state.database.running) {
    soloExited(turn);
    return;
  }
  const said = peerSays(turn);
  if (said !== null && resolveTwoPrimaries(turn, said)) return;
  keepAddress(turn);
  keepRewindable(turn);
  if (said !== null && mayPair(turn, said)) beginPairing(turn);
}

/** I1: the peer says it holds nothing of its own in my epoch, and its database streams from mine. */
function mayPair(turn: Turn, said: Standing): boolean {
  const { state } = turn;
  const { record, database } = state;
  if (
    state.now < state.pairingNotBefore ||
    state.writing !== null ||
    isPending(turn, 'clearSynchronous') ||
    !isSteady(state, turn.settings, said)
  )
    return false;
  if (
    !database.standbyStreaming ||
    !database.admitted ||
    !database.rewindable ||
    !said.database.receiving
  )
    return false;
  if (said.database.systemId !== database.systemId) return false;
  // A ledger that does not answer could not be told of the epoch, and commits would wait meanwhile.
  if (turn.settings.arbiter === 'etcd' && state.arbiter.failing) return false;
  return (
    isCatchupOf(said, record?.epoch ?? 0) &&
    said.record?.handed === 'none' &&
    said.record.arbiter === turn.settings.arbiter
  );
}

function isCatchupOf(said: Standing, epoch: number): boolean {
  return said.record?.mode === 'catchup' && said.record.epoch === epoch;
}

/** Phases: proving, barrier, recording, with a ledger publishing; on failure: clearing. */
function beginPairing(turn: Turn): void {
  enter(turn, 'pairing', 'proving', { code: 'pairingPossible' });
  watchDatabase(turn, turn.settings.heartbeatIntervalMs / 2);
  ask(turn, { type: 'setSynchronous', deadlineMs: turn.settings.pairingDeadlineMs });
}

export function pairingProved(turn: Turn, event: EventOf<'synchronousProved'>): void {
  if (turn.state.phase !== 'proving') return;
  turn.state.plan.lsn = event.lsn;
  enterPhase(turn, 'barrier');
  considerPairing(turn);
}

export function considerPairing(turn: Turn): void {
  const { state, settings } = turn;
  const { phase, plan, database } = state;
  // A paired record that is asked for is carried through; only then anything else is looked at.
  if (phase === 'recording') return;
  if (phase === 'publishing') {
    considerPublishing(turn);
    return;
  }
  if (!database.running) {
    pairingExited(turn);
    return;
  }
  if (phase === 'clearing') {
    if (!isPending(turn, 'clearSynchronous') && inPhaseMs(turn) >= 500) clear(turn);
    return;
  }
  const said = peerSays(turn);
  const broken =
    peerIsAhead(state) ||
    said === null ||
    !isCatchupOf(said, state.record?.epoch ?? 0) ||
    said.record?.handed !== 'none';
  if (broken || inPhaseMs(turn) > settings.pairingDeadlineMs + settings.marginMs) {
    abandonPairing(turn);
    return;
  }
  if (phase !== 'barrier' || plan.lsn === null || !database.standbyStreaming) return;
  if (
    database.standbyFlushLsn === null ||
    database.standbyFlushLsn < plan.lsn ||
    state.contact.peer === null
  )
    return;
  enterPhase(turn, 'recording');
  write(turn, pairedRecord(turn, (state.record?.epoch ?? 0) + 1, state.contact.peer));
}

/**
 * An operator's order that came to nothing has moved the ledger on. This epoch was never granted, and the standby says that
 * it holds nothing: both go on one above it, until the ledger is overtaken. I3: a jump to above the ledger could meet the
 * number that an operator gives the other box, who does not know of it.
 */
function skipToLedger(turn: Turn): void {
  const { state } = turn;
  const { aheadEpoch } = state.arbiter;
  const said = peerSays(turn);
  if (aheadEpoch === null || aheadEpoch < (state.record?.epoch ?? 0)) return;
  if (said === null || state.contact.peer !== state.record?.partner) return;
  if (said.record?.mode === 'catchup' && said.record.handed === 'none')
    beginLeaving(turn, { code: 'ledgerIsAhead' });
}

function abandonPairing(turn: Turn): void {
  if (turn.state.phase === 'recording') return;
  enterPhase(turn, 'clearing');
  clear(turn);
}

/** A setting that could not be cleared is cleared again after a pause, see `considerPairing`. */
export function pairingFailed(turn: Turn): void {
  if (turn.state.phase === 'proving' && !isPending(turn, 'setSynchronous')) abandonPairing(turn);
}

function clear(turn: Turn): void {
  enterPhase(turn, 'clearing');
  ask(turn, { type: 'clearSynchronous', deadlineMs: clearDeadlineMs });
}

export function pairingCleared(turn: Turn): void {
  const { state, settings } = turn;
  if (state.phase !== 'clearing') return;
  state.database = { ...state.database, synchronousSetting: false };
  state.pairingNotBefore = state.now + settings.pairingPauseMs;
  beginSolo(turn, { code: 'pairingFailed' });
}

export function pairingRecorded(turn: Turn): void {
  const { state, settings } = turn;
  if (state.phase !== 'recording') return;
  if (settings.arbiter === 'etcd') enterPhase(turn, 'publishing');
  else beginPaired(turn, { code: 'pairedProved' });
}

/** The ledger learns of the epoch before the standby does: until then the lone epoch before it is what is said. */
export function considerPublishing(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== 'publishing') return;
  if (peerIsAhead(state))
    stepDown(turn, { code: 'peerHasHigherEpoch', detail: { epoch: state.contact.highestEpoch } });
  else if (!state.database.running) beginOpening(turn, { code: 'databaseExited' });
  else if (state.arbiter.publishedEpoch === state.record?.epoch)
    beginPaired(turn, { code: 'pairedProved' });
  else skipToLedger(turn);
}

/** PostgreSQL ended by itself: the setting is durable, so the restart decides by the record. */
export function pairingExited(turn: Turn): void {
  if (turn.state.writing !== null) return;
  beginOpening(turn, { code: 'databaseExited' });
}

export function soloExited(turn: Turn): void {
  beginOpening(turn, { code: 'databaseExited' });
}
