// The flight records of simulated boxes: the same on two runs, and `hotpair replay` tells the same story byte for byte.
// The executable is built by scripts/test; by hand it is `npm run build`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { Flights } from './flight.ts';
import { shippedCore } from './loadCore.ts';
import { UsageError } from '../usage.ts';
import { readArguments } from './runArguments.ts';
import { runSeeds } from './runner.ts';
import { simulate } from './simulation.ts';

const executable = join(import.meta.dirname, '../../dist/hotpair');
const freshSeed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);

function aDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-flight-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function flownTo(
  directory: string,
  seed: number,
  arbiter: string,
): Promise<readonly string[]> {
  const words = ['--seed', String(seed), '--arbiter', arbiter, '--hours', '0.05'];
  const run = readArguments([...words, '--flight', directory], 1);
  await runSeeds(
    run,
    () => undefined,
    () => undefined,
  );
  return readdirSync(directory).filter((name) => name.endsWith('.flight'));
}

for (const arbiter of ['lan', 'etcd', 'fence']) {
  test(`${arbiter}, seed ${freshSeed}: the same bytes on two runs, and through dist/hotpair replay`, async (t) => {
    const [first, second] = [aDirectory(t), aDirectory(t)];
    const names = await flownTo(first, freshSeed, arbiter);
    t.true(names.includes('A-1.flight') && names.includes('B-1.flight'));
    t.deepEqual(await flownTo(second, freshSeed, arbiter), names);
    for (const name of names) {
      const story = name.replace('.flight', '.txt');
      t.deepEqual(readFileSync(join(second, name)), readFileSync(join(first, name)), name);
      const replay = spawnSync(executable, ['replay', join(first, name)]);
      t.is(replay.status, 0, replay.stderr.toString());
      t.deepEqual(replay.stdout, readFileSync(join(first, story)), name);
    }
  });
}

function traced(flights: { readonly flights?: Flights }): readonly string[] {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  simulate(shippedCore, { seed: 3, safetyMs: 60_000, print, ...flights });
  return lines;
}

test('a trace is the same with flight records and without', (t) => {
  t.deepEqual(traced({ flights: new Flights() }), traced({}));
});

test('--flight takes one seed', (t) => {
  t.throws(() => readArguments(['--seeds', '3', '--flight', 'x'], 1), { instanceOf: UsageError });
  t.is(readArguments(['--seed', '3', '--flight', 'x'], 1).flight, 'x');
});
