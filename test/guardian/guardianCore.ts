// What the simulation drives: the guardian's machine that is shipped, or one with a rule taken out.
import { initialGuardianState, stepGuardian } from '../../src/core/guardian/machine.ts';
import { rememberedOf } from '../../src/core/guardian/state.ts';
import { guardianFitness, summarizeGuardian } from '../../src/core/guardian/summary.ts';
import { nextGuardianWakeAt } from '../../src/core/guardian/wake.ts';

export const shippedGuardian = {
  initialGuardianState,
  stepGuardian,
  nextGuardianWakeAt,
  summarizeGuardian,
  guardianFitness,
  rememberedOf,
};

export type GuardianCore = typeof shippedGuardian;

/** A rule that was broken, by its number in src/core/guardian/SPEC.md. */
export class Violation extends Error {
  readonly rule: string;

  constructor(rule: string, text: string) {
    super(`${rule}: ${text}`);
    this.rule = rule;
  }
}

export function demand(rule: string, holds: boolean, text: string): void {
  if (!holds) throw new Violation(rule, text);
}
