// What is known of the LAN and the two ports: probe rounds, breaks, the proof that the probe works (protocol.md section 6).
import { inContact, isSuspicious } from './contact.ts';
import type { EventOf, PortState } from './events.ts';
import { loseEligibility } from './eligibility.ts';
import { serves } from './roles.ts';
import type { Round, State } from './state.ts';
import type { Settings } from './settings.ts';
import type { Turn } from './turn.ts';
import { ask, isPending } from './turn.ts';

/** F: within any such span a node that may leave has looked at the LAN. */
export function evidenceSpanMs(settings: Settings): number {
  return settings.standbyPort === 'down'
    ? settings.linkUpDeadlineMs
    : settings.soloFastMs - settings.deadIntervalMs;
}

export function notePort(turn: Turn, port: PortState): void {
  const { state } = turn;
  const flapped = port.carrierChanges !== state.port.carrierChanges;
  // What comes back was gone until this moment: a probe of a moment ago found nobody.
  const wasOff = !state.port.carrier || !state.port.addressesOn;
  if (wasOff || !port.carrier || !port.addressesOn || flapped) state.lan.brokenAt = state.now;
  if (port.carrier) state.lan.portCarrierLostAt = null;
  else state.lan.portCarrierLostAt ??= state.now;
  state.port = port;
  if (!port.carrier) forgetSelfTest(turn);
}

/**
 * A test of another day says nothing of a LAN that this node has just lost as primary: it would call itself fit when it has
 * given up its port, and be handed the service back.
 */
function forgetSelfTest({ state, settings }: Turn): void {
  if (settings.standbyPort === 'down' && serves(state)) state.lan.selfTestedAt = null;
}

export function noteHeartbeatCarrier(turn: Turn, carrier: boolean): void {
  const { lan, cable, now } = turn.state;
  if (lan.heartbeatCarrier === carrier) return;
  cable.goodSince = now;
  lan.heartbeatCarrier = carrier;
  lan.heartbeatCarrierSince = now;
}

export function noteRound(turn: Turn, result: EventOf<'probeRoundDone'>['result']): void {
  const { state, settings } = turn;
  const { lan, contact } = state;
  const peerMac = contact.standing?.serviceMac ?? null;
  // The peer is never a reference, whatever it answers for: its own answer must not pass as proxy ARP.
  const references = result.referenceMacs.filter((mac) => mac !== peerMac);
  const foreign = result.serviceAnsweredBy.filter((mac) => !references.includes(mac));
  if (foreign.length < result.serviceAnsweredBy.length) lan.proxyArpAt = state.now;
  lan.referenceMacs = references;
  const round: Round = {
    startedAt: result.startedAtMs,
    endedAt: result.endedAtMs,
    valid: result.carrier && result.referenceAnswered && references.length > 0,
    // A single frame may be lost anywhere: that nobody answers is evidence only where it was asked as often as it should be.
    whole: result.asked >= settings.probes,
    serviceAnswered: foreign.length > 0,
    peerOnHeartbeatPort: result.peerAnsweredOnHeartbeatPort,
  };
  lan.badRounds = round.valid ? 0 : lan.badRounds + 1;
  noteContinuity(turn, round);
  const before = lan.lastRound;
  lan.lastRound = round;
  if (serves(state)) {
    if (!round.valid) forgetSelfTest(turn);
    // A round that began before this node served may still have heard the one before it.
    if (round.serviceAnswered && round.startedAt >= state.servesSince)
      lan.foreignClaimAt = state.now;
    return;
  }
  if (inContact(state, settings)) noteSelfTest(state, result, peerMac);
  if (settings.arbiter === 'lan') noteLanOnly(turn, round, before);
}

/** In contact the primary itself answers: the probe works. */
function noteSelfTest(
  { lan }: State,
  result: EventOf<'probeRoundDone'>['result'],
  peerMac: string | null,
): void {
  lan.selfTestTries += 1;
  if (peerMac === null || !result.serviceAnsweredBy.includes(peerMac)) return;
  lan.selfTestedAt = result.endedAtMs;
  lan.selfTestTries = 0;
}

