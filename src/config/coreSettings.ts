// Hands the configuration to the core in the core's own words.
import type { Settings } from '../core/settings.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { type Config, withWatchdogTimeout } from './config.ts';
import type { NodeIdentity } from './identity.ts';
import { leastSerialSilenceMs } from './serialTimes.ts';
import { brokenRelations } from './relations.ts';

/**
 * The core's settings. `effectiveWatchdogMs` is the timeout that the watchdog reported after it was
 * set, or the configured one where there is no watchdog: derived times follow it. Throws
 * HotpairError with the relation's code where written times no longer suffice for it.
 */
export function toCoreSettings(
  config: Config,
  effectiveWatchdogMs: number,
  identity: NodeIdentity,
): Settings {
  refuseBrokenRelations(config, effectiveWatchdogMs);
  const { heartbeat, service, timing } = withWatchdogTimeout(config, effectiveWatchdogMs);
  return {
    self: identity.nodeId,
    pairId: identity.pairId,
    arbiter: config.arbiter.type,
    standbyPort: service.standbyPort,
    heartbeatIntervalMs: heartbeat.intervalMs,
    deadIntervalMs: heartbeat.deadIntervalMs,
    fastDeadIntervalMs: heartbeat.fastDeadIntervalMs,
    serialSilenceMs:
      heartbeat.serial.device === undefined ? null : leastSerialSilenceMs(heartbeat.intervalMs),
    probeRoundMs: timing.probeRoundMs,
    probes: timing.probes,
    watchdogMs: effectiveWatchdogMs,
    takeoverLimitMs: timing.takeoverLimitMs,
    soloMs: timing.soloMs,
    soloFastMs: timing.soloFastMs,
    marginMs: timing.marginMs,
    referenceIntervalMs: timing.referenceIntervalMs,
    referenceIdleIntervalMs: timing.referenceIdleIntervalMs,
    selfTestIntervalMs: timing.selfTestIntervalMs,
    selfTestValidMs: timing.selfTestValidMs,
    linkUpDeadlineMs: service.linkUpDeadlineMs,
    promotionDeadlineMs: timing.promotionDeadlineMs,
    preferred: config.node.preferred,
    failbackAfterMs: failbackAfterMs(config),
    ...deadlines(config, effectiveWatchdogMs),
  };
}

/** Only the preferred box ever asks. */
function failbackAfterMs({ node, stability }: Config): number | null {
  return node.preferred && typeof stability.failback === 'number' ? stability.failback : null;
}

type Deadlines = Pick<
  Settings,
  | 'replicationDeadlineMs'
  | 'followDeadlineMs'
  | 'handoverDeadlineMs'
  | 'pairingDeadlineMs'
  | 'pairingPauseMs'
  | 'recordDeadlineMs'
  | 'kickIntervalMs'
>;

/** Deadlines of single steps. They carry no safety: too short costs a retry, too long a wait. */
function deadlines(config: Config, effectiveWatchdogMs: number): Deadlines {
  return {
    // With the time in which it is noticed: as long as commits may stall for a standby that is heard and does not follow.
    replicationDeadlineMs: 700,
    followDeadlineMs: 5_000,
    // The clean stop is the longest step of a handover; the promotion is the taker's.
    handoverDeadlineMs: config.database.shutdownDeadlineMs + config.timing.promotionDeadlineMs,
    pairingDeadlineMs: 5_000,
    pairingPauseMs: 1_000,
    // Two fsyncs of a few hundred bytes; a disk that takes longer counts as hanging.
    recordDeadlineMs: 1_000,
    // An eighth, so that several late ticks in a row do not reset the box.
    kickIntervalMs: Math.floor(effectiveWatchdogMs / 8),
  };
}

function refuseBrokenRelations(config: Config, effectiveWatchdogMs: number): void {
  const [broken] = brokenRelations(config, effectiveWatchdogMs);
  if (broken === undefined) return;
  throw new HotpairError(
    broken.code,
    `The watchdog takes ${effectiveWatchdogMs} ms, not ${config.watchdog.timeoutMs} ms, and the written times do not suffice for it: ${broken.message}.`,
    {
      ...(broken.seen === undefined ? {} : { seen: broken.seen }),
      ...(broken.allowed === undefined ? {} : { allowed: broken.allowed }),
    },
  );
}
