// The command around the simulator: what it takes, what it refuses, and that the number of workers changes nothing.
import test from 'ava';
import { loadCore } from './loadCore.ts';
import { UsageError } from '../usage.ts';
import { readArguments } from './runArguments.ts';
import { runSeeds } from './runner.ts';
import type { SeedResult } from './seedResult.ts';
import { Totals, violationLine } from './totals.ts';

test('without arguments a hundred fresh seeds of six minutes are run', (t) => {
  const run = readArguments([], 77);
  t.is(run.firstSeed, 77);
  t.is(run.seeds, 100);
  t.is(run.safetyMs, 360_000);
  t.is(run.arbiter, 'lan');
});

test('a seed alone is run alone, and with a number of seeds it is the first', (t) => {
  t.is(readArguments(['--seed', '5'], 1).seeds, 1);
  t.like(readArguments(['--seed', '5', '--seeds', '9', '--hours', '0.5'], 1), {
    firstSeed: 5,
    seeds: 9,
    safetyMs: 1_800_000,
  });
});

for (const [argument, value] of [
  ['--seeds', 'many'],
  ['--seeds', '0'],
  ['--seed', '-1'],
  ['--seed', '4294967296'],
  ['--hours', '0'],
  ['--hours', '1e9'],
  ['--arbiter', 'coin'],
  ['--workers', '0'],
] as const) {
  test(`refused with a sentence that says what was seen: ${argument} ${value}`, (t) => {
    const error = t.throws(() => readArguments([`${argument}=${value}`], 1), {
      instanceOf: UsageError,
    });
    t.true(error.message.startsWith(argument));
    t.true(error.message.includes(value));
  });
}

test('an argument that nobody knows, and a mutant that nobody knows, are refused', async (t) => {
  t.throws(() => readArguments(['--fast'], 1), { code: 'ERR_PARSE_ARGS_UNKNOWN_OPTION' });
  await t.throwsAsync(loadCore('no-such-rule'), { instanceOf: UsageError });
});

test('a place for flight records that cannot be written is refused before anything is run', async (t) => {
  const run = readArguments(['--seed', '1', '--flight', '/dev/null'], 1);
  const ignore = (): void => t.fail();
  const error = await t.throwsAsync(runSeeds(run, ignore, ignore), { instanceOf: UsageError });
  t.is(error.message, "--flight takes a directory that can be written, not '/dev/null': ENOTDIR");
});

test('the results come in the order of the seeds and are the same with one worker and with three', async (t) => {
  const alone = await results('1');
  const shared = await results('3');
  t.deepEqual(
    alone.map(({ seed }) => seed),
    Array.from({ length: 20 }, (_, index) => 40 + index),
  );
  t.deepEqual(shared, alone);
});

async function results(workers: string): Promise<readonly SeedResult[]> {
  const found: SeedResult[] = [];
  const run = readArguments(
    ['--seed', '40', '--seeds', '20', '--hours', '0.005', '--workers', workers],
    1,
  );
  await runSeeds(
    run,
    // A worker hands over plain values; the counts of this thread are an object of a class.
    (result) => found.push({ ...result, tally: { ...result.tally } }),
    () => undefined,
  );
  return found;
}

test('a violation is counted and printed with the command that shows it again', (t) => {
  const run = readArguments(['--seed', '9', '--hours', '0.25'], 1);
  const totals = new Totals(run);
  const tally = {
    takeovers: 1,
    solos: 0,
    rejoins: 0,
    pairings: 0,
    switchovers: 0,
    operatorTakeovers: 0,
  };
  const result: SeedResult = {
    seed: 9,
    simulatedMs: 3_600_000,
    events: 10,
    acknowledged: 5,
    availableMs: 1_800_000,
    tally,
    violation: { invariant: 'I2', text: 'both' },
  };
  totals.add(result);
  t.is(totals.violations, 1);
  t.true(totals.lines(1).some((line) => line.includes('writes possible 50.00 % of the time')));
  t.true(violationLine(run, result).includes('--seed 9 --hours 0.25 --arbiter lan --trace'));
});
