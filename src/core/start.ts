// What a node does after its agent started: the table of protocol.md section 8, for a stopped PostgreSQL, and the adoption
// of one that runs. What is waited for is kept as the reason, so that status can say it.
import {
  beginClearing,
  beginLeaving,
  beginOpening,
  beginPaired,
  beginSolo,
  resumeGranting,
  resumeOpening,
} from './entrances.ts';
import { lowerAddress } from './address.ts';
import { beginAsking } from './asking.ts';
import { resolveTwoPrimaries } from './conflict.ts';
import { peerSays } from './contact.ts';
import type { EventOf } from './events.ts';
import { roundWasSilent } from './lan.ts';
import { listenedLongEnough, outsideHindrance } from './permission.ts';
import type { Reason, ReasonCode } from './reasons.ts';
import type { DurableRecord } from './record.ts';
import { beginRejoin } from './rejoin.ts';
import { catchupRecord } from './records.ts';
import type { RecordStatement, Standing } from './standing.ts';
import type { Turn } from './turn.ts';
import { ask, enter, enterPhase, note, watchDatabase, write } from './turn.ts';

export function beginStart(turn: Turn, event: EventOf<'agentStarted'>): void {
  const { state } = turn;
  watchDatabase(turn, turn.settings.heartbeatIntervalMs * 5);
  if (event.record === null) {
    if (state.port.anyAddressOn) lowerAddress(turn);
    enter(turn, 'unpaired', '', { code: 'noRecord' });
  } else if (isAdopted(event.record, event.database.running)) {
    adopt(turn, event.record);
  } else {
    enter(turn, 'starting', event.database.running ? 'stopping' : 'listening', {
      code: 'listening',
    });
    lowerAddress(turn);
    if (event.database.running) ask(turn, { type: 'stopDatabase', how: 'now', deadlineMs: 10_000 });
  }
}

/** A database that must not be started, or was handed over, may run only through somebody's hand: it is stopped first. */
function isAdopted(record: DurableRecord, running: boolean): boolean {
  return running && record.job === 'none' && record.handed === 'none';
}

/** The agent alone died: what it served is served on, but nothing is left alone before the next contact. */
function adopt(turn: Turn, record: DurableRecord): void {
  const { state, settings } = turn;
  const { database } = state;
  const isHolder = record.holder === settings.self && record.mode !== 'catchup';
  if (!isHolder) {
    if (state.port.anyAddressOn) lowerAddress(turn);
    beginRejoin(turn, { code: 'agentRestarted' }, database.inRecovery === false);
    return;
  }
  if (!database.answering || database.inRecovery !== false) {
    beginOpening(turn, { code: 'agentRestarted' });
  } else if (!database.admitted) {
    resumeOpening(turn, { code: 'agentRestarted' });
  } else if (record.mode === 'paired') {
    beginPaired(turn, { code: 'agentRestarted' });
  } else if (database.synchronousSetting) {
    state.leaving = true;
    beginClearing(turn, { code: 'agentRestarted' });
  } else {
    beginSolo(turn, { code: 'agentRestarted' });
  }
}

export function startStopped(turn: Turn): void {
  if (turn.state.phase !== 'stopping') return;
  turn.state.database = { ...turn.state.database, running: false, answering: false };
  enterPhase(turn, 'listening');
  considerStart(turn);
}

export function considerStart(turn: Turn): void {
  const { state, settings } = turn;
  const { record } = state;
  if (record === null || state.phase === 'stopping' || state.writing !== null) return;
  const said = peerSays(turn);
  if (state.contact.highestEpoch > record.epoch) {
    if (said !== null)
      beginRejoin(turn, { code: 'peerHasHigherEpoch' }, needsRewindAtStart(turn, record));
    else wait(turn, 'waitingForPeerToCatchUp');
    return;
  }
  if (!databaseIsUsable(turn, record)) {
    startWithoutDatabase(turn, record, said);
    return;
  }
  if (said === null) startUnheard(turn, record);
  else if (record.mode === 'catchup') startFromCatchup(turn, record, said);
  else if (record.holder === settings.self) startAsHolder(turn, record, said);
  else startAsFollower(turn, record, said);
}

/** The log of a box that was standby, or that handed over, is a part of the primary's; any other must be rewound. */
function needsRewindAtStart(turn: Turn, record: DurableRecord): boolean {
  if (record.job !== 'none') return true;
  if (record.mode === 'catchup') return false;
  return record.holder === turn.settings.self;
}

/** A database that is missing, foreign or behind its record never serves and follows only after a clone. */
function databaseIsUsable(turn: Turn, record: DurableRecord): boolean {
  const { database } = turn.state;
  if (record.job !== 'none') return record.mode === 'catchup';
  if (!database.present || database.systemId !== record.databaseSystemId) return false;
  // A stopped standby's control file lags behind its log: there the position is looked at when it runs.
  if (record.mode === 'catchup' || record.holder !== turn.settings.self) return true;
  return database.timeline === null || database.timeline >= record.timeline;
}

