// Leaving a paired epoch as the standby: record, promotion, address, in this order (I4, protocol.md section 7). From the moment
// the record is asked for, the permission is carried through; until then every condition was asked again.
import { beginOpening, beginSolo } from './entrances.ts';
import { raiseAddress } from './address.ts';
import { askCheckpoint } from './checkpoint.ts';
import { peerIsAhead, peerSays } from './contact.ts';
import type { EventOf } from './events.ts';
import type { Reason } from './reasons.ts';
import { handedRecord, soloRecord } from './records.ts';
import { stepDown } from './stepDown.ts';
import type { TakeoverCause } from './state.ts';
import type { Turn } from './turn.ts';
import {
  answerCommand,
  ask,
  enter,
  enterPhase,
  inPhaseMs,
  isPending,
  note,
  write,
} from './turn.ts';

const stopDeadlineMs = 10_000;
const promotionRetryMs = 1000;
const raiseRetryMs = 500;

/** Phases: recording, promoting, addressing; after a failed promotion: retrying, or stoppingBack and recordingBack. */
export function beginTakeover(
  turn: Turn,
  cause: TakeoverCause,
  reason: Reason,
  epoch: number = (turn.state.record?.epoch ?? 0) + 1,
): void {
  const { state } = turn;
  const { commandId } = state.plan;
  state.leaving = true;
  state.switchoverEpoch = null;
  state.eligibility.epoch = null;
  enter(turn, 'takingOver', 'recording', reason, { cause, commandId });
  write(turn, soloRecord(turn, epoch));
}

export function takeoverRecorded(turn: Turn): void {
  const { state } = turn;
  if (state.phase === 'recordingBack') {
    state.leaving = false;
    const plan = { lsn: state.plan.lsn };
    enter(turn, 'handingOver', 'granting', { code: 'promotionFailed' }, plan);
    return;
  }
  if (state.phase !== 'recording') return;
  if (state.database.running && state.database.inRecovery === true) promote(turn);
  else {
    state.leaving = false;
    beginOpening(turn, state.reason);
  }
}

/**
 * The record of a takeover is late. The primary, if it lives after all, goes on alone when this takeover must be over
 * (D_solo): from then on the record is not asked for again, and the reset ends a write that hangs.
 */
export function takeoverDiskHangs(turn: Turn): void {
  const { state, settings } = turn;
  if (state.phase !== 'recording' || state.plan.cause !== 'lan' || state.writeRetryAt === null)
    return;
  const doneBy = state.writeRetryAt + settings.recordDeadlineMs;
  const over = (state.contact.ackedAt ?? 0) + settings.takeoverLimitMs + settings.watchdogMs;
  if (doneBy > over) turn.effects.push({ type: 'resetBox', reason: { code: 'recordNotWritten' } });
}

function promote(turn: Turn): void {
  enterPhase(turn, 'promoting');
  ask(turn, { type: 'promoteDatabase', deadlineMs: turn.settings.promotionDeadlineMs });
  // The link needs time of its own: it comes up while the database is promoted, without an address.
  if (!turn.state.port.up)
    ask(turn, {
      type: 'raiseServicePort',
      address: false,
      deadlineMs: turn.settings.linkUpDeadlineMs,
    });
}

export function takeoverPromoted(turn: Turn, event: EventOf<'databasePromoted'>): void {
  const { state } = turn;
  if (state.phase !== 'promoting' && state.phase !== 'retrying') return;
  state.leaving = false;
  state.database = {
    ...state.database,
    running: true,
    answering: true,
    inRecovery: false,
    timeline: event.timeline,
    lsn: event.lsn,
    receiving: false,
    synchronousSetting: false,
    admitted: true,
    standbyStreaming: false,
    standbyFlushLsn: null,
    rewindable: false,
  };
  note(turn, { code: 'promoted', detail: { timeline: event.timeline } });
  enterPhase(turn, 'addressing');
  raiseAddress(turn);
  askCheckpoint(turn);
}

export function takeoverRaised(turn: Turn): void {
  if (turn.state.phase !== 'addressing' || !turn.state.port.addressesOn) return;
  const { state } = turn;
  const ordered = state.plan.cause === 'operator' ? 'takeoverDone' : 'switchoverDone';
  answerCommand(turn, true, { code: ordered });
  beginSolo(turn, state.reason);
}

export function takeoverFailed(turn: Turn, event: EventOf<'effectFailed'>): void {
  const { state } = turn;
  if (state.phase === 'promoting' && !isPending(turn, 'promoteDatabase')) {
    note(turn, { code: 'promotionFailed', detail: { code: event.code, text: event.text } });
    state.plan.attempts += 1;
    enterPhase(turn, 'retrying');
    if (state.plan.cause === 'handover' && state.plan.attempts >= 2) giveBack(turn);
  } else if (state.phase === 'stoppingBack' && !isPending(turn, 'stopDatabase')) {
    enterPhase(turn, 'retrying');
  }
}

/** Handback: only while nobody was let in and no write of my own exists. */
function giveBack(turn: Turn): void {
  if (turn.state.database.inRecovery !== true) return;
  enterPhase(turn, 'stoppingBack');
  ask(turn, { type: 'stopDatabase', how: 'clean', deadlineMs: stopDeadlineMs });
}

export function takeoverStopped(turn: Turn, event: EventOf<'databaseStopped'>): void {
  const { state } = turn;
  if (state.phase !== 'stoppingBack') return;
  state.database = { ...state.database, running: false, answering: false, receiving: false };
  const peerLsn = peerSays(turn)?.database.lsn ?? null;
  // My log must be no longer than the giver's, or what I alone have would be lost.
  if (event.lsn === null || peerLsn === null || event.lsn > peerLsn) {
    enterPhase(turn, 'retrying');
    return;
  }
  state.plan.lsn = peerLsn;
  enterPhase(turn, 'recordingBack');
  write(turn, handedRecord(turn, 'handedBack', peerLsn));
}

/** A promotion or an address that failed is tried again: nobody else may serve this epoch. */
export function retryTakeover(turn: Turn): void {
  const { state } = turn;
  if (state.phase === 'addressing' && !isPending(turn, 'raiseServicePort')) {
    if (state.port.addressesOn) takeoverRaised(turn);
    else if (inPhaseMs(turn) >= raiseRetryMs) {
      enterPhase(turn, 'addressing');
      raiseAddress(turn);
    }
  }
  if (state.phase !== 'retrying' || inPhaseMs(turn) < promotionRetryMs) return;
  if (peerIsAhead(state)) {
    stepDown(turn, { code: 'peerHasHigherEpoch' });
    return;
  }
  if (state.database.running && state.database.inRecovery === true) promote(turn);
  else {
    state.leaving = false;
    beginOpening(turn, { code: 'promotionFailed' });
  }
}

/** PostgreSQL ended while it was being promoted: the epoch is mine, so it is started as a primary. */
export function takeoverExited(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== 'promoting' && state.phase !== 'addressing' && state.phase !== 'retrying')
    return;
  state.leaving = false;
  beginOpening(turn, { code: 'databaseExited' });
}
