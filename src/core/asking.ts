// Arbiters outside the pair (protocol.md section 5). `etcd`: the ledger's entry is moved from (n, paired) to (n+1, me) by
// compare-and-swap. `fence`: the peer is switched off, verified. From the request until it is acted upon or known to have come
// to nothing the node is leaving: it counts as no contact, because what was asked may be granted at any moment.
import { arbiterEffects } from './arbiterNews.ts';
import { inContact, peerIsAhead } from './contact.ts';
import { loseEligibility } from './eligibility.ts';
import { beginLeaving, beginOpening } from './entrances.ts';
import type { EventOf } from './events.ts';
import { isOutside, listenedLongEnough } from './permission.ts';
import type { Reason } from './reasons.ts';
import { beginRejoin } from './rejoin.ts';
import { serves } from './roles.ts';
import { stepDown } from './stepDown.ts';
import { beginTakeover } from './takeover.ts';
import type { Turn } from './turn.ts';
import { ask, enter, isPending, note, settle } from './turn.ts';

const askDeadlineMs = 2000;
const fenceDeadlineMs = 10_000;
/** Between two tries of the same thing. */
const retryMs = 500;
/** The ledger of an epoch that goes on is looked at this often: it may have lost its memory, or have obeyed an order late. */
const checkMs = 10_000;

/** In `leaving` (a node that serves) or `takingOver`, phase asking. */
export function beginAsking(turn: Turn, reason: Reason): void {
  const { state } = turn;
  const { commandId } = state.plan;
  state.leaving = true;
  state.arbiter.askedFrom = state.name;
  enter(turn, serves(state) ? 'leaving' : 'takingOver', 'asking', reason, { commandId });
  request(turn, true);
}

function request(turn: Turn, take: boolean): void {
  const { state, settings } = turn;
  state.arbiter.askedAt = state.now;
  if (settings.arbiter === 'etcd') {
    const epoch = state.record?.epoch ?? 0;
    ask(turn, { type: 'claimEpoch', epoch, take, deadlineMs: askDeadlineMs });
  } else {
    state.arbiter.peerIsOff = true;
    // The answer to an older order to switch it on says nothing of this one.
    settle(turn, 'unfencePeer', state.pending.unfencePeer ?? -1);
    ask(turn, { type: 'fencePeer', deadlineMs: fenceDeadlineMs });
  }
}

/** I2. The ledger's answer to the claim of now. A claim that was won is carried through, whatever has happened meanwhile. */
export function askingDecided(turn: Turn, event: EventOf<'claimDecided'>): void {
  if (turn.state.phase !== 'asking') return;
  if (event.outcome === 'won') carryThrough(turn, turn.state.reason, event.epoch);
  else giveUp(turn, { code: event.outcome === 'refused' ? 'claimRefused' : 'claimLost' });
}

export function askingFenced(turn: Turn): void {
  const { state } = turn;
  if (state.phase === 'asking') carryThrough(turn, state.reason, (state.record?.epoch ?? 0) + 1);
}

export function askingRefused(turn: Turn): void {
  if (turn.state.phase === 'asking') giveUp(turn, { code: 'claimRefused' });
}

/** An agent that died after its claim was won finds it in the ledger, and so does one whose order was carried out late. */
export function settledDecided(turn: Turn, event: EventOf<'claimDecided'>): void {
  const { state } = turn;
  if (event.outcome !== 'won' || state.writing !== null || state.phase === 'stoppingToGrant')
    return;
  // A claim that was asked about before this epoch began is over, however it ended.
  if (event.epoch <= (state.record?.epoch ?? 0)) return;
  // The ledger was passed over by an order: it is no permission against whoever serves already.
  if (peerIsAhead(state)) return;
  if (state.record?.mode === 'paired') carryThrough(turn, { code: 'claimWon' }, event.epoch);
}

function carryThrough(turn: Turn, reason: Reason, epoch: number): void {
  note(turn, { code: turn.settings.arbiter === 'etcd' ? 'claimWon' : 'peerFenced' });
  if (serves(turn.state)) beginLeaving(turn, reason, epoch);
  else beginTakeover(turn, 'claim', reason, epoch);
}

