// First half of a step: what the event says becomes a fact of the state, whatever the state is. Nothing is decided here.
import type { ArbiterEvent } from './arbiterNews.ts';
import {
  arbiterFailed,
  beginKnowing,
  isArbiterEvent,
  isOfArbiter,
  noteArbiter,
} from './arbiterNews.ts';
import { noteStall, noteWay } from './cable.ts';
import { hear, inContact } from './contact.ts';
import { loseEligibility } from './eligibility.ts';
import type { EffectName, EffectWithToken } from './effects.ts';
import type { CoreEvent, DatabaseObservation, EventName, EventOf } from './events.ts';
import { handoverDiskHangs } from './handover.ts';
import { noteHeartbeatCarrier, notePort, noteRound } from './lan.ts';
import { serves } from './roles.ts';
import { takeoverDiskHangs } from './takeover.ts';
import type { Turn } from './turn.ts';
import { note, settle } from './turn.ts';

const writeRetryMs = 1000;

/** Which effect each result answers. */
const answers: Partial<Record<EventName, EffectWithToken['type']>> = {
  probeRoundDone: 'probe',
  recordWritten: 'writeRecord',
  epochPublished: 'publishEpoch',
  claimDecided: 'claimEpoch',
  epochEntered: 'enterEpoch',
  peerFenced: 'fencePeer',
  fenceRefused: 'fencePeer',
  peerUnfenced: 'unfencePeer',
  databaseStarted: 'startDatabase',
  databaseStopped: 'stopDatabase',
  databasePromoted: 'promoteDatabase',
  synchronousProved: 'setSynchronous',
  synchronousCleared: 'clearSynchronous',
  clientsAdmitted: 'admitClients',
  databaseCheckpointed: 'checkpointDatabase',
  divergenceKept: 'keepDivergence',
  databaseRewound: 'rewindDatabase',
  databaseCloned: 'cloneDatabase',
  servicePortRaised: 'raiseServicePort',
  servicePortLowered: 'lowerServicePort',
};

/** Takes the event in; false: it is the result of an effect that nobody waits for any more. */
export function absorb(turn: Turn, event: CoreEvent): boolean {
  if ('token' in event) {
    const effect =
      event.type === 'effectFailed' ? pendingType(turn, event.token) : answers[event.type];
    const current = effect !== undefined && settle(turn, effect, event.token);
    if ('port' in event) notePort(turn, event.port);
    if (!current) return false;
    if (event.type === 'effectFailed' && effect === 'writeRecord') return recordFailed(turn, event);
    if (event.type === 'effectFailed' && isOfArbiter(effect)) return arbiterFailed(turn, effect);
  }
  if (isArbiterEvent(event)) noteArbiter(turn, event);
  else noteFact(turn, event);
  return true;
}

function pendingType(turn: Turn, token: number): EffectWithToken['type'] | undefined {
  const found = Object.entries(turn.state.pending).find(([, pending]) => pending === token);
  return found?.[0] as (EffectName & EffectWithToken['type']) | undefined;
}

function noteFact(turn: Turn, event: Exclude<CoreEvent, ArbiterEvent>): void {
  const { state } = turn;
  switch (event.type) {
    case 'agentStarted':
      noteStart(turn, event);
      return;
    case 'heartbeatReceived':
      noteHeartbeat(turn, event);
      return;
    case 'garbageReceived':
      state.lan.garbageAt = state.now;
      return;
    case 'heartbeatCarrierChanged':
    case 'serialLinesChanged':
    case 'servicePortChanged':
      noteLink(turn, event);
      return;
    case 'addressClaimed':
      noteClaim(turn, event);
      return;
    case 'probeRoundDone':
      noteRound(turn, event.result);
      return;
    case 'databaseObserved':
      noteDatabase(turn, event.database);
      return;
    case 'servicesObserved':
      state.servicesFit = event.fit;
      return;
    case 'databaseStarted':
      noteDatabase(turn, {
        ...state.database,
        running: true,
        answering: true,
        inRecovery: null,
        receiving: false,
        problem: null,
      });
      state.databaseFaultSince = serves(state) ? null : state.now;
      return;
    case 'databaseExited':
    case 'databaseStopped':
      noteDatabase(turn, {
        ...state.database,
        running: false,
        answering: false,
        receiving: false,
        standbyStreaming: false,
      });
      return;
    case 'recordWritten':
      noteRecord(turn);
      return;
    case 'tick':
    case 'operatorCommanded':
    case 'databasePromoted':
    case 'synchronousProved':
    case 'synchronousCleared':
    case 'clientsAdmitted':
    case 'databaseCheckpointed':
    case 'divergenceKept':
    case 'databaseRewound':
    case 'databaseCloned':
    case 'servicePortRaised':
    case 'servicePortLowered':
    case 'effectFailed':
      return;
  }
}

