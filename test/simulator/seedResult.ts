// What one seed came to, as plain data that can cross from a worker, and how seeds are run one after another.
import type { Core } from './core.ts';
import type { RunOptions } from './runArguments.ts';
import { simulate } from './simulation.ts';
import type { Outcome, Request } from './simulation.ts';

export type SeedResult = Omit<Outcome, 'trace'>;

/** Seeds from `first` on, so many; the same for every seed in whichever worker it runs. */
export type Chunk = { readonly first: number; readonly count: number };

export function runChunk(
  core: Core,
  options: RunOptions,
  { first, count }: Chunk,
  watch: Pick<Request, 'print' | 'flights'> = {},
): readonly SeedResult[] {
  return Array.from({ length: count }, (_, index) => {
    const { safetyMs, arbiter } = options;
    const request = { seed: first + index, safetyMs, arbiter };
    const { trace: _trace, ...result } = simulate(core, { ...request, ...watch });
    return result;
  });
}
