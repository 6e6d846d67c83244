// What kind of site a script asks for before its pair begins: settings, cabling, switch, seed; in everything else calm.
import { toCoreSettings } from '../../src/config/coreSettings.ts';
import type { Settings } from '../../src/core/settings.ts';
import { someConfig } from '../config/configText.ts';
import { boxA, thePair } from '../core/builders.ts';
import type { SimulatedArbiter } from '../simulator/simulatedArbiter.ts';
import { drawOptions } from '../simulator/worldOptions.ts';
import type { WorldOptions } from '../simulator/worldOptions.ts';
import { CalmRandom } from './calmRandom.ts';

export type Setup = {
  readonly seed: number;
  readonly arbiter: SimulatedArbiter;
  readonly standbyPort: Settings['standbyPort'];
  /** A cable from box to box shows each the power of the other; a switch or converter between them does not. */
  readonly directCable: boolean;
  /** How long a switch port with spanning tree listens before it forwards. */
  readonly listenMs: number;
  /** The first box is preferred and asks for the service after so long. */
  readonly failbackAfterMs: number | null;
};

export const plainSetup: Setup = {
  seed: 1,
  arbiter: 'lan',
  standbyPort: 'unaddressed',
  directCable: true,
  listenMs: 0,
  failbackAfterMs: null,
};

const watchdogMs = 2000;
/** Clients on the LAN are the scenario's own; processes on the boxes write now and then. */
const localWriteEveryMs = 500;

/** A world of the simulator in which nothing happens by itself; its options may be changed while it runs. */
export function calmOptions(setup: Setup): {
  -readonly [Name in keyof WorldOptions]: WorldOptions[Name];
} {
  return {
    ...drawOptions(new CalmRandom(setup.seed), 0, setup.arbiter, {}),
    settings: settingsOf(setup),
    services: {
      seed: setup.seed,
      breaksEveryMs: Infinity,
      marksMs: [1_800_000],
      failbackAfterMs: setup.failbackAfterMs,
    },
    linkUp: { linkMs: 0, listenMs: setup.listenMs },
    aim: 0,
    copyLoss: 0,
    writeEveryMs: Infinity,
    localWriteEveryMs,
    heartbeatDelayMs: 0.3,
    heartbeatLoss: 0,
    lanLoss: 0,
    directCable: setup.directCable,
    recordMs: 4,
    databaseFailure: 0,
    promotionFailure: 0,
    shipEntries: Infinity,
    isolatedLan: false,
  };
}

/** What hotpair makes of a configuration with the defaults in it. */
function settingsOf({ arbiter, standbyPort }: Setup): Settings {
  const config = someConfig({
    service: {
      port: 'eth0',
      addresses: ['192.0.2.10/24'],
      references: ['192.0.2.1', '192.0.2.2'],
      standbyPort,
    },
  });
  return { ...toCoreSettings(config, watchdogMs, { nodeId: boxA, pairId: thePair }), arbiter };
}
