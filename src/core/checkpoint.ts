// A rewind reads the source's control file, which names the timeline of the source only after a checkpoint.
import type { Turn } from './turn.ts';
import { ask, isPending } from './turn.ts';

const deadlineMs = 600_000;
/** One that failed, or that went with the agent that had asked for it, is asked for again after this. */
const retryMs = 10_000;

export function askCheckpoint(turn: Turn): void {
  turn.state.checkpointAskedAt = turn.state.now;
  ask(turn, { type: 'checkpointDatabase', deadlineMs });
}

/** A lone primary becomes a source from which the other node can rewind, whatever became of the first request. */
export function keepRewindable(turn: Turn): void {
  const { database, now, checkpointAskedAt } = turn.state;
  if (!database.answering || database.inRecovery !== false || database.rewindable) return;
  if (isPending(turn, 'checkpointDatabase') || now - checkpointAskedAt < retryMs) return;
  askCheckpoint(turn);
}
