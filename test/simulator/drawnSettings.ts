// The settings of a seed's pair: drawn as somebody would write them into hotpair.yaml, checked and derived by the product's
// own configuration, so that only worlds are simulated that an agent would start in.
import { toCoreSettings } from '../../src/config/coreSettings.ts';
import type { Settings } from '../../src/core/settings.ts';
import { someConfig } from '../config/configText.ts';
import { boxA, thePair } from '../core/builders.ts';
import type { Random } from './random.ts';

/** How the LAN brings a port up that was down: its link needs a while, and the switch may then listen before it forwards. */
export type LinkUp = { readonly linkMs: number; readonly listenMs: number };

export type Site = { readonly settings: Settings; readonly linkUp: LinkUp };

/** What a site writes into its configuration, apart from its names and addresses. */
export type SiteTimes = {
  readonly intervalMs: number;
  readonly deadIntervalMs: number;
  readonly fastDeadIntervalMs: number;
  readonly keptDown: boolean;
  readonly linkUpDeadlineMs: number;
  readonly marginMs: number;
  readonly soloFastMs: number;
  readonly probeRoundMs: number;
  readonly probes: number;
  readonly promotionDeadlineMs: number;
  readonly referenceIntervalMs: number;
  readonly selfTestIntervalS: number;
  readonly watchdogMs: number;
};

const usual: SiteTimes = {
  intervalMs: 50,
  deadIntervalMs: 250,
  fastDeadIntervalMs: 100,
  keptDown: false,
  linkUpDeadlineMs: 3000,
  marginMs: 100,
  soloFastMs: 1000,
  probeRoundMs: 90,
  probes: 3,
  promotionDeadlineMs: 2000,
  referenceIntervalMs: 200,
  selfTestIntervalS: 10,
  watchdogMs: 2000,
};

/** A site as most are, but for what is written otherwise. */
export function siteWith(times: Partial<SiteTimes>, linkUp: LinkUp): Site {
  return { settings: settingsOf({ ...usual, ...times }), linkUp };
}

export function drawSite(random: Random): Site {
  const keptDown = random.chance(0.15);
  const listenMs = random.pick([0, 0, 0, 0, 0, 0, 0, 2000, 30_000]);
  const linkMs = keptDown
    ? random.pick([100, 800, 2500])
    : random.pick([0, 0, 0, 0, 0, 50, 800, 2500]);
  const settings = drawSettings(random, keptDown, linkMs + listenMs);
  return { settings, linkUp: { linkMs, listenMs } };
}

function drawSettings(random: Random, keptDown: boolean, upMs: number): Settings {
  const intervalMs = random.pick([50, 50, 50, 30, 100]);
  const probeRoundMs = random.pick([90, 90, 60, 150]);
  const probes = random.pick([3, 3, 2, 5]);
  const spacingMs = Math.ceil(probeRoundMs / probes);
  const leastDeadIntervalMs = 3 * intervalMs + 2 * spacingMs;
  const deadIntervalMs = Math.max(random.pick([250, 250, 200, 350, 500]), leastDeadIntervalMs);
  const referenceIntervalMs = Math.min(
    random.pick([200, 200, 100, 400]),
    deadIntervalMs - spacingMs,
  );
  const fastDeadIntervalMs = random.pick([2 * intervalMs, 2 * intervalMs, deadIntervalMs]);
  const marginMs = random.pick([100, 100, 50, 200]);
  const firstMs = Math.max(3 * intervalMs, probeRoundMs);
  const leastSoloFastMs = deadIntervalMs + firstMs + 2 * probeRoundMs + marginMs + 1;
  const soloFastMs = random.chance(0.05)
    ? leastSoloFastMs
    : Math.max(random.pick([1000, 1000, 800, 2000]), leastSoloFastMs);
  return settingsOf({
    intervalMs,
    deadIntervalMs,
    fastDeadIntervalMs,
    keptDown,
    // Whoever keeps the port down writes how long his switch takes; else the default stands.
    linkUpDeadlineMs: keptDown ? Math.max(3000, upMs + 1500) : 3000,
    marginMs,
    soloFastMs,
    probeRoundMs,
    probes,
    referenceIntervalMs,
    watchdogMs: random.pick([2000, 2000, 1000, 5000]),
    promotionDeadlineMs: random.pick([2000, 2000, 1000, 4000]),
    selfTestIntervalS: random.pick([10, 10, 3]),
  });
}

function settingsOf(times: SiteTimes): Settings {
  const { watchdogMs } = times;
  const config = someConfig({
    heartbeat: {
      port: 'eth1',
      address: '169.254.69.1/30',
      peer: '169.254.69.2',
      interval: `${times.intervalMs}ms`,
      deadInterval: `${times.deadIntervalMs}ms`,
      fastDeadInterval: `${times.fastDeadIntervalMs}ms`,
    },
    service: {
      port: 'eth0',
      addresses: ['192.0.2.10/24'],
      references: ['192.0.2.1', '192.0.2.2'],
      standbyPort: times.keptDown ? 'down' : 'unaddressed',
      linkUpDeadline: `${times.linkUpDeadlineMs}ms`,
    },
    timing: {
      margin: `${times.marginMs}ms`,
      soloFast: `${times.soloFastMs}ms`,
      probeRound: `${times.probeRoundMs}ms`,
      probes: times.probes,
      promotionDeadline: `${times.promotionDeadlineMs}ms`,
      referenceInterval: `${times.referenceIntervalMs}ms`,
      selfTestInterval: `${times.selfTestIntervalS}s`,
    },
    watchdog: { timeout: `${watchdogMs}ms` },
  });
  return toCoreSettings(config, watchdogMs, { nodeId: boxA, pairId: thePair });
}
