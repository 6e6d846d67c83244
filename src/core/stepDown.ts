// Giving up in order after hearing a higher epoch: service address off, PostgreSQL stopped, then `catchup` (protocol.md 4).
import { lowerAddress } from './address.ts';
import type { EventOf } from './events.ts';
import type { Reason } from './reasons.ts';
import { catchupRecord } from './records.ts';
import { beginRejoin } from './rejoin.ts';
import type { Turn } from './turn.ts';
import { answerCommand, ask, enter, enterPhase, inPhaseMs, isPending, write } from './turn.ts';

const stopDeadlineMs = 10_000;

export function stepDown(turn: Turn, reason: Reason): void {
  answerCommand(turn, false, reason);
  turn.state.leaving = false;
  enter(turn, 'steppingDown', 'stopping', reason, { needsRewind: true });
  lowerAddress(turn);
  ask(turn, { type: 'stopDatabase', how: 'now', deadlineMs: stopDeadlineMs });
}

/** The record goes last: a box that dies before it starts again with the old one and hears the peer anew. */
export function continueStepDown(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== 'stopping' || state.writing !== null) return;
  if (isPending(turn, 'stopDatabase') || isPending(turn, 'lowerServicePort')) return;
  enterPhase(turn, 'recording');
  const epoch = Math.max(state.contact.highestEpoch, state.record?.epoch ?? 0);
  write(turn, catchupRecord(turn, epoch, state.contact.peer ?? turn.settings.self));
}

export function steppedDown(turn: Turn): void {
  if (turn.state.phase === 'recording') beginRejoin(turn, { code: 'peerHasHigherEpoch' }, true);
}

export function stepDownFailed(turn: Turn, event: EventOf<'effectFailed'>): void {
  void event;
  if (turn.state.phase === 'stopping') turn.state.phase = 'retrying';
}

/** PostgreSQL or the port would not obey: tried again, because nothing else may be done before. */
export function retryStepDown(turn: Turn): void {
  // A record that was under way when the higher epoch was heard may have come to the disk last.
  continueStepDown(turn);
  if (turn.state.phase !== 'retrying' || inPhaseMs(turn) < 1000) return;
  enterPhase(turn, 'stopping');
  if (!isPending(turn, 'lowerServicePort')) lowerAddress(turn);
  if (!isPending(turn, 'stopDatabase'))
    ask(turn, { type: 'stopDatabase', how: 'now', deadlineMs: stopDeadlineMs });
}
