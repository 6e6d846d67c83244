// The standby: takes note of what the primary says, asks for nothing but records, and takes over only with permission.
import { beginAsking } from './asking.ts';
import { cableCarries, lookPauseMs } from './cable.ts';
import { givesConsent, notFollowingFor } from './consent.ts';
import { inContact, peerIsAhead, peerSays } from './contact.ts';
import { isGranted, loseEligibility, takeGrant } from './eligibility.ts';
import { considerFailback } from './fitness.ts';
import { lanIsGood } from './lan.ts';
import { isOutside, standbyHindrance } from './permission.ts';
import type { Reason } from './reasons.ts';
import { followerRecord } from './records.ts';
import { beginRejoin, noteHigherEpoch } from './rejoin.ts';
import type { Standing } from './standing.ts';
import { beginTakeover } from './takeover.ts';
import type { Turn } from './turn.ts';
import { answerCommand, watchDatabase, write } from './turn.ts';

/** Everything that a standby may do next, in the order of its weight; called on every event that changes the picture. */
export function considerStandby(turn: Turn): void {
  const { state } = turn;
  if (state.writing !== null) return;
  if (state.database.running && state.database.inRecovery === false) {
    // Somebody promoted it by hand: whatever it holds alone is kept and taken back.
    loseEligibility(turn, 'promotedByHand');
    beginRejoin(turn, { code: 'databaseNotFollowing', detail: { promotedByHand: true } }, true);
    return;
  }
  if (peerIsAhead(state)) {
    takeNoteOfHigherEpoch(turn);
    return;
  }
  const said = peerSays(turn);
  if (said !== null && followsOrders(turn, said)) return;
  if (standbyHindrance(state, turn.settings) === null) {
    const reason: Reason = { code: 'peerSilent', detail: silence(turn) };
    if (isOutside(turn.settings)) beginAsking(turn, reason);
    else beginTakeover(turn, 'lan', reason);
  }
}

function silence(turn: Turn): Record<string, number> {
  const { now, contact } = turn.state;
  return { silentMs: Math.round(now - (contact.heardAt ?? now)) };
}

/** A valid grant for the new epoch makes a follower, anything else is `catchup`: contact alone is not enough. */
function takeNoteOfHigherEpoch(turn: Turn): void {
  const { state } = turn;
  const { highestEpoch } = state.contact;
  const said = peerSays(turn);
  if (
    said !== null &&
    state.record?.mode === 'catchup' &&
    state.record.handed === 'none' &&
    mayFollow(turn, said, highestEpoch)
  ) {
    write(turn, followerRecord(turn, said));
    return;
  }
  if (!inContact(state, turn.settings)) {
    // An epoch above mine exists, so this one is over; its holder is asked for in contact.
    if (state.eligibility.epoch !== null) loseEligibility(turn, 'higherEpoch');
    return;
  }
  loseEligibility(turn, 'higherEpoch');
  noteHigherEpoch(turn);
}

function mayFollow(turn: Turn, said: Standing, epoch: number): boolean {
  return (
    isGranted(turn, epoch) &&
    turn.state.database.inRecovery === true &&
    said.record?.arbiter === turn.settings.arbiter
  );
}

/** Handover, consent, grant: what contact with a primary brings. Returns whether the state was left or a record asked for. */
function followsOrders(turn: Turn, said: Standing): boolean {
  // The giver waits for my position: while it stops, that is looked at as often as can be.
  watchDatabase(turn, lookPauseMs(turn.state, turn.settings, said.handingOver ? 0.2 : 5));
  if (takesHandover(turn, said) || takesHandback(turn, said)) return true;
  if (givesConsent(turn, patienceMs(turn, said))) return true;
  if (needsRebuild(turn, said)) return true;
  takeGrant(turn);
  considerFailback(turn);
  return false;
}

/** A primary that only starts its database keeps nobody waiting but itself. */
function patienceMs({ settings }: Turn, said: Standing): number {
  return said.stateName === 'opening' ? settings.followDeadlineMs : settings.replicationDeadlineMs;
}