type LinkEvent = EventOf<'heartbeatCarrierChanged' | 'serialLinesChanged' | 'servicePortChanged'>;

function noteLink(turn: Turn, event: LinkEvent): void {
  if (event.type === 'heartbeatCarrierChanged') noteHeartbeatCarrier(turn, event.carrier);
  else if (event.type === 'serialLinesChanged') turn.state.cable.linesDropped = event.dropped;
  else notePort(turn, event.port);
}

function noteStart(turn: Turn, event: EventOf<'agentStarted'>): void {
  const { state } = turn;
  state.agentStart = event.agentStart;
  state.startedAt = state.now;
  state.since = state.now;
  state.modeSince = state.now;
  state.record = event.record;
  state.sending = { ...state.sending, nextAt: state.now };
  state.lan.heartbeatCarrier = event.heartbeatCarrier;
  state.lan.heartbeatCarrierSince = state.now;
  notePort(turn, event.port);
  noteDatabase(turn, event.database);
  beginKnowing(turn);
}

function noteRecord(turn: Turn): void {
  const { state } = turn;
  state.record = state.writing ?? state.record;
  state.writing = null;
  unmute(turn);
  if (state.record?.mode !== 'solo') state.acknowledgedAlone = false;
}

/** Without the peer no database can follow, and a gate that opens has just seen it follow: neither time counts as its fault. */
function noteHeartbeat(turn: Turn, event: EventOf<'heartbeatReceived'>): void {
  const { state, settings } = turn;
  const { heardAt, standing } = state.contact;
  const wasSilent = !inContact(state, settings);
  hear(turn, event.heartbeat);
  noteWay(turn, event, wasSilent);
  if (wasSilent && inContact(state, settings)) noteReunion(turn);
  if (state.databaseFaultSince === null || !inContact(state, settings)) return;
  const opened =
    standing?.stateName === 'opening' && state.contact.standing?.stateName === 'paired';
  const silentSince = Math.max(heardAt ?? -Infinity, state.databaseFaultSince);
  if (opened) state.databaseFaultSince = state.now;
  else if (wasSilent) state.databaseFaultSince += state.now - silentSince;
}

/** A standby's database is at fault from the first moment at which it does not follow. */
function noteDatabase(turn: Turn, database: DatabaseObservation): void {
  const { state } = turn;
  state.database = database;
  noteStall(turn);
  const follows = database.running && database.answering && database.receiving;
  if (follows) state.databaseFaultSince = null;
  else state.databaseFaultSince ??= state.now;
}

/** RFC 5227: an address in use is defended once in a while, never in a storm. */
function noteClaim(turn: Turn, event: EventOf<'addressClaimed'>): void {
  const { state } = turn;
  // The standby asks for the address of a living primary again and again: a question takes nothing away.
  if (serves(state) && event.how === 'probed') return;
  // Proxy ARP of a reference answers every probe of my own: an alarm of the round, not a claim.
  if (event.how === 'answered' && state.lan.referenceMacs.includes(event.mac)) return;
  // A standby hears the primary use its address all the time.
  if (!serves(state) && state.name !== 'starting') return;
  state.lan.foreignClaimAt = state.now;
  announce(turn);
}

/**
 * While the boxes were apart, in a LAN of two parts the other one may have served and announced the address. Telephones of
 * its part would look for it there for half a minute after it has given way (30 s seen).
 */
function noteReunion(turn: Turn): void {
  if (turn.state.record?.mode === 'solo') announce(turn);
}

function announce({ state, effects }: Turn): void {
  if (!serves(state) || !state.port.addressesOn || state.now - state.lan.defendedAt < defendPauseMs)
    return;
  state.lan.defendedAt = state.now;
  effects.push({ type: 'announce' });
}

const defendPauseMs = 10_000;

/** The record that was late is on disk: it may be said, and no grant given before names the counter of now. */
function unmute(turn: Turn): void {
  const { state } = turn;
  if (!state.mute) return;
  state.mute = false;
  state.eligibility.lossCounter += 1;
}

/** The same record is asked for again until it is on disk: nobody knows which copy the failure left. */
function recordFailed(turn: Turn, event: EventOf<'effectFailed'>): boolean {
  const { state } = turn;
  note(turn, { code: 'recordNotWritten', detail: { code: event.code, text: event.text } });
  state.writeRetryAt = state.now + writeRetryMs;
  // While it is heard and cannot consent, the primary would wait for it without end: it falls silent.
  if (state.name === 'standby' || state.name === 'rejoining') {
    state.mute = true;
    loseEligibility(turn, 'recordNotWritten');
  }
  if (state.name === 'handingOver') handoverDiskHangs(turn);
  if (state.name === 'takingOver') takeoverDiskHangs(turn);
  return false;
}
