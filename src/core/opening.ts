// A node that holds an epoch starts (or restarts) its database and opens it. In a paired epoch clients are let in only
// when the standby holds the whole log (I8); recovery may show commits that nobody was told of yet. A standby that is ahead, or
// whose primary cannot start its database, gets the epoch instead.
import {
  beginClearing,
  beginGranting,
  beginLeaving,
  beginPaired,
  beginSolo,
  startAsPrimary,
} from './entrances.ts';
import { keepAddress, raiseAddress } from './address.ts';
import { beginAsking } from './asking.ts';
import { askCheckpoint } from './checkpoint.ts';
import type { EventOf } from './events.ts';
import { holdsRecordedLog } from './eligibility.ts';
import { inContact, peerIsAhead, peerSays } from './contact.ts';
import { isConsent } from './paired.ts';
import { isOutside, primaryHindrance } from './permission.ts';
import type { Lsn } from './record.ts';
import type { Standing } from './standing.ts';
import { stepDown } from './stepDown.ts';
import type { Turn } from './turn.ts';
import { ask, enterPhase, inPhaseMs, isPending, note } from './turn.ts';

const admitDeadlineMs = 5000;
const stopDeadlineMs = 10_000;
const retryMs = 500;
/** A start that fails once may have met what the last run left behind. */
const failedStarts = 2;

export function openingStarted(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== 'starting') return;
  // What was observed before the start says nothing of the standby: the gate waits for a new look.
  state.database = {
    ...state.database,
    running: true,
    lsn: null,
    standbyStreaming: false,
    standbyFlushLsn: null,
  };
  enterPhase(turn, 'gate');
  considerOpening(turn);
}

export function considerOpening(turn: Turn): void {
  const { state } = turn;
  if (state.writing !== null) return;
  if (peerIsAhead(state)) {
    stepDown(turn, { code: 'peerHasHigherEpoch', detail: { epoch: state.contact.highestEpoch } });
    return;
  }
  const said = peerSays(turn);
  if (said !== null && isConsent(turn, said) && state.phase !== 'stoppingToGrant') {
    beginLeaving(turn, { code: 'consentGiven' });
    return;
  }
  const waits = state.phase === 'gate' || state.phase === 'addressing';
  if (waits && !standbyWasAhead(turn) && mayAsk(turn)) {
    beginAsking(turn, { code: 'peerSilentAlone' });
    return;
  }
  if (!state.database.running) openingExited(turn);
  if (said !== null && state.phase === 'retrying' && isGivenUp(turn, said)) {
    // The position that the record vouched for: all else that was acknowledged is there because the commits waited for it.
    stopToGrant(turn, state.record?.lsn ?? 0n);
    return;
  }
  if (state.phase === 'retrying' && inPhaseMs(turn) >= retryMs) startAsPrimary(turn);
  if (state.phase === 'gate') passGate(turn, said);
  if (state.phase === 'admitting' && !isPending(turn, 'admitClients') && inPhaseMs(turn) >= retryMs)
    admit(turn);
  if (state.phase === 'addressing') finish(turn);
}

/** The answer of an arbiter outside the pair needs no address that answers, so a node in its gate may ask as well. */
function mayAsk({ state, settings }: Turn): boolean {
  return isOutside(settings) && primaryHindrance(state, settings) === null;
}

/** I1: the log is shorter than the standby's was when it was heard last; to go on without it would lose the rest. */
function standbyWasAhead({ state }: Turn): boolean {
  const heard = state.contact.standing?.database.lsn ?? null;
  const { lsn } = state.database;
  return heard !== null && (lsn === null || heard > lsn);
}

function passGate(turn: Turn, said: Standing | null): void {
  const { state } = turn;
  const { record, database } = state;
  // I1: a log that ends before what the record vouched for is never served.
  if (!database.answering || !holdsRecordedLog(state)) return;
  if (record?.mode === 'solo') {
    admit(turn);
    return;
  }
  if (said !== null && standbyIsAhead(turn, said)) {
    stopToGrant(turn, null);
    return;
  }
  // Only the partner of this epoch: a new box in its place may hold all of this and not what the partner went on to.
  if (record === null || turn.state.contact.peer !== record.partner) return;
  if (!database.standbyStreaming || database.standbyFlushLsn === null) return;
  if (database.lsn !== null && database.standbyFlushLsn >= database.lsn) admit(turn);
}