/**
 * I2: a living primary behind a cut cable may leave at any moment: answered on the LAN but not on Eth1. It counts from when it
 * last heard this node: words that still come one way are no contact, and what was asked before them says nothing.
 */
function noteLanOnly(turn: Turn, round: Round, before: Round | null): void {
  const { contact, now } = turn.state;
  const isHeardByIt =
    contact.ackedAt !== null && now - contact.ackedAt < turn.settings.deadIntervalMs;
  const afterContact = round.startedAt > (contact.heardAt ?? -Infinity);
  if (isHeardByIt || !afterContact || spansTheCut(turn.state.lan, round, before)) return;
  if (round.serviceAnswered && !round.peerOnHeartbeatPort)
    loseEligibility(turn, 'answeredOnLanOnly');
}

/**
 * The box was there on both ports until Eth1 lost its carrier within this round: one reset by its watchdog has answered the
 * first question on the LAN, and perhaps none on Eth1. The next round tells, within the evidence span of a primary that lives.
 */
function spansTheCut(lan: State['lan'], round: Round, before: Round | null): boolean {
  const wasCut = !lan.heartbeatCarrier && lan.heartbeatCarrierSince > round.startedAt;
  return wasCut && before?.peerOnHeartbeatPort === true;
}

/** A span in which nobody looked is a break for the one who serves; the standby's is counted in `standbyLosesSight`. */
function noteContinuity(turn: Turn, round: Round): void {
  const { state, settings } = turn;
  const { lan } = state;
  const seen = Math.max(state.contact.ackedAt ?? -Infinity, lan.lastGoodEndedAt);
  // Up to its end: an agent that was blocked within a round asked only at its edges.
  if (round.endedAt - seen > checkGapMs(settings) + settings.probeRoundMs)
    lan.brokenAt = Math.max(lan.brokenAt, round.endedAt);
  if (round.valid) {
    lan.lastValidStartedAt = round.startedAt;
    lan.lastGoodEndedAt = round.endedAt;
  } else {
    lan.brokenAt = Math.max(lan.brokenAt, round.endedAt);
  }
}

/** Pause between two questions of a round. */
export function probeSpacingMs(settings: Settings): number {
  return settings.probeRoundMs / settings.probes;
}

/**
 * The longest span between two looks of a primary that still counts as unbroken. A standby that hears nothing takes over
 * after D on a round that ended just then (`permission.ts`): within less a LAN cannot be away for its last questions,
 * come back, and the cable be cut, all unseen.
 */
export function checkGapMs(settings: Settings): number {
  return settings.deadIntervalMs - 2 * probeSpacingMs(settings);
}

/** I2, condition 4 of the standby: a span without a valid LAN round since `ackedAt` ends eligibility. */
export function watchSight(turn: Turn): void {
  const { state, settings } = turn;
  if (settings.arbiter !== 'lan') return;
  if (state.eligibility.epoch === null || state.contact.ackedAt === null) return;
  const seen = Math.max(state.contact.ackedAt, state.lan.lastValidStartedAt);
  if (state.now - seen >= evidenceSpanMs(settings) - settings.marginMs)
    loseEligibility(turn, 'nobodyLooked', { unseenMs: Math.round(state.now - seen) });
}

/** The LAN looked good in the last round and the port has carrier. */
export function lanIsGood(state: State): boolean {
  return state.port.carrier && state.lan.lastRound !== null && state.lan.lastRound.valid;
}

/** One probe round since the last datagram of the peer found nobody at the service address. */
export function roundWasSilent(state: State, since: number): boolean {
  const round = state.lan.lastRound;
  return (
    round !== null &&
    round.startedAt > since &&
    round.valid &&
    round.whole &&
    !round.serviceAnswered &&
    state.port.carrier
  );
}

