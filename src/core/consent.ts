// The standby's consent: replication is broken although the primary is heard, so the primary need not wait for this node.
// Having written it, a standby never accepts eligibility for that epoch again (protocol.md section 4).
import { peerSays } from './contact.ts';
import { loseEligibility } from './eligibility.ts';
import { catchupRecord } from './records.ts';
import type { Turn } from './turn.ts';
import { note, write } from './turn.ts';

/** Writes `catchup` for the peer's paired epoch when the database has not followed for so long; returns whether it was begun. */
export function givesConsent(turn: Turn, deadlineMs: number): boolean {
  const { record } = turn.state;
  const said = peerSays(turn);
  if (said === null || said.handingOver || said.record?.mode !== 'paired') return false;
  if (record?.mode !== 'paired' || said.record.epoch !== record.epoch) return false;
  if (record.holder === turn.settings.self || !notFollowingFor(turn, deadlineMs)) return false;
  loseEligibility(turn, 'consent');
  note(turn, { code: 'consentNeeded' });
  write(turn, catchupRecord(turn, record.epoch, said.record.holder));
  return true;
}

export function notFollowingFor(turn: Turn, deadlineMs: number): boolean {
  const { state } = turn;
  return state.databaseFaultSince !== null && state.now - state.databaseFaultSince >= deadlineMs;
}