/** The standby flushed more than the crash left here: what it has may be acknowledged, so it goes on instead. */
function standbyIsAhead(turn: Turn, said: Standing): boolean {
  const { record, database } = turn.state;
  // No crash has cut short a log that clients still write to: it has only grown since it was looked at.
  if (
    database.admitted ||
    said.record?.mode !== 'paired' ||
    said.record.epoch !== record?.epoch ||
    said.database.receiving
  )
    return false;
  if (
    said.database.lsn === null ||
    database.lsn === null ||
    said.database.timeline !== database.timeline
  )
    return false;
  return said.database.lsn > database.lsn;
}

/** A disk that is full or broken lets no database start: the standby, which may take over, goes on before it has to consent. */
function isGivenUp({ state }: Turn, said: Standing): boolean {
  const { record, contact, plan } = state;
  if (record?.mode !== 'paired' || contact.peer !== record.partner || plan.attempts < failedStarts)
    return false;
  if (state.maintenanceUntil !== null || said.fitness.maintenance || state.database.running)
    return false;
  const isPartner = said.record?.mode === 'paired' && said.record.epoch === record.epoch;
  return isPartner && said.eligible && said.fitness.carrier && said.fitness.lan;
}

/**
 * Whatever of the database still runs, or is about to, must be gone before the epoch is. The position that the standby needs is
 * this one, or where the database ends (null).
 */
function stopToGrant(turn: Turn, lsn: Lsn | null): void {
  enterPhase(turn, 'stoppingToGrant');
  turn.state.plan.lsn = lsn;
  ask(turn, { type: 'stopDatabase', how: 'now', deadlineMs: stopDeadlineMs });
}

export function openingStopped(turn: Turn): void {
  if (turn.state.phase === 'restarting') startAsPrimary(turn);
  if (turn.state.phase !== 'stoppingToGrant') return;
  turn.state.database = { ...turn.state.database, running: false, answering: false };
  const { lsn, attempts } = turn.state.plan;
  if (lsn === null) {
    const detail = { standbyIsAhead: true };
    const ends = turn.state.database.lsn ?? 0n;
    beginGranting(turn, { code: 'handoverGranted', detail }, ends, 'cloning');
    return;
  }
  const said = peerSays(turn);
  // It may have given its consent meanwhile, and cannot take anything then.
  if (said === null || !isGivenUp(turn, said)) enterPhase(turn, 'retrying');
  else {
    const detail = { failedStarts: attempts };
    beginGranting(turn, { code: 'handoverGranted', detail }, lsn, 'rewinding');
  }
}

function admit(turn: Turn): void {
  enterPhase(turn, 'admitting');
  ask(turn, { type: 'admitClients', deadlineMs: admitDeadlineMs });
}

export function openingAdmitted(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== 'admitting') return;
  state.database = { ...state.database, admitted: true };
  enterPhase(turn, 'addressing');
  // A standby that is not heard may have probed and found nobody: a paired primary waits for contact.
  const mayRaise = state.record?.mode === 'solo' || inContact(state, turn.settings);
  if (!state.port.addressesOn && mayRaise) raiseAddress(turn);
  // After a restart of a lone primary the control file may still name the old timeline: a rewind needs the new one.
  if (state.record?.mode === 'solo') askCheckpoint(turn);
  finish(turn);
}

function finish(turn: Turn): void {
  const { state } = turn;
  if (!state.port.addressesOn) {
    if (!isPending(turn, 'raiseServicePort') && inPhaseMs(turn) >= retryMs) keepAddress(turn);
    return;
  }
  if (state.record?.mode === 'paired') beginPaired(turn, { code: 'gateOpen' });
  else if (state.database.synchronousSetting) beginClearing(turn, state.reason);
  else beginSolo(turn, state.reason);
}

export function openingFailed(turn: Turn, event: EventOf<'effectFailed'>): void {
  const { phase } = turn.state;
  note(turn, { code: 'effectFailed', detail: { phase, code: event.code, text: event.text } });
  const starts = phase === 'starting' && !isPending(turn, 'startDatabase');
  const stops = phase === 'restarting' || phase === 'stoppingToGrant';
  if (starts) turn.state.plan.attempts += 1;
  if (starts || (stops && !isPending(turn, 'stopDatabase'))) enterPhase(turn, 'retrying');
}

export function openingExited(turn: Turn): void {
  const { phase } = turn.state;
  if (phase === 'gate' || phase === 'admitting' || phase === 'addressing')
    enterPhase(turn, 'retrying');
}
