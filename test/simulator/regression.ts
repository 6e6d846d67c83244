// A bug of the core that the simulator found: what it was, and how its fix is taken back. A seed alone proves its story only as
// long as the world draws the same; with the fix taken back it can be seen to break, and be found anew.
import { mutatedCore } from '../mutants/mutatedCore.ts';
import type { Mutant, Patch } from '../mutants/mutant.ts';
import type { Core } from './core.ts';
import type { Violation } from './ledger.ts';
import type { SimulatedArbiter } from './simulatedArbiter.ts';
import { simulate } from './simulation.ts';
import type { FaultName } from './worldOptions.ts';

export type Regression = {
  readonly story: string;
  readonly arbiter: SimulatedArbiter;
  /** What brings it about: in the world that shows it nothing else happens. */
  readonly faults: readonly FaultName[];
  /** Takes the fix back. */
  readonly patches: readonly Patch[];
  readonly heldBy: SeedThatBreaks | TestOfTheCore;
};
/** It breaks without the fix and is clean with it. */
export type SeedThatBreaks = { readonly seed: number };
/** Where a seed that breaks is rarer than one in hundreds: the title of a test, and its file in test/core. */
export type TestOfTheCore = { readonly file: string; readonly title: string };

export function asMutant({ story, arbiter, patches }: Regression): Mutant {
  return { name: story, rule: story, section: '', arbiters: [arbiter], patches };
}

export function coreWithout(regression: Regression): Promise<Core> {
  return mutatedCore(asMutant(regression));
}

const safetyMs = 6 * 60_000;

export function violationIn(
  core: Core,
  seed: number,
  { arbiter, faults }: Regression,
): Violation | null {
  return simulate(core, { seed, safetyMs, arbiter, only: faults }).violation;
}
