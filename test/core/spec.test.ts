// SPEC.md and the code say the same: the table is the one that runs, every state is named, and each invariant is enforced
// and tested where the document says, and nowhere that it does not say.
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import test from 'ava';
import { printTable } from '../../src/core/diagram.ts';
import { stateNames } from '../../src/core/stateName.ts';
import {
  byName,
  filesOfCore,
  filesOfTests,
  namesInTitles,
  namesOf,
  root,
  rowsOf,
  specFile,
} from './specTables.ts';

const spec = readFileSync(specFile, 'utf8');
const remedy = 'read what changed, then node test/core/rewriteSpec.ts';

test('SPEC.md shows the table that runs', (t) => {
  const [, printed] = /## The table[^]*?```\n([^]*?)```/.exec(spec) ?? [];
  t.is(printed?.trim(), printTable().trim(), remedy);
});

test('SPEC.md names every state', (t) => {
  for (const name of stateNames) t.true(spec.includes(`| \`${name}\` `), name);
});

const rows = rowsOf(spec);

test('the table of invariants has all nine, each enforced and tested somewhere', (t) => {
  t.deepEqual(
    rows.map(({ name }) => name),
    Array.from({ length: 9 }, (_, index) => `I${index + 1}`),
  );
  for (const { name, enforcedIn, testedBy } of rows) {
    t.true(enforcedIn.size > 0, name);
    t.true(testedBy.size > 0, name);
  }
});

test('each invariant is named by the files that enforce it, and by no other file of the core', (t) => {
  for (const { name, enforcedIn } of rows)
    t.deepEqual([...enforcedIn].toSorted(byName), filesOfCore(name), `${name}: ${remedy}`);
});

test('each invariant is in the titles of the tests that SPEC.md names, and in no other', (t) => {
  for (const { name, testedBy } of rows)
    t.deepEqual([...testedBy].toSorted(byName), filesOfTests(name), `${name}: ${remedy}`);
});

test('a missing name would be seen', (t) => {
  t.deepEqual([...namesOf('// I3 and (I7), not XI4 or I10')], ['I3', 'I7']);
  // Taken apart, so that this line is not a title itself.
  const title = ['te', "st('I1 to I3, and I5: a claim', (t) => {"].join('');
  t.deepEqual([...namesInTitles(title)].toSorted(byName), ['I1', 'I2', 'I3', 'I5']);
  t.is(namesInTitles(`t.is(x, 'I4');`).size, 0);
});

test('every file that SPEC.md names exists', (t) => {
  const files = new Set(
    globSync('{src/core,test/**}/*.ts', { cwd: root }).map((file) => basename(file)),
  );
  for (const [, name = ''] of spec.matchAll(/`([\w.]+\.ts)`/gu)) t.true(files.has(name), name);
});
