// More seeds of the guardian's simulation than every landing runs. SEED=n replays from n on.
import test from 'ava';
import { shippedGuardian } from './guardianCore.ts';
import { simulateGuardian } from './simulation.ts';

const freshSeed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);

for (const [what, first, count] of [
  ['fixed', 1, 300],
  ['fresh', freshSeed, 100],
] as const) {
  test(`G1 to G14 hold on ${count} ${what} seeds`, (t) => {
    t.log(`seeds ${first} to ${first + count - 1}`);
    for (let seed = first; seed < first + count; seed += 1) {
      const { violation, trace } = simulateGuardian(shippedGuardian, seed);
      t.is(violation, null, `seed ${seed}: ${violation?.text}\n${trace.slice(-60).join('\n')}`);
    }
  });
}
