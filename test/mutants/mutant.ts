// What a mutant is: the core with one rule of the pair protocol switched off, by a change of its source text. The shipped
// source holds no switch; a text that is not found exactly once is an error, so that no change of the core disarms one.
import type { Settings } from '../../src/core/settings.ts';
import type { SimulatedArbiter } from '../simulator/simulatedArbiter.ts';
import type { ThemeName } from '../simulator/themes.ts';

export type Patch = {
  /** A file of src/core. */
  readonly file: string;
  /** Stands in that file exactly once. */
  readonly find: string;
  readonly put: string;
};

export type Mutant = {
  /** In lower case with hyphens, as in `npm run mutants -- --only NAME`. */
  readonly name: string;
  /** What is switched off, as a sentence. */
  readonly rule: string;
  /** The section of the pair protocol in which the rule stands. */
  readonly section: string;
  readonly arbiters: readonly SimulatedArbiter[];
  /** Only seeds of these kinds are run: in others the rule is hardly ever needed. */
  readonly themes?: readonly ThemeName[];
  readonly patches: readonly Patch[];
  /** Times whose relations are broken, where the rule is one. */
  readonly settings?: (settings: Settings) => Partial<Settings>;
  /** Why nothing breaks without it, for a rule that is kept although the others imply it. */
  readonly implied?: string;
};

export function patch(file: string, find: string, put: string): Patch {
  return { file, find, put };
}
