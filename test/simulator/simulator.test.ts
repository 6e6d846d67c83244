// The simulator as a test: fixed seeds for what is known, fresh ones for the unknown. More seeds: npm run simulate.
import test from 'ava';
import { Database } from './database.ts';
import { shippedCore as core } from './loadCore.ts';
import { common, contains, extend, fork, newLog, prefix } from './log.ts';
import { Random } from './random.ts';
import { simulate } from './simulation.ts';
import type { Outcome } from './simulation.ts';

const safetyMs = 6 * 60_000;
const fixedSeeds = Array.from({ length: 48 }, (_, index) => index + 1);
const freshSeed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);

function report(outcome: Outcome): string {
  const what =
    outcome.violation === null ? '' : `${outcome.violation.invariant}: ${outcome.violation.text}`;
  return `seed ${outcome.seed}: ${what}\n${outcome.trace.slice(-40).join('\n')}`;
}

test('I1 to I9, one address, a healthy pair after healing: on fixed seeds', (t) => {
  let takeovers = 0;
  let acknowledged = 0;
  for (const seed of fixedSeeds) {
    const outcome = simulate(core, { seed, safetyMs });
    t.is(outcome.violation, null, report(outcome));
    takeovers += outcome.tally.takeovers;
    acknowledged += outcome.acknowledged;
  }
  // A world in which nothing happens proves nothing.
  t.true(takeovers > fixedSeeds.length, `${takeovers} takeovers`);
  t.true(acknowledged > 1000 * fixedSeeds.length, `${acknowledged} writes`);
});

test('the same on fresh seeds', (t) => {
  t.log(`seeds ${freshSeed} to ${freshSeed + 7}`);
  for (let seed = freshSeed; seed < freshSeed + 8; seed += 1) {
    const outcome = simulate(core, { seed, safetyMs });
    t.is(outcome.violation, null, report(outcome));
  }
});

test('one seed replays the same run', (t) => {
  const first = simulate(core, { seed: 7, safetyMs: 60_000 });
  const second = simulate(core, { seed: 7, safetyMs: 60_000 });
  t.deepEqual(second.trace, first.trace);
  t.is(second.events, first.events);
});

test('a log contains exactly what it grew from', (t) => {
  const trunk = extend(extend(newLog()));
  const promoted = extend(fork(trunk));
  const abandoned = extend(extend(trunk));
  t.true(contains(promoted, trunk));
  t.false(contains(trunk, promoted));
  t.false(contains(promoted, abandoned));
  t.deepEqual(common(promoted, abandoned), trunk);
  t.deepEqual(prefix(promoted, trunk.length), trunk);
  t.is(promoted.branch.timeline, trunk.branch.timeline + 1);
});

test('two boxes that write on one timeline hold different logs', (t) => {
  const trunk = extend(newLog());
  const one = extend(trunk);
  const other = extend(trunk);
  t.is(one.length, other.length);
  t.is(one.branch.timeline, other.branch.timeline);
  t.false(contains(one, other));
});

test('a commit is acknowledged only by the flush of the standby, or when the setting is cleared', (t) => {
  const database = new Database('1');
  database.start('standby', false);
  database.promote();
  database.admitted = true;
  const acknowledged: string[] = [];
  database.write(() => acknowledged.push('alone'));
  database.synchronous = true;
  database.write(() => acknowledged.push('flushed'));
  const { length } = database.log;
  database.write(() => acknowledged.push('released'));
  t.deepEqual(acknowledged, ['alone']);
  database.standbyFlushed(length);
  t.deepEqual(acknowledged, ['alone', 'flushed']);
  database.clearSynchronous();
  t.deepEqual(acknowledged, ['alone', 'flushed', 'released']);
});

test('the world draws the same numbers from the same seed', (t) => {
  t.deepEqual(draws(1), draws(1));
  t.notDeepEqual(draws(1), draws(2));
});

function draws(seed: number): readonly number[] {
  const random = new Random(seed);
  return Array.from({ length: 5 }, () => random.uint32());
}
