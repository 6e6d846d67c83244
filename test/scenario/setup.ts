// What kind of site a script asks for before its pair begins: settings, arbiter, cabling, seed; in everything else calm.
import type { Settings } from '../../src/core/settings.ts';
import { drawOptions } from '../simulator/worldOptions.ts';
import type { WorldOptions } from '../simulator/worldOptions.ts';
import { CalmRandom } from './calmRandom.ts';

export type Setup = {
  readonly seed: number;
  readonly settings: Partial<Settings>;
  /** A cable from box to box shows each the power of the other; a switch or converter between them does not. */
  readonly directCable: boolean;
};

export const plainSetup: Setup = { seed: 1, settings: {}, directCable: true };

export function calmOptions({ seed, settings, directCable }: Setup): WorldOptions {
  return {
    ...drawOptions(new CalmRandom(seed), 0, 'lan', { settings }),
    // Clients on the LAN are the scenario's own; processes on the boxes write now and then.
    writeEveryMs: Infinity,
    localWriteEveryMs: 500,
    heartbeatDelayMs: 0.3,
    heartbeatLoss: 0,
    lanLoss: 0,
    directCable,
    recordMs: 4,
    databaseFailure: 0,
  };
}
