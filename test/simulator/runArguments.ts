// What `npm run simulate` was asked for. Anything that is not understood is answered with one sentence, never guessed.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { UsageError, wholeNumber } from '../usage.ts';
import { arbiters } from './simulatedArbiter.ts';
import type { SimulatedArbiter } from './simulatedArbiter.ts';

/** What every seed of a run shares; handed to each worker. */
export type RunOptions = {
  /** How long faults are drawn for one seed, in simulated time. */
  readonly safetyMs: number;
  readonly arbiter: SimulatedArbiter;
  /** A rule of the core that is switched off; null: the core as it is shipped. */
  readonly mutant: string | null;
};

export type RunArguments = RunOptions & {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly workers: number;
  readonly trace: boolean;
  /** Where the flight records of the one seed go; null: nowhere. */
  readonly flight: string | null;
};

export const usage =
  'npm run simulate -- [--seeds N] [--seed S] [--hours H] [--arbiter lan|etcd|fence] [--mutant NAME] [--workers N] [--trace] [--flight DIRECTORY]';

const maxSeed = 0xffff_ffff;
const hourMs = 3_600_000;

/** Throws UsageError with one sentence for people. `freshSeed` is used where none is given. */
export function readArguments(argv: readonly string[], freshSeed: number): RunArguments {
  const given = parse(argv);
  const seeds = given.seeds ?? (given.seed === undefined ? '100' : '1');
  if (given.flight !== undefined && seeds !== '1')
    throw new UsageError(`--flight takes one seed, not ${seeds}: name it with --seed`);
  return {
    firstSeed: given.seed === undefined ? freshSeed : wholeNumber('--seed', given.seed, 0, maxSeed),
    seeds: wholeNumber('--seeds', seeds, 1, 10_000_000),
    safetyMs: hours(given.hours) * hourMs,
    arbiter: arbiterOf(given.arbiter),
    mutant: given.mutant ?? null,
    flight: given.flight ?? null,
    workers:
      given.workers === undefined
        ? availableParallelism()
        : wholeNumber('--workers', given.workers, 1, 256),
    trace: given.trace,
  };
}

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      hours: { type: 'string', default: '0.1' },
      arbiter: { type: 'string', default: 'lan' },
      mutant: { type: 'string' },
      flight: { type: 'string' },
      workers: { type: 'string' },
      trace: { type: 'boolean', default: false },
    },
  }).values;
}

function hours(text: string): number {
  const value = /^\d+(\.\d+)?$/u.test(text) ? Number(text) : NaN;
  if (!(value > 0 && value <= 1000))
    throw new UsageError(
      `--hours takes a number of simulated hours above 0, up to 1000, not '${text}'`,
    );
  return value;
}

function arbiterOf(text: string): SimulatedArbiter {
  const found = arbiters.find((name) => name === text);
  if (found === undefined)
    throw new UsageError(`--arbiter takes ${arbiters.join(' or ')}, not '${text}'`);
  return found;
}
