// May this node leave the paired epoch alone? Each function names the first condition that is missing, so that status can say
// what is waited for. With the `lan` arbiter (protocol.md section 6) null means permission; with an arbiter outside the pair
// (section 5) it means that there is a reason to ask it.
import { fastQuietMs } from './cable.ts';
import { checkGapMs, evidenceSpanMs, lanIsGood, probeSpacingMs, selfTestValidMs } from './lan.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';

export type Hindrance =
  | 'notPaired'
  | 'arbiterIsManual'
  | 'arbiterDiffers'
  | 'recordInFlight'
  | 'maintenance'
  | 'peerNotSilent'
  | 'notEligible'
  | 'databaseNotReady'
  | 'noRoundSinceContact'
  | 'roundTooOld'
  | 'roundInterrupted'
  | 'lanNotGood'
  | 'addressAnswered'
  | 'peerAnswered'
  | 'tooLate'
  | 'probeUntested'
  | 'neverHeard'
  | 'claimLost'
  | 'notSettled'
  | 'notPublished'
  | 'askedJustNow'
  | 'soloTimeNotReached'
  | 'lanWasBroken'
  | 'nobodyLooked'
  | 'addressOff'
  | 'addressClaimed';

/** I1, I2. The standby: takes over when nothing is heard, the LAN is good, and nobody answers for the service address. */
export function standbyHindrance(state: State, settings: Settings): Hindrance | null {
  const { record, contact, lan, now, eligibility } = state;
  if (record === null || record.mode !== 'paired' || record.holder === settings.self)
    return 'notPaired';
  const general = generalHindrance(state, settings);
  if (general !== null) return general;
  if (state.maintenanceUntil !== null || contact.standing?.fitness.maintenance === true)
    return 'maintenance';
  const round = lan.lastRound;
  const isFast = isSeenCut(state);
  if (contact.ackedAt === null || contact.heardAt === null) {
    // A paired record names a standby that holds everything: the ledger knows whether the epoch is still to be had.
    if (settings.arbiter !== 'etcd') return 'neverHeard';
    if (!listenedLongEnough(state, settings)) return 'peerNotSilent';
  } else {
    const quietMs = isFast ? fastQuietMs(state, settings) : settings.deadIntervalMs;
    if (now - contact.heardAt < quietMs || now - contact.ackedAt < quietMs) return 'peerNotSilent';
    if (eligibility.epoch !== record.epoch) return 'notEligible';
  }
  if (state.mute) return 'notEligible';
  if (!state.database.running || state.database.inRecovery !== true) return 'databaseNotReady';
  if (round === null || round.startedAt <= contact.processedAt) return 'noRoundSinceContact';
  if (!round.valid || !state.port.carrier) return 'lanNotGood';
  if (!round.whole) return 'roundInterrupted';
  const silentMs = now - (contact.ackedAt ?? state.startedAt);
  // Who can be switched off need not fall silent by himself: a living primary would have gone on alone by then.
  const canWait = settings.arbiter !== 'fence' || silentMs <= settings.takeoverLimitMs;
  if (round.serviceAnswered && canWait) return 'addressAnswered';
  const ageMs = now - round.endedAt;
  if (isOutside(settings))
    return ageMs > 2 * settings.probeRoundMs ? 'roundTooOld' : outsideHindrance(state, settings);
  if (silentMs > settings.takeoverLimitMs) return 'tooLate';
  // Its box lives, whatever the LAN says: a hung agent is reset by its watchdog, and one that runs may go on alone.
  if (round.peerOnHeartbeatPort) return 'peerAnswered';
  if (lan.selfTestedAt === null || now - lan.selfTestedAt > selfTestValidMs(settings))
    return 'probeUntested';
  // Between two rounds this is all that is missing.
  const oldestMs = isFast ? 2 * settings.probeRoundMs : probeSpacingMs(settings);
  return ageMs > oldestMs ? 'roundTooOld' : null;
}

/** A cable that is seen to be cut leaves a living primary the LAN: a round begun since then would have met it. */
function isSeenCut({ lan }: State): boolean {
  const { lastRound } = lan;
  return (
    !lan.heartbeatCarrier && lastRound !== null && lastRound.startedAt >= lan.heartbeatCarrierSince
  );
}

