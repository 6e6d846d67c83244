// A bug of the core that the simulator found: what it was, how its fix is taken back, and the stage on which it is seen then. A
// seed proves its story only as long as the world draws the same; on its own stage it is found anew within a few dozen seeds.
import { mutatedCore } from '../mutants/mutatedCore.ts';
import type { Mutant, Patch } from '../mutants/mutant.ts';
import type { Core } from './core.ts';
import type { Violation } from './ledger.ts';
import type { SimulatedArbiter } from './simulatedArbiter.ts';
import { simulate } from './simulation.ts';
import type { Stage } from './stage.ts';

export type Regression = {
  readonly story: string;
  /** It breaks without the fix and is clean with it. */
  readonly seed: number;
  readonly arbiter: SimulatedArbiter;
  readonly stage: Stage;
  /** Takes the fix back. */
  readonly patches: readonly Patch[];
  /** Rules that came later and cover it too: taken back as well, and clean as long as the fix is there. */
  readonly later?: Later;
  /** A test of the core that holds it besides. */
  readonly test?: TestOfTheCore;
};
export type Later = { readonly what: string; readonly patches: readonly Patch[] };
/** The title of a test, and its file in test/core. */
export type TestOfTheCore = { readonly file: string; readonly title: string };

/** The core as it was when the bug was found. */
export function asMutant(regression: Regression): Mutant {
  const { story, arbiter, patches, later } = regression;
  const all = [...patches, ...(later?.patches ?? [])];
  return { name: story, rule: story, section: '', arbiters: [arbiter], patches: all };
}

export function coreWithout(regression: Regression): Promise<Core> {
  return mutatedCore(asMutant(regression));
}

/** The core of now, but for later rules that cover the same bug. */
export function coreBeforeLater(regression: Regression, { what, patches }: Later): Promise<Core> {
  return mutatedCore({ ...asMutant(regression), name: what, patches });
}

const safetyMs = 90_000;

export function violationIn(
  core: Core,
  seed: number,
  { arbiter, stage }: Regression,
): Violation | null {
  return simulate(core, { seed, safetyMs, arbiter, stage }).violation;
}
