// The core that a run simulates: the one that is shipped, or one with a rule switched off by name.
import { initialState, nextWakeAt, step } from '../../src/core/step.ts';
import type { Core } from './core.ts';
import { UsageError } from './runArguments.ts';

export const shippedCore: Core = { initialState, step, nextWakeAt };

/** Throws UsageError for a mutant that nobody knows. */
export function loadCore(mutant: string | null): Promise<Core> {
  if (mutant === null) return Promise.resolve(shippedCore);
  return Promise.reject(new UsageError(`--mutant: there is no mutant '${mutant}'`));
}