/** I1: the giver's log ends at `lsn` and mine holds all of it. */
function takesHandover(turn: Turn, said: Standing): boolean {
  const { state, settings } = turn;
  const { record, database } = state;
  const grant = said.grant;
  if (
    grant === null ||
    grant.type !== 'handover' ||
    record === null ||
    said.record?.handed !== 'handed'
  )
    return false;
  if (
    record.mode !== 'paired' ||
    record.holder !== state.contact.peer ||
    grant.epoch !== record.epoch
  )
    return false;
  if (grant.toStart !== state.agentStart || state.mute || record.arbiter !== settings.arbiter)
    return false;
  if (database.inRecovery !== true || database.lsn === null || database.lsn < grant.lsn)
    return false;
  beginTakeover(turn, 'handover', { code: 'handoverGranted' });
  return true;
}

/** The one exception to I6: the taker could not be promoted, and my log ends exactly where its own does. */
function takesHandback(turn: Turn, said: Standing): boolean {
  const { record, database, agentStart, mute } = turn.state;
  const { grant } = said;
  if (record?.mode !== 'catchup' || record.handed !== 'none' || mute) return false;
  if (said.record?.handed !== 'handedBack' || said.record.epoch !== record.epoch) return false;
  if (grant?.type !== 'handover' || grant.epoch !== record.epoch || grant.toStart !== agentStart)
    return false;
  if (database.inRecovery !== true || database.lsn !== grant.lsn) return false;
  beginTakeover(turn, 'handedBack', { code: 'handedBack' });
  return true;
}

/** A standby that does not stream from a primary in contact is rewound, then cloned. */
function needsRebuild(turn: Turn, said: Standing): boolean {
  const { state, settings } = turn;
  if (state.record?.mode !== 'catchup' || state.record.handed !== 'none') return false;
  if (said.record === null || said.record.epoch !== state.record.epoch || said.handingOver)
    return false;
  if (said.record.mode === 'catchup' || !said.database.rewindable) return false;
  // Nothing could be fetched, and the log that is here is the only one if the primary dies now.
  if (!cableCarries(state, settings)) return false;
  if (
    !notFollowingFor(turn, settings.followDeadlineMs) ||
    state.now - state.since < settings.followDeadlineMs
  )
    return false;
  const reason: Reason = { code: 'databaseNotFollowing' };
  const clone = state.plan.attempts > 0;
  beginRejoin(turn, reason, true, clone);
  state.plan.attempts = 1;
  return true;
}

/** After a record: a fresh grant makes eligible, everything else is looked at again. */
export function standbyRecorded(turn: Turn): void {
  if (turn.state.record?.mode === 'paired') takeGrant(turn);
  considerStandby(turn);
}

/** PostgreSQL of a standby ended by itself: started again; the consent follows if that takes too long. */
export function standbyDatabaseExited(turn: Turn): void {
  loseEligibility(turn, 'databaseExited');
  const { attempts } = turn.state.plan;
  beginRejoin(turn, { code: 'databaseExited' }, false);
  turn.state.plan.attempts = Math.max(attempts, turn.state.plan.attempts);
}

/** A wish for a switchover, said in every heartbeat until it is granted or too old. */
export function requestSwitchover(turn: Turn, commandId: number): void {
  const { state, settings } = turn;
  state.plan.commandId = commandId;
  if (
    state.record?.mode !== 'paired' ||
    !inContact(state, settings) ||
    state.eligibility.epoch === null
  ) {
    answerCommand(turn, false, { code: 'notPaired' });
    return;
  }
  if (!lanIsGood(state) && settings.standbyPort === 'unaddressed') {
    answerCommand(turn, false, { code: 'peerNotFit' });
    return;
  }
  state.switchoverEpoch = state.record.epoch;
  state.plan.commandUntil = state.now + 2 * settings.handoverDeadlineMs;
}

export function expireSwitchoverRequest(turn: Turn): void {
  const { state } = turn;
  if (state.switchoverEpoch === null) return;
  const over = state.now > state.plan.commandUntil || state.record?.epoch !== state.switchoverEpoch;
  if (!over) return;
  state.switchoverEpoch = null;
  answerCommand(turn, false, { code: 'handoverFailed' });
}