/** I1, I2. The primary: goes on alone when the standby was silent for so long that it can no longer take over. */
export function primaryHindrance(state: State, settings: Settings): Hindrance | null {
  const { record, contact, lan, now } = state;
  if (record === null || record.mode !== 'paired' || record.holder !== settings.self)
    return 'notPaired';
  const general = generalHindrance(state, settings);
  if (general !== null) return general;
  if (isOutside(settings)) return outsidePrimaryHindrance(state, settings);
  if (contact.ackedAt === null || contact.heardAt === null) return 'neverHeard';
  if (now - contact.heardAt < soloWaitMs(state, settings)) return 'soloTimeNotReached';
  if (!state.port.addressesOn) return 'addressOff';
  if (!state.port.carrier || lan.lastRound?.valid !== true) return 'lanNotGood';
  if (lan.brokenAt >= contact.ackedAt) return 'lanWasBroken';
  const seen = Math.max(contact.ackedAt, lan.lastGoodEndedAt);
  if (now - seen > checkGapMs(settings) + settings.probeRoundMs) return 'nobodyLooked';
  if (lan.foreignClaimAt >= contact.ackedAt) return 'addressClaimed';
  return null;
}

function generalHindrance(state: State, settings: Settings): Hindrance | null {
  if (state.writing !== null) return 'recordInFlight';
  if (settings.arbiter === 'manual') return 'arbiterIsManual';
  if (state.record?.arbiter !== settings.arbiter) return 'arbiterDiffers';
  return settings.arbiter !== 'etcd' && hearsStranger(state, settings) ? 'neverHeard' : null;
}

/** I7: contact with a new box says nothing of an epoch that was shared with the one in whose place it stands. */
function hearsStranger({ record, contact }: State, settings: Settings): boolean {
  const other = record?.holder === settings.self ? record.partner : record?.holder;
  return contact.peer !== null && contact.peer !== other;
}

/** Alone, but not cut off: a primary without its LAN lets the standby be first. */
function outsidePrimaryHindrance(state: State, settings: Settings): Hindrance | null {
  const { contact, now, startedAt } = state;
  // I7: an agent that has heard nobody yet does not know whether it was the one that was switched off.
  if (contact.heardAt === null && settings.arbiter === 'fence') return 'neverHeard';
  const waitMs = lanIsGood(state) ? settings.soloFastMs : settings.soloMs;
  if (now - (contact.heardAt ?? startedAt) < waitMs) return 'soloTimeNotReached';
  if (contact.heardAt === null && !listenedLongEnough(state, settings)) return 'soloTimeNotReached';
  return outsideHindrance(state, settings);
}

/** What must be known of the ledger before it is asked to give an epoch away. */
export function outsideHindrance(state: State, settings: Settings): Hindrance | null {
  const { record, arbiter, now } = state;
  const { lostEpoch, unsettledEpoch, publishedEpoch } = arbiter;
  if (now - arbiter.askedAt < askPauseMs(settings)) return 'askedJustNow';
  if (settings.arbiter !== 'etcd' || record === null) return null;
  if (lostEpoch === record.epoch) return 'claimLost';
  if (unsettledEpoch === record.epoch) return 'notSettled';
  if (record.holder === settings.self && publishedEpoch !== record.epoch) return 'notPublished';
  return null;
}

/** A device that refused is not asked again at once: it is no ledger that somebody else may just have changed. */
function askPauseMs({ arbiter }: Settings): number {
  return arbiter === 'fence' ? 2000 : 300;
}

/** The arbiter is asked, and its answer is the permission. */
export function isOutside(settings: Settings): boolean {
  return settings.arbiter === 'etcd' || settings.arbiter === 'fence';
}

/** The heartbeat path had carrier and was listened to for D, or had none for as long as a link may need to come up. */
export function listenedLongEnough(state: State, settings: Settings): boolean {
  const { lan, now, startedAt } = state;
  const since = Math.max(startedAt, lan.heartbeatCarrierSince);
  return (
    now - since >= (lan.heartbeatCarrier ? settings.deadIntervalMs : settings.linkUpDeadlineMs)
  );
}

/** D_solo, or D_solo_fast where Eth1 has had no carrier for the whole evidence span. */
export function soloWaitMs(state: State, settings: Settings): number {
  const { lan, now } = state;
  const noCarrier =
    !lan.heartbeatCarrier && now - lan.heartbeatCarrierSince >= evidenceSpanMs(settings);
  return settings.standbyPort === 'unaddressed' && noCarrier
    ? settings.soloFastMs
    : settings.soloMs;
}
