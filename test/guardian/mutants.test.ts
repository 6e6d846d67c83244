// Every rule of the guardian's machine, taken out, breaks the simulation within some seeds. A mutant that survives means that the
// simulated box is too kind.
import test from 'ava';
import { shippedGuardian } from './guardianCore.ts';
import { guardianMutants } from './mutants.ts';
import { mutatedGuardian } from './mutatedGuardian.ts';
import { simulateGuardian } from './simulation.ts';

const seeds = 400;

test('a machine without a change runs as the shipped one does', async (t) => {
  const same = await mutatedGuardian({ invariant: '', name: 'same', rule: '', patches: [] });
  t.deepEqual(simulateGuardian(same, 7).trace, simulateGuardian(shippedGuardian, 7).trace);
});

for (const mutant of guardianMutants) {
  test(`${mutant.invariant}: ${mutant.name} is caught`, async (t) => {
    const core = await mutatedGuardian(mutant);
    for (let seed = 1; seed <= seeds; seed += 1) {
      const { violation } = simulateGuardian(core, seed);
      if (violation === null) continue;
      t.log(`seed ${seed}: ${violation.text.slice(0, 120)}`);
      t.pass();
      return;
    }
    t.fail(`survived ${seeds} seeds`);
  });
}