/** Begins a probe round when one is due; rounds never overlap. */
export function considerProbing(turn: Turn): void {
  const { state, settings } = turn;
  if (isPending(turn, 'probe') || !state.port.up) return;
  if (state.now < nextProbeAt(state, settings)) return;
  state.lan.roundAskedAt = state.now;
  ask(turn, { type: 'probe', askService: true, askPeerOnHeartbeatPort: !serves(state) });
}

/** When the next round is due; the standby that may have to take over looks without a pause. */
export function nextProbeAt(state: State, settings: Settings): number {
  const { lan } = state;
  if (state.name === 'unpaired') return Infinity;
  if (serves(state)) {
    const anxious = isSuspicious(state, settings) || lan.badRounds > 0 || !state.port.addressesOn;
    return (
      lan.roundAskedAt + (anxious ? settings.referenceIntervalMs : settings.referenceIdleIntervalMs)
    );
  }
  if (state.name === 'starting') return lan.roundAskedAt + settings.referenceIntervalMs;
  if (isSuspicious(state, settings)) {
    return (
      lan.roundAskedAt + (state.eligibility.epoch === null ? settings.referenceIdleIntervalMs : 0)
    );
  }
  // What the last look found wrong may be mended, and what the primary has lost may be lost here too: it waits for a word of now.
  if (lan.lastRound?.valid === false || primaryLostLan(state, settings))
    return lan.roundAskedAt + settings.referenceIntervalMs;
  const tested = lan.selfTestedAt !== null && lan.selfTestTries === 0;
  return (
    lan.roundAskedAt + (tested ? selfTestPauseMs(settings) : settings.referenceIdleIntervalMs / 2)
  );
}

function primaryLostLan(state: State, settings: Settings): boolean {
  if (!inContact(state, settings) || state.contact.standing === null) return false;
  const { stateName, fitness } = state.contact.standing;
  return stateName === 'paired' && !(fitness.carrier && fitness.lan);
}

/** A port that is kept down is raised for the test only once a day. */
export function selfTestPauseMs(settings: Settings): number {
  return settings.standbyPort === 'down' ? dayMs : settings.selfTestIntervalMs;
}

export function selfTestValidMs(settings: Settings): number {
  return settings.standbyPort === 'down' ? 2 * dayMs : settings.selfTestValidMs;
}

const dayMs = 86_400_000;

/** With `standbyPort: down` the link is raised only for a probe that matters; else it is always up. */
export function keepLink(turn: Turn): void {
  const { state, settings } = turn;
  if (serves(state) || isPending(turn, 'raiseServicePort') || isPending(turn, 'lowerServicePort'))
    return;
  const wanted = settings.standbyPort === 'unaddressed' || wantsLinkNow(state, settings);
  // A device that is gone cannot come up, and would refuse without end; its return is an event.
  if (wanted && state.port.present && !state.port.up) {
    if (state.now - state.lan.linkAskedAt < linkRetryMs) return;
    state.lan.linkAskedAt = state.now;
    ask(turn, { type: 'raiseServicePort', address: false, deadlineMs: settings.linkUpDeadlineMs });
  } else if (!wanted && state.port.up && !isPending(turn, 'probe')) {
    ask(turn, { type: 'lowerServicePort', link: true, deadlineMs: settings.linkUpDeadlineMs });
  }
}

/** A link that refuses to come up is asked again, but not at every event. */
const linkRetryMs = 200;

function wantsLinkNow(state: State, settings: Settings): boolean {
  if (state.name === 'takingOver') return true;
  if (state.name === 'starting')
    return state.record !== null && state.record.holder === settings.self;
  if (state.name !== 'standby') return false;
  if (isSuspicious(state, settings)) return state.eligibility.epoch !== null;
  const { selfTestedAt } = state.lan;
  return selfTestedAt === null || state.now - selfTestedAt >= selfTestPauseMs(settings);
}
