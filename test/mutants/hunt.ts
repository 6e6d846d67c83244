// The search for a broken invariant with one rule switched off: seeds from the first on, until one is found.
import type { Core } from '../simulator/core.ts';
import { shippedCore } from '../simulator/loadCore.ts';
import type { Violation } from '../simulator/ledger.ts';
import type { SimulatedArbiter } from '../simulator/simulatedArbiter.ts';
import { simulate, themeOf } from '../simulator/simulation.ts';
import type { Request } from '../simulator/simulation.ts';
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
  /** The same seed with the core that is shipped: null, unless it has a bug. */
  readonly ofTheCore: Violation | null;
};

const safetyMs = 6 * 60_000;

export async function hunt(wanted: Hunt): Promise<Finding> {
  const mutant = mutantNamed(wanted.mutant);
  const core = await mutatedCore(mutant);
  let seed = wanted.firstSeed - 1;
  for (let run = 1; run <= wanted.seeds; run += 1) {
    do seed += 1;
    while (!isOfTheme(mutant, seed, wanted.arbiter));
    const request = { seed, safetyMs, arbiter: wanted.arbiter };
    const violation = violationOf(core, request);
    if (violation === null) continue;
    // What the core that is shipped breaks as well says nothing of the rule, and is a bug of its own.
    const ofTheCore = violationOf(shippedCore, request);
    return { hunt: wanted, run, seed, violation, ofTheCore };
  }
  return { hunt: wanted, run: wanted.seeds, seed: null, violation: null, ofTheCore: null };
}

function isOfTheme({ themes }: Mutant, seed: number, arbiter: SimulatedArbiter): boolean {
  if (themes === undefined) return true;
  const theme = themeOf(seed, arbiter);
  return theme !== null && themes.includes(theme);
}

/** A core that throws has seen a broken invariant itself. */
function violationOf(core: Core, request: Request): Violation | null {
  try {
    return simulate(core, request).violation;
  } catch (error) {
    return { invariant: 'thrown', text: error instanceof Error ? error.message : String(error) };
  }
}

export function mutantNamed(name: string): Mutant {
  const found = mutants.find((mutant) => mutant.name === name);
  if (found === undefined) throw new UsageError(`there is no mutant '${name}'`);
  return found;
}

export function huntLine(finding: Finding): string {
  const { run, seed, violation, ofTheCore } = finding;
  const { mutant, arbiter } = finding.hunt;
  const head = `${mutant.padEnd(32)} ${arbiter.padEnd(5)}`;
  if (seed === null || violation === null) return `${head} survived ${run} seeds`;
  if (ofTheCore !== null)
    return `${head} seed ${seed} is broken by the core itself: ${ofTheCore.invariant}: ${ofTheCore.text}`;
  return `${head} seed ${String(seed).padStart(4)}, run ${String(run).padStart(4)}  ${violation.invariant}: ${firstSentence(violation.text)}`;
}

function firstSentence(text: string): string {
  return text.split(/[:;\n]/u)[0] ?? text;
}
