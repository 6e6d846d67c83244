// The guardian's SPEC.md and its code say the same: each invariant is enforced and tested where the document says, and nowhere
// else; each rule that has a mutant stands in it.
import { readFileSync } from 'node:fs';
import test from 'ava';
import {
  filesOfMachine,
  filesOfTests,
  guardianSpec,
  invariants,
  namesOf,
  rewritten,
  withoutPadding,
} from './guardianSpecTables.ts';

const spec = readFileSync(guardianSpec, 'utf8');

test('each invariant of the guardian is enforced and tested where its SPEC.md says, and each rule has its mutant', (t) => {
  const remedy = 'read what changed, then node test/core/rewriteGuardianSpec.ts';
  t.is(withoutPadding(rewritten(spec)), withoutPadding(spec), remedy);
});

test('no invariant of the guardian is without a file that enforces it and a test, and no other is named', (t) => {
  const named = [...spec.matchAll(/^\| (G\d+) /gmu)].map(([, name]) => name);
  t.deepEqual(named, [...invariants]);
  for (const name of invariants) {
    t.true(filesOfMachine(name).length > 0, name);
    t.true(filesOfTests(name).length > 0, name);
  }
  for (let number = invariants.length + 1; number < 100; number += 1)
    t.deepEqual(filesOfMachine(`G${number}`), [], `G${number}`);
});

test('a missing name would be seen', (t) => {
  t.deepEqual([...namesOf('// G3 and (G12), not XG4 or G123')], ['G3', 'G12']);
  t.deepEqual([...namesOf('G1 to G3')].toSorted(), ['G1', 'G2', 'G3']);
  t.not(rewritten(spec.replace('| G7', '| G6')), spec);
});
