// The sum over all seeds of a run, and the lines that say it.
import type { RunArguments } from './runArguments.ts';
import type { SeedResult } from './seedResult.ts';
import { Tally } from './tally.ts';

const hourMs = 3_600_000;

export class Totals {
  readonly #run: RunArguments;
  readonly #tally = new Tally();
  #simulatedMs = 0;
  #availableMs = 0;
  #acknowledged = 0;
  #events = 0;
  violations = 0;

  constructor(run: RunArguments) {
    this.#run = run;
  }

  add(result: SeedResult): void {
    this.#simulatedMs += result.simulatedMs;
    this.#availableMs += result.availableMs;
    this.#acknowledged += result.acknowledged;
    this.#events += result.events;
    this.#tally.add(result.tally);
    if (result.violation !== null) this.violations += 1;
  }

  /** Everything but the speed is the same for the same seeds. */
  lines(cpuMinutes: number): readonly string[] {
    const { firstSeed, seeds, arbiter, mutant } = this.#run;
    const hours = this.#simulatedMs / hourMs;
    const tally = this.#tally;
    const core = mutant === null ? '' : `, mutant ${mutant}`;
    return [
      `seeds ${firstSeed} to ${firstSeed + seeds - 1}, arbiter ${arbiter}${core}: ${hours.toFixed(2)} simulated hours, ${this.#events} events`,
      `${tally.takeovers} takeovers, ${tally.solos} solos, ${tally.rejoins} rejoins, ${tally.pairings} pairings, ` +
        `${tally.switchovers} switchovers, ${tally.operatorTakeovers} decided by the operator`,
      `${this.#acknowledged} writes acknowledged, writes possible ${((100 * this.#availableMs) / this.#simulatedMs).toFixed(2)} % of the time`,
      `speed: ${(hours / cpuMinutes).toFixed(0)} simulated hours per core-minute`,
      `${this.violations} violations`,
    ];
  }
}

/** One line for a broken invariant, and how to see it again. */
export function violationLine(
  run: RunArguments,
  { seed, simulatedMs, violation }: SeedResult,
): string {
  if (violation === null) return '';
  const hours = run.safetyMs / hourMs;
  const mutant = run.mutant === null ? '' : ` --mutant ${run.mutant}`;
  return (
    `seed ${seed}: ${violation.invariant} broken after ${(simulatedMs / 1000).toFixed(3)} s: ${violation.text}\n` +
    `  npm run simulate -- --seed ${seed} --hours ${hours} --arbiter ${run.arbiter}${mutant} --trace`
  );
}
