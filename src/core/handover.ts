// The planned change, seen from the giver: address off, database stopped clean, the peer holds it all, record, grant. From
// the record on no timeout and no arbiter gives the epoch back (protocol.md section 7, Handover and Handback).
import { beginOpening, stopToHandOver } from './entrances.ts';
import { lowerAddress } from './address.ts';
import { peerIsAhead, peerSays } from './contact.ts';
import type { EventOf } from './events.ts';
import { handedRecord, soloRecord } from './records.ts';
import { beginRejoin } from './rejoin.ts';
import type { Standing } from './standing.ts';
import type { Turn } from './turn.ts';
import { answerCommand, ask, enter, enterPhase, inPhaseMs, isPending, write } from './turn.ts';

export function handoverCheckpointed(turn: Turn): void {
  if (turn.state.phase !== 'checkpointing') return;
  if (peerIsReady(turn)) stopToHandOver(turn);
  else resume(turn);
}

function peerIsReady(turn: Turn): boolean {
  const said = peerSays(turn);
  return (
    said?.record?.mode === 'paired' &&
    said.record.epoch === turn.state.record?.epoch &&
    said.eligible
  );
}

export function handoverStopped(turn: Turn, event: EventOf<'databaseStopped'>): void {
  const { state } = turn;
  if (state.phase !== 'stopping') return;
  state.database = { ...state.database, running: false, answering: false, standbyStreaming: false };
  if (!event.clean || event.lsn === null) {
    resume(turn);
    return;
  }
  state.plan.lsn = event.lsn;
  enterPhase(turn, 'catching');
  considerHandingOver(turn);
}

/** Called on every heartbeat and tick while the epoch is on its way. */
export function considerHandingOver(turn: Turn): void {
  const { state } = turn;
  const lowers = isPending(turn, 'lowerServicePort');
  if (state.phase === 'granting' && state.port.anyAddressOn && !lowers) lowerAddress(turn);
  if (state.writing !== null) return;
  if (peerIsAhead(state)) {
    becomeFollower(turn);
    return;
  }
  const said = peerSays(turn);
  if (state.phase === 'granting') considerTakingBack(turn, said);
  else if (state.phase === 'catching') considerRecording(turn, said);
  else if (state.phase === 'checkpointing' && said === null) resume(turn);
}

function considerRecording(turn: Turn, said: Standing | null): void {
  const { state, settings } = turn;
  const consent = said?.record?.mode === 'catchup' && said.record.epoch === state.record?.epoch;
  if (said === null || consent || inPhaseMs(turn) > settings.handoverDeadlineMs) {
    resume(turn);
    return;
  }
  const { lsn } = state.plan;
  if (
    lsn === null ||
    said.database.lsn === null ||
    said.database.lsn < lsn ||
    isPending(turn, 'lowerServicePort')
  )
    return;
  if (state.port.anyAddressOn) return;
  enterPhase(turn, 'recording');
  write(turn, handedRecord(turn, 'handed', lsn));
}

/** Nothing was given yet: the database is started again behind the gate. */
function resume(turn: Turn): void {
  answerCommand(turn, false, { code: 'handoverFailed' });
  if (turn.state.phase === 'checkpointing') turn.state.reason = { code: 'handoverFailed' };
  else turn.state.handoverFailedAt = turn.state.now;
  beginOpening(turn, { code: 'handoverFailed' });
}

export function handoverRecorded(turn: Turn): void {
  const { state } = turn;
  if (state.phase === 'recording') enterPhase(turn, 'granting');
  else if (state.phase === 'takingBack') beginOpening(turn, state.reason);
}

/** Only a fresh statement of the peer that it holds nothing of epoch n gives it back; or its handback. */
function considerTakingBack(turn: Turn, said: Standing | null): void {
  const { state } = turn;
  const { record } = state;
  // A log that is shorter than the standby's is not to be served again (`beginGranting`).
  if (said === null || record === null || said.record === null || record.job === 'cloning') return;
  // A handback is never taken back: only the peer's higher epoch ends it.
  if (
    record.handed === 'handedBack' ||
    said.record.mode !== 'catchup' ||
    said.record.handed !== 'none'
  )
    return;
  if (said.record.epoch !== record.epoch) return;
  if (record.partner !== null && state.contact.peer !== record.partner) return;
  answerCommand(turn, false, { code: 'handoverTakenBack' });
  state.handoverFailedAt = state.now;
  state.reason = { code: 'handoverTakenBack' };
  enterPhase(turn, 'takingBack');
  write(turn, soloRecord(turn, record.epoch + 1));
}

/** The taker reached a higher epoch: this log ends where its log went on, so it is followed without a rewind. */
function becomeFollower(turn: Turn): void {
  const { state } = turn;
  const said = peerSays(turn);
  if (said !== null && takesHandback(turn, said)) return;
  const given = state.phase === 'granting';
  // A handback is on its way: its grant names this agent start as soon as the peer has heard it.
  if (given && said?.record?.handed === 'handedBack') return;
  if (!given && isPending(turn, 'stopDatabase')) return;
  answerCommand(turn, given, { code: given ? 'switchoverDone' : 'handoverFailed' });
  if (given) {
    beginRejoin(turn, { code: 'peerServes' }, false);
    return;
  }
  enter(turn, 'steppingDown', 'stopping', { code: 'peerHasHigherEpoch' }, { needsRewind: true });
  lowerAddress(turn);
  ask(turn, { type: 'stopDatabase', how: 'now', deadlineMs: turn.settings.handoverDeadlineMs });
}

/** The one exception to I6: the taker could not be promoted and my log holds all of its own. */
function takesHandback(turn: Turn, said: Standing): boolean {
  const { state } = turn;
  const { record } = state;
  const { grant } = said;
  if (
    state.phase !== 'granting' ||
    record?.handed !== 'handed' ||
    said.record?.handed !== 'handedBack'
  )
    return false;
  if (grant === null || grant.type !== 'handover' || grant.toStart !== state.agentStart)
    return false;
  if (
    grant.epoch !== record.epoch + 1 ||
    said.record.epoch !== grant.epoch ||
    grant.lsn !== record.lsn
  )
    return false;
  state.reason = { code: 'handedBack' };
  state.handoverFailedAt = state.now;
  answerCommand(turn, false, { code: 'handedBack' });
  enterPhase(turn, 'takingBack');
  write(turn, soloRecord(turn, record.epoch + 2));
  return true;
}

export function handoverFailed(turn: Turn): void {
  const { state } = turn;
  if (state.phase === 'checkpointing') handoverCheckpointed(turn);
  else if (state.phase === 'stopping' && !isPending(turn, 'stopDatabase')) resume(turn);
}

/** The handed record is not on disk in time while the standby could serve: the box is reset instead of waiting. */
export function handoverDiskHangs(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== 'recording' || peerSays(turn)?.eligible !== true) return;
  turn.effects.push({ type: 'resetBox', reason: { code: 'recordNotWritten' } });
}
