// A change of the core must not disarm a mutant: every text that one replaces stands where it is looked for, exactly once.
import test from 'ava';
import { patched } from '../mutants/mutatedCore.ts';
import { mutants } from '../mutants/table.ts';

test('each text that a mutant replaces stands in the core exactly once', (t) => {
  const files = mutants.flatMap((mutant) => mutant.patches.map(({ file }) => ({ mutant, file })));
  t.true(files.length > 50);
  for (const { mutant, file } of files) t.notThrows(() => patched(mutant, file), mutant.name);
});
