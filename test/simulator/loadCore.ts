// The core that a run simulates: the one that is shipped, or one with a rule switched off by name.
import * as ledger from '../../src/core/ledger.ts';
import { initialState, nextWakeAt, step } from '../../src/core/step.ts';
import { mutatedCore } from '../mutants/mutatedCore.ts';
import { mutants } from '../mutants/table.ts';
import { UsageError } from '../usage.ts';
import type { Core } from './core.ts';

export const shippedCore: Core = { initialState, step, nextWakeAt, ledger };

/** Throws UsageError for a mutant that nobody knows. */
export function loadCore(name: string | null): Promise<Core> {
  if (name === null) return Promise.resolve(shippedCore);
  const mutant = mutants.find((known) => known.name === name);
  return mutant === undefined
    ? Promise.reject(new UsageError(`--mutant: there is no mutant '${name}'`))
    : mutatedCore(mutant);
}
