// SPEC.md and the code say the same: the table is the one that runs, every state is named, and each invariant is enforced
// and tested where the document says, and nowhere that it does not say.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import test from 'ava';
import { printTable } from '../../src/core/diagram.ts';
import { stateNames } from '../../src/core/stateName.ts';

const root = new URL('../../', import.meta.url);
const spec = readFileSync(new URL('src/core/SPEC.md', root), 'utf8');

test('SPEC.md shows the table that runs', (t) => {
  const [, printed] = /## The table[^]*?```\n([^]*?)```/.exec(spec) ?? [];
  t.is(printed?.trim(), printTable().trim());
});

test('SPEC.md names every state', (t) => {
  for (const name of stateNames) t.true(spec.includes(`| \`${name}\` `), name);
});

type Row = {
  readonly name: string;
  readonly enforcedIn: ReadonlySet<string>;
  readonly testedBy: ReadonlySet<string>;
};

const rows = readRows();

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
  const files = globSync('src/core/*.ts', { cwd: root });
  t.true(files.length > 20);
  for (const { name, enforcedIn } of rows) {
    const naming = files
      .filter((file) => namesOf(read(file)).has(name))
      .map((file) => basename(file));
    t.deepEqual([...enforcedIn].toSorted(byName), naming.toSorted(byName), name);
  }
});

test('each invariant is in the titles of the tests that SPEC.md names, and in no other', (t) => {
  const files = globSync('test/{core,simulator,model}/*.test.ts', { cwd: root });
  t.true(files.length > 10);
  for (const { name, testedBy } of rows) {
    const naming = files
      .filter((file) => titledNames(file).has(name))
      .map((file) => basename(file));
    t.deepEqual([...testedBy].toSorted(byName), naming.toSorted(byName), name);
  }
});

test('a missing name would be seen', (t) => {
  t.deepEqual([...namesOf('// I3 and (I7), not XI4 or I10')], ['I3', 'I7']);
  // Taken apart, so that this line is not a title itself.
  const title = ['te', "st('I1 to I3, and I5: a claim', (t) => {"].join('');
  t.deepEqual([...namesInTitles(title)].toSorted(byName), ['I1', 'I2', 'I3', 'I5']);
  t.is(namesInTitles(`t.is(x, 'I4');`).size, 0);
});

function readRows(): readonly Row[] {
  const [, table = ''] = /## Invariants\n([^]*?)\n## /.exec(spec) ?? [];
  return [...table.matchAll(/^\| (I\d)\s*\|[^|]*\|([^|]*)\|([^|]*)\|$/gmu)].map(
    ([, name = '', enforced = '', tested = '']) => ({
      name,
      enforcedIn: filesIn(enforced),
      testedBy: filesIn(tested),
    }),
  );
}

function filesIn(cell: string): ReadonlySet<string> {
  return new Set([...cell.matchAll(/`([\w.]+\.ts)`/gu)].map(([, file = '']) => file));
}

function read(file: string): string {
  return readFileSync(new URL(file, root), 'utf8');
}

/** Invariants that a text names, ranges like `I1 to I6` with all that lies between. */
function namesOf(text: string): ReadonlySet<string> {
  const single = [...text.matchAll(/\bI([1-9])\b/gu)].map(([, digit]) => Number(digit));
  const ranges = [...text.matchAll(/\bI([1-9]) to I([1-9])\b/gu)].flatMap(([, first, last]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index),
  );
  return new Set([...single, ...ranges].map((digit) => `I${digit}`));
}

function titledNames(file: string): ReadonlySet<string> {
  return namesInTitles(read(file));
}

function namesInTitles(source: string): ReadonlySet<string> {
  const titles = [...source.matchAll(/\btest\(\s*['"`]([^\n]*)/gu)].map(([, title]) => title);
  return namesOf(titles.join('\n'));
}

function byName(left: string, right: string): number {
  return left.localeCompare(right);
}

test('every file that SPEC.md names exists', (t) => {
  const files = new Set(
    globSync('{src/core,test/**}/*.ts', { cwd: root }).map((file) => basename(file)),
  );
  for (const [, name = ''] of spec.matchAll(/`([\w.]+\.ts)`/gu)) t.true(files.has(name), name);
  t.true(existsSync(new URL('src/core/SPEC.md', root)));
});
