// The standby's consent: replication is broken although the primary is heard, so the primary need not wait for this node.
// Having written it, a standby never accepts eligibility for that epoch again (protocol.md section 4).
import { replicationIsCut } from './cable.ts';
import { peerSays } from './contact.ts';
import { loseEligibility } from './eligibility.ts';
import { catchupRecord } from './records.ts';
import type { DatabaseStatement } from './standing.ts';
import type { Turn } from './turn.ts';
import { note, write } from './turn.ts';

/**
 * Writes `catchup` for the peer's paired epoch when the database has not followed for so long, or at once where the cable is
 * known to be cut, here or there; returns whether it was begun.
 */
export function givesConsent(turn: Turn, deadlineMs: number): boolean {
  const { record } = turn.state;
  const said = peerSays(turn);
  if (said === null || said.record === null || said.record.epoch !== record?.epoch) return false;
  if (record.mode !== 'paired' || record.holder === turn.settings.self) return false;
  const isCut =
    said.stateName === 'paired' &&
    (said.replicationCut || replicationIsCut(turn.state, turn.settings));
  if (!isCut && !notFollowingFor(turn, deadlineMs)) return false;
  if (said.record.handed === 'handed') {
    if (!cannotTake(turn) || isLongerThan(turn, said.record)) return false;
  } else if (said.handingOver || said.record.mode !== 'paired') {
    return false;
  } else if (isLongerThan(turn, said.database)) {
    return false;
  }
  loseEligibility(turn, 'consent');
  note(turn, { code: isCut ? 'replicationCut' : 'consentNeeded' });
  write(turn, catchupRecord(turn, record.epoch, said.record.holder));
  return true;
}

/**
 * I1: a primary whose log a crash left shorter than mine must not go on; in its gate it will hand over (I8). Nor is such a
 * handover declined: its giver cannot take it back, and nobody would ever serve. A timeline of its own, that a promotion
 * by hand opened here, is nothing that the primary lost.
 */
function isLongerThan(turn: Turn, theirs: Position): boolean {
  const { lsn, timeline } = turn.state.database;
  if (lsn === null) return false;
  if (theirs.lsn === null || theirs.timeline === null) return true;
  return timeline === theirs.timeline && lsn > theirs.lsn;
}

type Position = Pick<DatabaseStatement, 'timeline' | 'lsn'>;

/**
 * What was handed over needs a database that runs, and the arbiter of its epoch: a node without one of them for long declines
 * it, or nobody would ever serve.
 */
function cannotTake(turn: Turn): boolean {
  const { state, settings } = turn;
  const mayTake = state.database.running && state.record?.arbiter === settings.arbiter;
  return !mayTake && notFollowingFor(turn, settings.followDeadlineMs);
}

export function notFollowingFor(turn: Turn, deadlineMs: number): boolean {
  const { state } = turn;
  return state.databaseFaultSince !== null && state.now - state.databaseFaultSince >= deadlineMs;
}