/** Nothing was taken and nothing is under way: back to where the wish arose. */
function giveUp(turn: Turn, reason: Reason): void {
  const { state } = turn;
  const { askedFrom } = state.arbiter;
  state.leaving = false;
  if (askedFrom === 'paired') {
    enter(turn, 'paired', '', reason);
  } else if (askedFrom === 'opening') {
    beginOpening(turn, reason);
  } else if (askedFrom !== 'standby') {
    enter(turn, 'starting', 'waiting', reason);
  } else if (state.database.running) {
    enter(turn, 'standby', '', reason);
  } else {
    loseEligibility(turn, 'databaseExited');
    beginRejoin(turn, reason, false);
  }
}

/** The peer has left this epoch itself, so nothing that is still under way can be given to me. */
function yieldToPeer(turn: Turn): void {
  const reason: Reason = { code: 'peerHasHigherEpoch' };
  if (serves(turn.state)) stepDown(turn, reason);
  else giveUp(turn, reason);
}

/** What is to be asked or told without anybody waiting for it; called at the end of every step. */
export function keepArbiter(turn: Turn): void {
  const { state, settings } = turn;
  if (!isOutside(settings)) return;
  // A paired epoch is its own arbiter's; whoever is alone, or holds nothing, goes by the configuration.
  const { record } = state;
  if (record?.mode === 'paired' && record.arbiter !== settings.arbiter) return;
  if (state.phase === 'asking' && peerIsAhead(state)) {
    yieldToPeer(turn);
    return;
  }
  if (isAskingPending(turn) || state.now - state.arbiter.askedAt < retryMs) return;
  if (state.phase === 'asking') request(turn, false);
  else if (settings.arbiter === 'etcd') keepLedger(turn);
  else keepPeerOn(turn);
}

function isAskingPending(turn: Turn): boolean {
  return arbiterEffects.some((effect) => isPending(turn, effect));
}

function keepLedger(turn: Turn): void {
  const { state, settings } = turn;
  const { record, arbiter } = state;
  if (record === null || state.leaving || state.writing !== null) return;
  // Who holds nothing asks for nothing, and would never hear that the ledger answers again.
  if (record.mode === 'catchup') arbiter.failing = false;
  if (state.now - arbiter.checkedAt < retryMs) return;
  const { epoch } = record;
  const isTroubled = arbiter.failing || arbiter.forgot;
  const isDue = isTroubled || state.now - arbiter.checkedAt >= checkMs;
  const looks = record.holder !== settings.self || arbiter.lostEpoch === epoch;
  if (record.mode === 'paired' && (arbiter.unsettledEpoch === epoch || (looks && isDue))) {
    arbiter.checkedAt = state.now;
    ask(turn, { type: 'claimEpoch', epoch, take: false, deadlineMs: askDeadlineMs });
  } else if (record.mode === 'paired' && record.holder === settings.self) {
    if (arbiter.publishedEpoch === epoch && !isDue) return;
    arbiter.checkedAt = state.now;
    const create = inContact(state, settings) && state.contact.peer === record.partner;
    ask(turn, { type: 'publishEpoch', epoch, create, deadlineMs: askDeadlineMs });
  } else if (record.mode === 'solo' && serves(state) && arbiter.enteredEpoch !== epoch) {
    arbiter.checkedAt = state.now;
    ask(turn, { type: 'enterEpoch', epoch, above: false, deadlineMs: askDeadlineMs });
  }
}

/**
 * A box that this node may have switched off is switched on again, but not before what follows from it is on disk. Only the
 * device's word ends this: an order whose outcome is unknown may be carried out long after the peer was heard again.
 */
function keepPeerOn(turn: Turn): void {
  const { state, settings } = turn;
  if (!state.arbiter.peerIsOff || state.writing !== null) return;
  if (state.now - state.arbiter.checkedAt < retryMs || !listenedLongEnough(state, settings)) return;
  state.arbiter.checkedAt = state.now;
  ask(turn, { type: 'unfencePeer', deadlineMs: fenceDeadlineMs });
}
