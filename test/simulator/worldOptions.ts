// What kind of world a seed draws: rates, delays and weights of faults. Every number that differs between seeds is here.
import type { Settings } from '../../src/core/settings.ts';
import type { aimedFaultNames } from './aimedFaults.ts';
import { arbiterFaultNames } from './arbiterFaults.ts';
import { boxFaultNames } from './boxFaults.ts';
import { databaseFaultNames } from './databaseFaults.ts';
import { linkFaultNames } from './linkFaults.ts';
import { operatorActNames } from './operatorActs.ts';
import { drawSite } from './drawnSettings.ts';
import type { LinkUp } from './drawnSettings.ts';
import type { Random } from './random.ts';
import { withSecondPath } from './secondPath.ts';
import type { SecondPathOptions } from './secondPath.ts';
import type { ServiceOptions } from './services.ts';
import { drawAimed, drawTheme } from './themes.ts';
import type { ThemeName } from './themes.ts';
import type { SimulatedArbiter } from './simulatedArbiter.ts';

const faultNames = [
  ...linkFaultNames,
  ...boxFaultNames,
  ...databaseFaultNames,
  ...arbiterFaultNames,
  ...operatorActNames,
] as const;
export type FaultName = (typeof faultNames)[number] | (typeof aimedFaultNames)[number];

/** Lies and wrong settings that a checker must find; none in an honest run. */
export type Planted = {
  readonly settings?: Partial<Settings>;
  /** Records said to be on disk are lost with the power. */
  readonly lyingDisk?: boolean;
  /** The switch that makes commits wait is said to be in force and is not. */
  readonly lyingSwitch?: boolean;
  /** A standby reports log as flushed that it loses with the power. */
  readonly lyingFlush?: boolean;
  /** The fence device says that a box is off, and it is not. */
  readonly lyingFence?: boolean;
  /** An address that is said to be off stays on. */
  readonly stickyAddress?: boolean;
};

export type WorldOptions = {
  readonly arbiter: SimulatedArbiter;
  readonly planted: Planted;
  /** Needless consents and clones, requests again at once, and what a new box permits are violations too. */
  readonly isStrict: boolean;
  /** Of both boxes, but for `self`. */
  readonly settings: Settings;
  readonly linkUp: LinkUp;
  /** Another way for heartbeats beside the cable. */
  readonly secondPath: SecondPathOptions | null;
  /** Business services, and which box people want to be primary. */
  readonly services: ServiceOptions | null;
  /** How long faults are drawn. */
  readonly safetyMs: number;
  /** Mean pause between two clusters of faults. */
  readonly calmMs: number;
  readonly maxFaultsInCluster: number;
  /** A cluster waits until the pair has recovered from the last one. */
  readonly waitsForHealth: boolean;
  /** Power is back soon, and boxes boot quickly. */
  readonly returnsSoon: boolean;
  readonly theme: ThemeName | null;
  /** The faults of a cluster begin within this span. */
  readonly clusterMs: number;
  readonly weights: readonly (readonly [FaultName, number])[];
  /** How likely a visible moment of a box that handles a fault brings on the next one. */
  readonly aim: number;
  /** How likely a box that goes on alone is hit at that moment. */
  readonly strike: number;
  /** Mean time between two writes of the clients on the LAN, and of the processes on a box. */
  readonly writeEveryMs: number;
  readonly localWriteEveryMs: number;
  readonly heartbeatDelayMs: number;
  readonly heartbeatLoss: number;
  readonly lanLoss: number;
  /** A direct cable shows each box the power of the other; a converter between them does not. */
  readonly directCable: boolean;
  /** Switch ports that never let the boxes see each other, and let both see the references. */
  readonly isolatedLan: boolean;
  /** How long a fsynced record takes in calm. */
  readonly recordMs: number;
  /** How likely a power loss makes one copy of the record unreadable. */
  readonly copyLoss: number;
  /** So many entries of the log are shipped at a time by a sender that is behind. */
  readonly shipEntries: number;
  /** How likely a promotion fails. */
  readonly promotionFailure: number;
  /** How likely a step of the database fails for a reason of its own. */
  readonly databaseFailure: number;
};

export function drawOptions(
  random: Random,
  safetyMs: number,
  arbiter: SimulatedArbiter,
  planted: Planted,
): WorldOptions {
  const names = faultNamesOf(arbiter);
  const options: WorldOptions = {
    arbiter,
    planted,
    isStrict: false,
    ...drawSite(random),
    secondPath: null,
    services: null,
    safetyMs,
    calmMs: random.pick([5000, 10_000, 20_000, 40_000]),
    maxFaultsInCluster: random.pick([1, 2, 3, 5]),
    waitsForHealth: random.chance(0.3),
    returnsSoon: random.chance(0.2),
    theme: null,
    clusterMs: random.pick([300, 2000, 6000, 15_000]),
    weights: drawWeights(random, names),
    aim: random.pick([0, 0.2, 0.6]),
    strike: random.pick([0, 0.3, 0.8]),
    writeEveryMs: random.pick([60, 150, 400]),
    localWriteEveryMs: random.pick([150, 500, 2000]),
    heartbeatDelayMs: random.pick([0.1, 0.3, 1, 5]),
    heartbeatLoss: random.pick([0, 0, 0.001, 0.02]),
    lanLoss: random.pick([0, 0, 0.001]),
    directCable: random.chance(0.8),
    isolatedLan: random.chance(0.08),
    copyLoss: random.pick([0, 0, 0.1, 0.5]),
    recordMs: random.pick([1, 4, 15]),
    databaseFailure: random.pick([0, 0.01, 0.1]),
    promotionFailure: random.pick([0, 0, 0.1, 0.6]),
    shipEntries: random.pick([Infinity, Infinity, 10, 2]),
    ...(random.chance(0.5) ? drawTheme(random, names) : {}),
  };
  return { ...options, ...drawAimed(random.branch(), arbiter) };
}

/** The same world with another way for heartbeats. */
export function joined(options: WorldOptions, secondPath: SecondPathOptions | null): WorldOptions {
  return { ...options, secondPath, settings: withSecondPath(options.settings, secondPath) };
}

/** Some kinds of fault alone show what all together hide: most seeds leave half of them out. */
function drawWeights(random: Random, names: readonly FaultName[]): WorldOptions['weights'] {
  const share = random.pick([0.25, 0.5, 0.5, 1]);
  const drawn = names.map(
    (name) => [name, random.chance(share) ? random.pick([0.3, 1, 1, 3]) : 0] as const,
  );
  return drawn.some(([, weight]) => weight > 0) ? drawn : [['powerLoss', 1]];
}

/** What an arbiter cannot suffer from is not drawn. */
function faultNamesOf(arbiter: SimulatedArbiter): readonly FaultName[] {
  const foreign: ReadonlySet<FaultName> = new Set(
    arbiter === 'lan'
      ? arbiterFaultNames.filter((name) => name !== 'arbiterReconfigured')
      : arbiter === 'etcd'
        ? ['fenceRefuses']
        : ['arbiterForgets'],
  );
  return faultNames.filter((name) => !foreign.has(name));
}
