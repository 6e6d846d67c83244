// The `lan` arbiter: may this node leave the paired epoch alone? Each function names the first condition of protocol.md
// section 6 that is missing, so that status can say what is waited for; null means permission.
import { checkGapMs, evidenceSpanMs, selfTestValidMs } from './lan.ts';
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
  | 'lanNotGood'
  | 'addressAnswered'
  | 'tooLate'
  | 'probeUntested'
  | 'neverHeard'
  | 'soloTimeNotReached'
  | 'lanWasBroken'
  | 'nobodyLooked'
  | 'addressOff'
  | 'addressClaimed';

/** The standby: takes over when nothing is heard, the LAN is good, and nobody answers for the service address. */
export function standbyHindrance(state: State, settings: Settings): Hindrance | null {
  const { record, contact, lan, now, eligibility } = state;
  if (record === null || record.mode !== 'paired' || record.holder === settings.self)
    return 'notPaired';
  const general = generalHindrance(state, settings);
  if (general !== null) return general;
  if (state.maintenanceUntil !== null || contact.standing?.fitness.maintenance === true)
    return 'maintenance';
  if (contact.ackedAt === null || contact.heardAt === null) return 'neverHeard';
  const quietMs = lan.heartbeatCarrier ? settings.deadIntervalMs : settings.fastDeadIntervalMs;
  if (now - contact.heardAt < quietMs || now - contact.ackedAt < quietMs) return 'peerNotSilent';
  if (eligibility.epoch !== record.epoch || state.mute) return 'notEligible';
  if (!state.database.running || state.database.inRecovery !== true) return 'databaseNotReady';
  const round = lan.lastRound;
  if (round === null || round.startedAt <= contact.processedAt) return 'noRoundSinceContact';
  if (now - round.endedAt > 2 * settings.probeRoundMs) return 'roundTooOld';
  if (!round.valid || !state.port.carrier) return 'lanNotGood';
  if (round.serviceAnswered) return 'addressAnswered';
  if (now - contact.ackedAt > settings.takeoverLimitMs) return 'tooLate';
  if (lan.selfTestedAt === null || now - lan.selfTestedAt > selfTestValidMs(settings))
    return 'probeUntested';
  return null;
}

/** The primary: goes on alone when the standby was silent for so long that it can no longer take over. */
export function primaryHindrance(state: State, settings: Settings): Hindrance | null {
  const { record, contact, lan, now } = state;
  if (record === null || record.mode !== 'paired' || record.holder !== settings.self)
    return 'notPaired';
  const general = generalHindrance(state, settings);
  if (general !== null) return general;
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
  if (settings.arbiter !== 'lan') return 'arbiterIsManual';
  return state.record?.arbiter === settings.arbiter ? null : 'arbiterDiffers';
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
