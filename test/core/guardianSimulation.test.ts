// The guardian's machine in a simulated box: fixed seeds for what is known, fresh ones for the unknown. SEED=n replays from n on.
import { performance } from 'node:perf_hooks';
import test from 'ava';
import type { GuardianEvent } from '../../src/core/guardian/events.ts';
import type { GuardianState } from '../../src/core/guardian/state.ts';
import { shippedGuardian } from '../guardian/guardianCore.ts';
import type { GuardianCore } from '../guardian/guardianCore.ts';
import { guardianMutants } from '../guardian/mutants.ts';
import { simulateGuardian } from '../guardian/simulation.ts';
import type { Outcome } from '../guardian/simulation.ts';
import { patched } from '../mutants/mutatedCore.ts';
import { DrivenGuardian, check, hook, service } from './drivenGuardian.ts';

const fixedSeeds = Array.from({ length: 20 }, (_, index) => index + 1);
const freshSeed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);

function story({ seed, violation, trace }: Outcome): string {
  return `seed ${seed}: ${violation?.text ?? ''}\n${trace.slice(-60).join('\n')}`;
}

test('G1 to G14 hold in every step, and everything runs that is to run after healing: on fixed seeds', (t) => {
  const tally: Record<string, number> = {};
  for (const seed of fixedSeeds) {
    const outcome = simulateGuardian(shippedGuardian, seed);
    t.is(outcome.violation, null, story(outcome));
    for (const [what, times] of Object.entries(outcome.tally))
      tally[what] = (tally[what] ?? 0) + times;
  }
  // A world in which nothing happens proves nothing.
  for (const what of [
    'serviceGivenUp',
    'serviceFitAgain',
    'cancelHook',
    'guardian ends',
    'hookFailed',
  ])
    t.true((tally[what] ?? 0) >= fixedSeeds.length / 2, `${what}: ${tally[what] ?? 0}`);
  t.true((tally['shutdownOrdered'] ?? 0) > 3);
});

test('the same on fresh seeds', (t) => {
  t.log(`seeds ${freshSeed} to ${freshSeed + 5}`);
  for (let seed = freshSeed; seed < freshSeed + 6; seed += 1) {
    const outcome = simulateGuardian(shippedGuardian, seed);
    t.is(outcome.violation, null, story(outcome));
  }
});

test('one seed replays the same run', (t) => {
  t.deepEqual(
    simulateGuardian(shippedGuardian, 7).trace,
    simulateGuardian(shippedGuardian, 7).trace,
  );
});

test('a step leaves the state and the event that it is given as they were', (t) => {
  const frozen: GuardianCore = {
    ...shippedGuardian,
    stepGuardian: (state, event, settings) =>
      shippedGuardian.stepGuardian(deepFreeze(state), deepFreeze(event), settings),
  };
  for (const seed of [3, 4, 5]) {
    const outcome = simulateGuardian(frozen, seed);
    t.is(outcome.violation, null, story(outcome));
  }
});

test('every text that a mutant of the guardian replaces stands in its file exactly once', (t) => {
  t.true(guardianMutants.length > 50);
  t.is(new Set(guardianMutants.map(({ name }) => name)).size, guardianMutants.length);
  for (const mutant of guardianMutants)
    for (const { file } of mutant.patches) t.notThrows(() => patched(mutant, file), mutant.name);
});

test('a step of fifty services with two checks each takes far less than a millisecond', (t) => {
  const names = Array.from({ length: 50 }, (_, index) => `s${index}`);
  const guardian = new DrivenGuardian(
    names.map((name, index) =>
      service(name, {
        runs: index % 2 === 0 ? 'always' : 'primary',
        after: names.slice(0, index).filter((_, other) => other % 10 === 0),
        checks: [check, check],
      }),
    ),
    [hook('one', { required: true }), hook('two')],
  );
  guardian.begin(names.map((name) => ({ service: name, current: true })));
  guardian.role('primary');
  const took = Array.from({ length: 4000 }, () => costOfATick(guardian)).toSorted(
    (left, right) => left - right,
  );
  const median = took[took.length / 2] ?? Infinity;
  t.log(`median ${(median * 1000).toFixed(0)} µs, p99 ${((took[3960] ?? 0) * 1000).toFixed(0)} µs`);
  t.true(median < 1, `${median} ms`);
});

/** Of whatever is due next, its answer to every check among it. */
function costOfATick(guardian: DrivenGuardian): number {
  const wakeAt = shippedGuardian.nextGuardianWakeAt(guardian.state, guardian.settings);
  guardian.now = Math.min(wakeAt, guardian.now + 100);
  const begun = performance.now();
  const effects = guardian.effectsOf({ type: 'tick' });
  const took = performance.now() - begun;
  for (const effect of effects)
    if (effect.type === 'runCheck') guardian.checked(effect.service, true, effect.check);
  return took;
}

function deepFreeze<T extends GuardianState | GuardianEvent>(value: T): T {
  freeze(value);
  return value;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}
