// The ways into the states of a node that holds an epoch. They stand together because these states lead into each other;
// what each does once it is entered stands in the file of its name.
import { lowerAddress } from './address.ts';
import type { Reason } from './reasons.ts';
import type { Job, Lsn } from './record.ts';
import { handedRecord, soloRecord } from './records.ts';
import type { Turn } from './turn.ts';
import { answerCommand, ask, enter, enterPhase, watchDatabase, write } from './turn.ts';

const startDeadlineMs = 600_000;
const restartStopDeadlineMs = 10_000;
const clearDeadlineMs = 10_000;
/** A checkpoint before the outage makes the stop short; it is not waited for longer than this. */
const checkpointMs = 3000;

/** Phases: starting, gate, admitting, addressing; retrying, restarting; stoppingToGrant when the standby is to go on. */
export function beginOpening(turn: Turn, reason: Reason): void {
  const { state, settings } = turn;
  const { commandId } = state.plan;
  watchDatabase(turn, settings.heartbeatIntervalMs / 2);
  enter(turn, 'opening', 'starting', reason, { commandId });
  startAsPrimary(turn);
}

/** Starts PostgreSQL, unless it runs as a primary already: then only the gate is left. */
export function startAsPrimary(turn: Turn): void {
  const { database, record } = turn.state;
  if (database.running) {
    useRunning(turn);
    return;
  }
  enterPhase(turn, 'starting');
  const synchronous = record?.mode === 'paired';
  ask(turn, { type: 'startDatabase', role: 'primary', synchronous, deadlineMs: startDeadlineMs });
}

/** One that does not answer may do so yet; one that stays silent, or runs as a standby, is stopped and started anew. */
function useRunning(turn: Turn): void {
  const { state, settings } = turn;
  const { answering, inRecovery } = state.database;
  if (inRecovery === false) {
    enterPhase(turn, 'gate');
  } else if (!answering && state.now - state.since < settings.followDeadlineMs) {
    enterPhase(turn, 'retrying');
  } else {
    enterPhase(turn, 'restarting');
    ask(turn, { type: 'stopDatabase', how: 'now', deadlineMs: restartStopDeadlineMs });
  }
}

/** PostgreSQL was found running, but nobody is let in yet: an agent died in the gate. */
export function resumeOpening(turn: Turn, reason: Reason): void {
  watchDatabase(turn, turn.settings.heartbeatIntervalMs / 2);
  const { commandId } = turn.state.plan;
  enter(turn, 'opening', 'gate', reason, { commandId });
}

export function beginSolo(turn: Turn, reason: Reason): void {
  const { state, settings } = turn;
  if (state.database.admitted) state.acknowledgedAlone = true;
  if (state.name !== 'pairing') state.modeSince = state.now;
  watchDatabase(turn, settings.heartbeatIntervalMs * 5);
  const { commandId } = state.plan;
  enter(turn, 'solo', '', reason, { commandId });
  // A switchover was answered before; what is still open here is an operator's takeover.
  answerCommand(turn, true, { code: 'takeoverDone' });
}

export function beginPaired(turn: Turn, reason: Reason): void {
  const { state, settings } = turn;
  if (state.name !== 'opening') state.modeSince = state.now;
  state.acknowledgedAlone = false;
  watchDatabase(turn, settings.heartbeatIntervalMs * 10);
  enter(turn, 'paired', '', reason);
  if (!state.database.running) beginOpening(turn, { code: 'databaseExited' });
}

/** Phases: recording, clearing. */
export function beginLeaving(
  turn: Turn,
  reason: Reason,
  epoch: number = (turn.state.record?.epoch ?? 0) + 1,
): void {
  const { state } = turn;
  const { commandId } = state.plan;
  state.leaving = true;
  enter(turn, 'leaving', 'recording', reason, { commandId });
  write(turn, soloRecord(turn, epoch));
}

/** A record `solo` is on disk although the setting may still be in force (a restart in between). */
export function beginClearing(turn: Turn, reason: Reason): void {
  const { commandId } = turn.state.plan;
  enter(turn, 'leaving', 'clearing', reason, { commandId });
  clearSetting(turn);
}

export function clearSetting(turn: Turn): void {
  enterPhase(turn, 'clearing');
  watchDatabase(turn, turn.settings.heartbeatIntervalMs);
  ask(turn, { type: 'clearSynchronous', deadlineMs: clearDeadlineMs });
}

/** Phases: checkpointing, stopping, catching, recording, granting, takingBack. */
export function beginHandover(turn: Turn, reason: Reason, commandId: number | null): void {
  watchDatabase(turn, turn.settings.heartbeatIntervalMs);
  enter(turn, 'handingOver', 'checkpointing', reason, { commandId });
  // An unfit primary does not wait: nobody is served while it does.
  if (reason.code === 'primaryUnfit') stopToHandOver(turn);
  else ask(turn, { type: 'checkpointDatabase', deadlineMs: checkpointMs });
}

export function stopToHandOver(turn: Turn): void {
  enterPhase(turn, 'stopping');
  lowerAddress(turn);
  ask(turn, { type: 'stopDatabase', how: 'clean', deadlineMs: turn.settings.handoverDeadlineMs });
}

/**
 * The standby gets the epoch without a clean stop. `cloning`: a crash left less here than the standby flushed, so that this log is
 * never served again; recovery wrote its own end into it, within the same timeline, where a rewind would not see the fork.
 * `rewinding`: the database here does not start; its log is whole, and is served again should the standby hold nothing.
 */
export function beginGranting(turn: Turn, reason: Reason, lsn: Lsn, job: Job): void {
  enter(turn, 'handingOver', 'recording', reason, { lsn });
  // The gate kept the address on; nothing is granted before it is off.
  lowerAddress(turn);
  write(turn, { ...handedRecord(turn, 'handed', lsn), job });
}

/** An agent that finds its own handed record grants again. */
export function resumeGranting(turn: Turn): void {
  const { record } = turn.state;
  enter(turn, 'handingOver', 'granting', { code: 'handoverGranted' }, { lsn: record?.lsn ?? null });
}
