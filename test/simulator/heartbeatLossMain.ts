// npm run heartbeat-loss: a day of heartbeats lost, for several seeds, and what came of it. Exit code 1 when anything changed.
import { parseArgs } from 'node:util';
import { runCommand, wholeNumber } from '../usage.ts';
import { loseHeartbeats } from './heartbeatLoss.ts';
import type { LossOutcome } from './heartbeatLoss.ts';
import { shippedCore } from './loadCore.ts';

const usage =
  'npm run heartbeat-loss -- [--hours N] [--seeds N] [--seed S] [--percent P] [--everything]';
const print = (line: string): void => void process.stdout.write(`${line}\n`);

function main(): number {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: {
      hours: { type: 'string', default: '24' },
      seeds: { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
      everything: { type: 'boolean', default: false },
      percent: { type: 'string', default: '30' },
    },
  });
  const hours = wholeNumber('--hours', values.hours, 1, 1000);
  const seeds = wholeNumber('--seeds', values.seeds, 1, 1000);
  const first = wholeNumber('--seed', values.seed, 0, 0xffff_ffff);
  const loss = wholeNumber('--percent', values.percent, 0, 100) / 100;
  const lost = values.everything ? 'everything' : 'heartbeats';
  let clean = true;
  for (let seed = first; seed < first + seeds; seed += 1) {
    const outcome = loseHeartbeats(shippedCore, { seed, hours, loss, lost });
    for (const line of linesOf(outcome)) print(line);
    clean &&= outcome.transitions === 0 && outcome.violation === null;
  }
  return clean ? 0 : 1;
}

function linesOf(outcome: LossOutcome): readonly string[] {
  const { seed, hours, loss, lost, changes, transitions, violation } = outcome;
  const notes = Object.entries(outcome.notes).map(([code, count]) => `${count} ${code}`);
  return [
    `seed ${seed}: ${hours} simulated hours, ${loss * 100} % of ${lost} lost: ${transitions} changes of state, ` +
      `${changes.takeovers} takeovers, ${changes.solos} solos, ${changes.switchovers} switchovers`,
    `  the standby was eligible ${(100 * outcome.eligibleShare).toFixed(3)} % of the time, lost it ${outcome.eligibilityLosses} times, ` +
      `for ${Math.round(outcome.longestUneligibleMs)} ms at most`,
    `  ${outcome.acknowledged} writes acknowledged, possible ${(100 * outcome.availableShare).toFixed(3)} % of the time; ` +
      `the longest silence ${Math.round(outcome.longestSilenceMs)} ms; notes: ${notes.join(', ') || 'none'}`,
    ...(violation === null ? [] : [`  ${violation.invariant} broken: ${violation.text}`]),
  ];
}

await runCommand(usage, main);
