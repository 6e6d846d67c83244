// Whether this standby may ask the arbiter at all: volatile, given by the primary, never stored (protocol.md section 2).
import { peerSays } from './contact.ts';
import type { Turn } from './turn.ts';
import { note } from './turn.ts';

export type LossCause =
  | 'nobodyLooked'
  | 'answeredOnLanOnly'
  | 'higherEpoch'
  | 'consent'
  | 'databaseExited'
  | 'promotedByHand'
  | 'recordNotWritten';

/** I9. Contact alone never restores it: the counter must be named by a new grant. */
export function loseEligibility(
  turn: Turn,
  cause: LossCause,
  detail: Readonly<Record<string, number>> = {},
): void {
  const { state } = turn;
  const { eligibility, contact } = state;
  const lostSinceContact = contact.heardAt !== null && eligibility.lostAt >= contact.heardAt;
  if (eligibility.epoch === null && lostSinceContact) return;
  if (eligibility.epoch !== null)
    note(turn, { code: 'eligibilityLost', detail: { epoch: eligibility.epoch, cause, ...detail } });
  eligibility.epoch = null;
  eligibility.lossCounter += 1;
  eligibility.lostAt = state.now;
}

/** The primary's statement of now grants epoch `epoch` to this start of this agent and to its present loss counter. */
export function isGranted(turn: Turn, epoch: number): boolean {
  const said = peerSays(turn);
  const grant = said?.grant ?? null;
  if (said === null || grant === null || grant.type !== 'eligibility' || turn.state.mute)
    return false;
  return (
    grant.epoch === epoch &&
    said.record?.epoch === epoch &&
    said.record.mode === 'paired' &&
    said.record.holder === turn.state.contact.peer &&
    said.record.partner === turn.settings.self &&
    grant.toStart === turn.state.agentStart &&
    grant.lossCounter === turn.state.eligibility.lossCounter
  );
}

/** I1: the running database is of the recorded cluster and its log reaches as far as the record vouched for. */
export function holdsRecordedLog(state: Turn['state']): boolean {
  const { record, database } = state;
  if (record === null || database.lsn === null || database.systemId !== record.databaseSystemId)
    return false;
  // A later timeline begins where recovery ended, which may be a little before what was received.
  const timeline = database.timeline ?? record.timeline;
  return timeline > record.timeline || (timeline === record.timeline && database.lsn >= record.lsn);
}

/** A standby of a paired epoch becomes eligible as long as the primary says so. */
export function takeGrant(turn: Turn): void {
  const { record, eligibility } = turn.state;
  if (record === null || record.mode !== 'paired' || record.holder === turn.settings.self) return;
  if (record.arbiter !== turn.settings.arbiter || !isGranted(turn, record.epoch)) return;
  if (turn.state.database.inRecovery !== true || !holdsRecordedLog(turn.state)) return;
  eligibility.epoch = record.epoch;
  // It follows and is in step: what was tried before is no hint for the next time.
  turn.state.plan.attempts = 0;
}