function startWithoutDatabase(turn: Turn, record: DurableRecord, said: Standing | null): void {
  const theirs = said?.record ?? null;
  // Only the holder of an epoch has what could be cloned, or waits for this node.
  if (theirs === null || theirs.holder !== turn.state.contact.peer) wait(turn, 'databaseUnusable');
  else if (isLostFollower(turn, record, theirs)) declineEpoch(turn, theirs);
  else if (record.mode === 'catchup' && theirs.mode !== 'catchup' && theirs.epoch >= record.epoch)
    beginRejoin(turn, { code: 'databaseUnusable' }, true, true);
  else wait(turn, 'databaseUnusable');
}

/** The standby without what it followed with: neither a primary nor a giver of that epoch must wait for it. */
function isLostFollower(turn: Turn, record: DurableRecord, theirs: RecordStatement): boolean {
  const { state, settings } = turn;
  if (record.mode !== 'paired' || theirs.epoch !== record.epoch) return false;
  const waits = theirs.mode === 'paired' || theirs.handed === 'handed';
  return waits && state.now - state.startedAt >= settings.followDeadlineMs;
}

function declineEpoch(turn: Turn, theirs: RecordStatement): void {
  note(turn, { code: 'consentNeeded' });
  write(turn, catchupRecord(turn, theirs.epoch, theirs.holder));
}

/** I7. Nobody is heard. Only a box that was alone may serve, and only when nothing contradicts it. */
function startUnheard(turn: Turn, record: DurableRecord): void {
  const { settings } = turn;
  if (record.mode === 'solo' && record.holder === settings.self) {
    if (nothingIsThere(turn)) beginOpening(turn, { code: 'resumeAlone' });
    else wait(turn, 'listening');
    return;
  }
  if (record.mode === 'paired') startPairedUnheard(turn, record);
  else if (record.handed !== 'none') resumeGranting(turn);
  else wait(turn, 'waitingForPrimary');
}

/** Only a ledger outside the pair knows whether the peer has gone on. */
function startPairedUnheard(turn: Turn, record: DurableRecord): void {
  const { state, settings } = turn;
  if (settings.arbiter !== 'etcd' || record.arbiter !== 'etcd') {
    wait(turn, 'waitingForPeer');
    return;
  }
  if (outsideHindrance(state, settings) === null && nothingIsThere(turn))
    beginAsking(turn, { code: 'waitingForArbiter' });
  else wait(turn, state.arbiter.lostEpoch === record.epoch ? 'claimLost' : 'waitingForArbiter');
}

/** Every path listened to, a reference answered, nobody at the address, nothing undecodable came in. */
function nothingIsThere(turn: Turn): boolean {
  const { state, settings } = turn;
  const { lan, now, startedAt } = state;
  if (!listenedLongEnough(state, settings)) return false;
  const quietSince = Math.max(startedAt, state.contact.processedAt);
  if (Math.max(lan.foreignClaimAt, lan.garbageAt) >= now - settings.linkUpDeadlineMs) return false;
  return roundWasSilent(state, quietSince) && (state.lan.lastRound?.startedAt ?? 0) >= startedAt;
}

function startAsHolder(turn: Turn, record: DurableRecord, said: Standing): void {
  const theirs = said.record;
  if (record.mode === 'solo') {
    const isOver = theirs !== null && theirs.epoch === record.epoch && theirs.mode !== 'catchup';
    if (isOver && !resolveTwoPrimaries(turn, said)) wait(turn, 'twoPrimaries');
    if (!isOver) beginOpening(turn, { code: 'resumeAlone' });
    return;
  }
  const isPartner = turn.state.contact.peer === record.partner;
  if (theirs === null || !isPartner) wait(turn, 'waitingForOperator');
  else if (theirs.epoch < record.epoch) wait(turn, 'waitingForPeerToCatchUp');
  else if (theirs.mode === 'paired') beginOpening(turn, { code: 'resumePaired' });
  else if (theirs.mode === 'catchup' && theirs.handed === 'none')
    beginLeaving(turn, { code: 'consentGiven' });
  else wait(turn, 'waitingForOperator');
}

function startAsFollower(turn: Turn, record: DurableRecord, said: Standing): void {
  const theirs = said.record;
  const fromHolder = turn.state.contact.peer === record.holder;
  if (theirs === null || !fromHolder || theirs.epoch < record.epoch) {
    wait(turn, 'waitingForHolder');
    return;
  }
  const follows = theirs.mode === 'paired' || theirs.handed === 'handed';
  if (follows) beginRejoin(turn, { code: 'following' }, false);
  else wait(turn, 'waitingForHolder');
}

function startFromCatchup(turn: Turn, record: DurableRecord, said: Standing): void {
  const theirs = said.record;
  if (record.handed !== 'none') {
    resumeGranting(turn);
    return;
  }
  if (theirs === null || theirs.epoch < record.epoch) wait(turn, 'waitingForPeerToCatchUp');
  else if (theirs.mode === 'catchup' && theirs.handed === 'none') wait(turn, 'waitingForOperator');
  else beginRejoin(turn, { code: 'following' }, false);
}

function wait(turn: Turn, code: ReasonCode): void {
  const reason: Reason = { code };
  if (turn.state.reason.code !== code) enter(turn, 'starting', 'waiting', reason);
}
