// The typed configuration and the times that are computed from it.
import type { ParsedConfig } from './schema.ts';

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

type ParsedTiming = ParsedConfig['timing'];

/** The whole configuration: defaults and derived times filled in, durations in milliseconds. */
export type Config = DeepReadonly<
  Omit<ParsedConfig, 'timing'> & {
    timing: Omit<ParsedTiming, 'takeoverLimitMs' | 'soloMs'> & {
      /** T_max: written, or derived from the configured watchdog timeout. */
      takeoverLimitMs: number;
      /** D_solo: written, or derived from the configured watchdog timeout. */
      soloMs: number;
      /** The keys of this section that were not written. */
      derived: DerivedKey[];
    };
  }
>;

export type DerivedKey = 'takeoverLimit' | 'solo';

/** Fills in the derived times of a parsed file. */
export function completeConfig(parsed: ParsedConfig): Config {
  const { takeoverLimitMs, soloMs, ...times } = parsed.timing;
  const derived: DerivedKey[] = [];
  if (takeoverLimitMs === undefined) derived.push('takeoverLimit');
  if (soloMs === undefined) derived.push('solo');
  const written: Config = {
    ...parsed,
    timing: { ...times, takeoverLimitMs: takeoverLimitMs ?? 0, soloMs: soloMs ?? 0, derived },
  };
  return withWatchdogTimeout(written, parsed.watchdog.timeoutMs);
}

/**
 * The configuration for a watchdog that was found to take `timeoutMs`: its timeout replaced and the
 * times that nobody wrote derived anew. Written times stay; whether they still suffice is for
 * `brokenRelations` to say.
 */
export function withWatchdogTimeout(config: Config, timeoutMs: number): Config {
  const { derived } = config.timing;
  const watchdog = { ...config.watchdog, timeoutMs };
  const limited: Config = { ...config, watchdog };
  const takeoverLimitMs = derived.includes('takeoverLimit')
    ? derivedTakeoverLimitMs(limited)
    : config.timing.takeoverLimitMs;
  const timed: Config = { ...limited, timing: { ...config.timing, takeoverLimitMs } };
  const soloMs = derived.includes('solo') ? derivedSoloMs(timed) : config.timing.soloMs;
  return { ...timed, timing: { ...timed.timing, soloMs } };
}

/** What the takeover limit must exceed (protocol.md section 6): W + 1 s + probe round + margin, and the link's time where the port is kept down. */
export function leastTakeoverLimitMs({ watchdog, timing, service }: Config): number {
  const linkMs = service.standbyPort === 'down' ? service.linkUpDeadlineMs : 0;
  return watchdog.timeoutMs + 1_000 + timing.probeRoundMs + timing.marginMs + linkMs;
}

/** What the solo interval must exceed: T_max + W + promotion deadline + margin. */
export function leastSoloMs({ watchdog, timing }: Config): number {
  return timing.takeoverLimitMs + watchdog.timeoutMs + timing.promotionDeadlineMs + timing.marginMs;
}

/**
 * What the fast solo interval must exceed: D, the margin, and the longest that a standby in order may have seen no whole
 * round: a heartbeat on its way and the first one missed, or the round in which Eth1 lost its carrier, then one round under way and
 * one that begins.
 */
export function leastSoloFastMs({ heartbeat, timing }: Config): number {
  const { deadIntervalMs, intervalMs } = heartbeat;
  const firstMs = Math.max(3 * intervalMs, timing.probeRoundMs);
  return deadIntervalMs + firstMs + 2 * timing.probeRoundMs + timing.marginMs;
}

/** Pause between two questions of a round. */
export function probeSpacingMs({ timing }: Config): number {
  return timing.probeRoundMs / timing.probes;
}

/** What the dead interval is at least: three heartbeats, and what a primary that looked at its LAN in time may miss of a round. */
export function leastDeadIntervalMs(config: Config): number {
  return 3 * config.heartbeat.intervalMs + 2 * probeSpacingMs(config);
}

function derivedTakeoverLimitMs(config: Config): number {
  return roundUp(leastTakeoverLimitMs(config) + 2 * config.timing.marginMs, 1_000);
}

function derivedSoloMs(config: Config): number {
  return roundUp(leastSoloMs(config) + 2 * config.timing.marginMs, 100);
}

function roundUp(ms: number, stepMs: number): number {
  return Math.ceil(ms / stepMs) * stepMs;
}
