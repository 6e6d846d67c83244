// The search for a broken invariant with one rule switched off: seeds from the first on, until one is found.
import type { Violation } from '../simulator/ledger.ts';
import type { SimulatedArbiter } from '../simulator/simulatedArbiter.ts';
import { simulate, themeOf } from '../simulator/simulation.ts';
import { UsageError } from '../usage.ts';
import { mutatedCore } from './mutatedCore.ts';
import type { Mutant } from './mutant.ts';
import { mutants } from './table.ts';

export type Hunt = {
  readonly mutant: string;
  readonly arbiter: SimulatedArbiter;
  readonly firstSeed: number;
  readonly seeds: number;
};

export type Finding = {
  readonly hunt: Hunt;
  /** How many seeds were run, the one that found it included. */
  readonly run: number;
  readonly seed: number | null;
  readonly violation: Violation | null;
};

const safetyMs = 6 * 60_000;

export async function hunt(wanted: Hunt): Promise<Finding> {
  const mutant = mutantNamed(wanted.mutant);
  const core = await mutatedCore(mutant);
  let seed = wanted.firstSeed - 1;
  for (let run = 1; run <= wanted.seeds; run += 1) {
    do seed += 1;
    while (!isOfTheme(mutant, seed, wanted.arbiter));
    const violation = violationOf(
      () => simulate(core, { seed, safetyMs, arbiter: wanted.arbiter }).violation,
    );
    if (violation !== null) return { hunt: wanted, run, seed, violation };
  }
  return { hunt: wanted, run: wanted.seeds, seed: null, violation: null };
}

function isOfTheme({ themes }: Mutant, seed: number, arbiter: SimulatedArbiter): boolean {
  if (themes === undefined) return true;
  const theme = themeOf(seed, arbiter);
  return theme !== null && themes.includes(theme);
}

/** A core that throws has seen a broken invariant itself. */
function violationOf(run: () => Violation | null): Violation | null {
  try {
    return run();
  } catch (error) {
    return { invariant: 'thrown', text: error instanceof Error ? error.message : String(error) };
  }
}

export function mutantNamed(name: string): Mutant {
  const found = mutants.find((mutant) => mutant.name === name);
  if (found === undefined) throw new UsageError(`there is no mutant '${name}'`);
  return found;
}

export function huntLine({ hunt: { mutant, arbiter }, run, seed, violation }: Finding): string {
  const head = `${mutant.padEnd(32)} ${arbiter.padEnd(5)}`;
  if (seed === null || violation === null) return `${head} survived ${run} seeds`;
  return `${head} seed ${String(seed).padStart(4)} of ${String(run).padStart(4)}  ${violation.invariant}: ${firstSentence(violation.text)}`;
}

function firstSentence(text: string): string {
  return text.split(/[:;\n]/u)[0] ?? text;
}
