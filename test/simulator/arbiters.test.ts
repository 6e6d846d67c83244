// Worlds whose arbiter stands outside the pair: every path may be cut at once, the ledger may be slow, away or forget, the
// fence device may be slow, refuse or lie. And the models themselves: a request that has left lands.
import test from 'ava';
import type { Claim, LedgerEntry } from '../../src/core/ledger.ts';
import { boxA, boxB } from '../core/builders.ts';
import type { Asker } from './etcd.ts';
import { shippedCore } from './loadCore.ts';
import { Random } from './random.ts';
import type { SimulatedArbiter } from './simulatedArbiter.ts';
import { simulate } from './simulation.ts';
import type { Outcome } from './simulation.ts';
import { Trace } from './trace.ts';
import { World } from './world.ts';
import { drawOptions } from './worldOptions.ts';

const safetyMs = 6 * 60_000;
const freshSeed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);

function report(outcome: Outcome): string {
  const { violation } = outcome;
  const what = violation === null ? '' : `${violation.invariant}: ${violation.text}`;
  return `seed ${outcome.seed}: ${what}\n${outcome.trace.slice(-40).join('\n')}`;
}

for (const arbiter of ['etcd', 'fence'] as const) {
  test(`I1 to I9 with ${arbiter}, a healthy pair after healing: on fixed seeds`, (t) => {
    let takeovers = 0;
    for (let seed = 1; seed <= 24; seed += 1) {
      const outcome = simulate(shippedCore, { seed, safetyMs, arbiter });
      t.is(outcome.violation, null, report(outcome));
      takeovers += outcome.tally.takeovers;
    }
    t.true(takeovers > 24, `${takeovers} takeovers`);
  });

  test(`the same with ${arbiter} on fresh seeds`, (t) => {
    t.log(`seeds ${freshSeed} to ${freshSeed + 7}`);
    for (let seed = freshSeed; seed < freshSeed + 8; seed += 1) {
      const outcome = simulate(shippedCore, { seed, safetyMs, arbiter });
      t.is(outcome.violation, null, report(outcome));
    }
  });
}

test('I1, I2 or I3: a fence device that says off and does nothing is found', (t) => {
  const found = Array.from({ length: 40 }, (_, index) =>
    simulate(shippedCore, {
      seed: index + 1,
      safetyMs,
      arbiter: 'fence',
      planted: { lyingFence: true },
    }),
  ).flatMap(({ violation }) => (violation === null ? [] : [violation.invariant]));
  t.true(
    found.some((invariant) => ['I1', 'I2', 'I3'].includes(invariant)),
    found.join(' '),
  );
});

/** A world in which nothing happens but what the test does. */
function quietWorld(arbiter: SimulatedArbiter, seed = 1): World {
  const random = new Random(seed);
  return new World(shippedCore, random, drawOptions(random, 0, arbiter, {}), new Trace(null));
}

function pass(world: World, ms: number): void {
  const untilMs = world.queue.nowMs + ms;
  while (world.queue.nextMs <= untilMs) world.queue.step();
}

function asker(side: 0 | 1, waits = (): boolean => true): Asker {
  return { side, self: side === 0 ? boxA : boxB, waits };
}

function pairedLedger(world: World): readonly (LedgerEntry | null)[] {
  const found: (LedgerEntry | null)[] = [];
  world.etcd.publish(asker(0), 4, true, (entry) => found.push(entry));
  pass(world, 2000);
  return found;
}

test('of two claims for one epoch one wins, and the other learns who did', (t) => {
  const world = quietWorld('etcd');
  t.deepEqual(pairedLedger(world), [{ epoch: 4, mode: 'paired', holder: boxA }]);
  const outcomes: Claim['outcome'][] = [];
  for (const side of [0, 1] as const)
    world.etcd.claim(asker(side), 4, true, ({ outcome }) => outcomes.push(outcome));
  pass(world, 2000);
  t.deepEqual(outcomes.toSorted(byName), ['lost', 'won']);
});

test('a claim whose sender died may have won; settling finds it or makes it void', (t) => {
  const outcomes = Array.from({ length: 40 }, (_, index) => {
    const world = quietWorld('etcd', index);
    pairedLedger(world);
    world.etcd.slow.begin();
    let alive = true;
    world.etcd.claim(
      asker(1, () => alive),
      4,
      true,
      () => t.true(alive, 'nobody waits for this answer'),
    );
    pass(world, index * 100);
    alive = false;
    const settled: Claim['outcome'][] = [];
    world.etcd.slow.end();
    world.etcd.claim(asker(1), 4, false, ({ outcome }) => settled.push(outcome));
    pass(world, 20_000);
    t.is(settled.length, 1);
    // What was settled stays settled: a request that lands late changes nothing.
    t.is(world.etcd.entry?.epoch, settled[0] === 'won' ? 5 : 4);
    return settled[0];
  });
  t.deepEqual([...new Set(outcomes)].toSorted(byName), ['refused', 'won']);
});

test('a ledger that forgot gives nothing, and a request from before lands nowhere', (t) => {
  const world = quietWorld('etcd');
  pairedLedger(world);
  const outcomes: Claim[] = [];
  world.etcd.claim(asker(1), 4, true, (outcome) => outcomes.push(outcome));
  world.etcd.forget();
  pass(world, 2000);
  t.deepEqual(outcomes, []);
  world.etcd.claim(asker(1), 4, true, (outcome) => outcomes.push(outcome));
  pass(world, 2000);
  t.deepEqual(outcomes, [{ outcome: 'refused', epoch: 4, forgotten: true }]);
  t.is(world.etcd.entry, null);
});

test('a box that was switched off is off until it is switched on, whatever its power does', (t) => {
  const world = quietWorld('fence');
  const [a, b] = world.boxes;
  a.powerOn(10);
  b.powerOn(10);
  pass(world, 1000);
  const answers: boolean[] = [];
  world.fence.powerOff(asker(0), b, (off) => answers.push(off));
  pass(world, 1000);
  t.deepEqual([answers, b.powered], [[true], false]);
  world.mayPowerOn(b, 10);
  pass(world, 10_000);
  t.false(b.powered);
  world.fence.powerOn(asker(0), b, () => undefined);
  pass(world, 10_000);
  t.true(b.powered);
});

test('a device that refuses says so only where no order is open', (t) => {
  const world = quietWorld('fence');
  const [, b] = world.boxes;
  b.powerOn(10);
  world.fence.slow.begin();
  const answers: boolean[] = [];
  world.fence.powerOff(asker(0), b, (off) => answers.push(off));
  world.fence.slow.end();
  world.fence.refusing.begin();
  world.fence.powerOff(asker(0), b, (off) => answers.push(off));
  pass(world, 310);
  t.deepEqual([answers, b.powered], [[], true]);
  pass(world, 10_000);
  t.deepEqual([answers, b.powered], [[true], false]);
});

function byName(left: string | undefined, right: string | undefined): number {
  return (left ?? '').localeCompare(right ?? '');
}
