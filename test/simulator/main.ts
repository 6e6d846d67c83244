// npm run simulate -- --seeds N [--seed S] [--hours H] [--minutes M] [--trace]
// Runs seeds one after another and prints what was simulated; exit code 1 when an invariant was broken.
import { parseArgs } from 'node:util';
import { initialState, nextWakeAt, step } from '../../src/core/step.ts';
import { simulate } from './simulation.ts';
import type { Outcome } from './simulation.ts';
import { Tally } from './tally.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    seed: { type: 'string' },
    hours: { type: 'string' },
    minutes: { type: 'string', default: '6' },
    trace: { type: 'boolean', default: false },
  },
});

const safetyMs =
  values.hours === undefined ? Number(values.minutes) * 60_000 : Number(values.hours) * 3_600_000;
const firstSeed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
const seeds =
  values.seed === undefined || process.argv.includes('--seeds') ? Number(values.seeds) : 1;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const core = { initialState, step, nextWakeAt };
const tally = new Tally();
let simulatedMs = 0;
let acknowledged = 0;
let events = 0;
const broken: Outcome[] = [];

for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
  const outcome = simulate(core, values.trace ? { seed, safetyMs, print } : { seed, safetyMs });
  simulatedMs += outcome.simulatedMs;
  acknowledged += outcome.acknowledged;
  events += outcome.events;
  tally.add(outcome.tally);
  if (outcome.violation !== null) {
    broken.push(outcome);
    print(
      `seed ${seed}: ${outcome.violation.invariant} broken after ${(outcome.simulatedMs / 1000).toFixed(3)} s: ${outcome.violation.text}`,
    );
  }
}

const cpuMinutes = process.cpuUsage().user / 60e6;
print(
  `${(simulatedMs / 3_600_000).toFixed(2)} simulated hours (seeds ${firstSeed} to ${firstSeed + seeds - 1}), ` +
    `${(simulatedMs / 3_600_000 / cpuMinutes).toFixed(0)} hours per core-minute, ${events} events`,
);
print(
  `${tally.takeovers} takeovers, ${tally.solos} solos, ${tally.rejoins} rejoins, ${tally.pairings} pairings, ` +
    `${tally.switchovers} switchovers, ${tally.operatorTakeovers} decided by the operator, ${acknowledged} writes acknowledged`,
);
print(`${broken.length} violations`);
process.exitCode = broken.length === 0 ? 0 : 1;
