// A change of the core must not disarm a mutant or the taking back of a fix, and SPEC.md names the mutant of every rule.
import { readFileSync } from 'node:fs';
import test from 'ava';
import { patched } from '../mutants/mutatedCore.ts';
import { rulesTable, withoutPadding } from '../mutants/rulesTable.ts';
import { mutants } from '../mutants/table.ts';
import { asMutant } from '../simulator/regression.ts';
import { regressions } from '../simulator/regressions.ts';

const spec = readFileSync(new URL('../../src/core/SPEC.md', import.meta.url), 'utf8');

test('each text that a mutant or a fix taken back replaces stands in the core exactly once', (t) => {
  const all = [...mutants, ...regressions.map(asMutant)];
  const files = all.flatMap((mutant) => mutant.patches.map(({ file }) => ({ mutant, file })));
  t.true(files.length > 50);
  for (const { mutant, file } of files) t.notThrows(() => patched(mutant, file), mutant.name);
});

test('SPEC.md has every rule with its mutant and its file, and no other', (t) => {
  const [, shown = ''] = /<!-- rules -->([^]*?)<!-- end of rules -->/u.exec(spec) ?? [];
  t.is(withoutPadding(shown), withoutPadding(rulesTable().join('\n')));
});

test('a rule that is gone from SPEC.md would be seen', (t) => {
  const lines = rulesTable();
  t.true(lines.length > mutants.length);
  t.not(withoutPadding(lines.slice(0, -1).join('\n')), withoutPadding(lines.join('\n')));
});
