// The shipped executable holds the core as it is in src, and no switch that turns one of its rules off.
// scripts/test builds it before the tests; by hand it is `npm run build`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { mutants } from './table.ts';

const executable = join(import.meta.dirname, '..', '..', 'dist', 'hotpair');

test('dist/hotpair holds the core, and the name of no mutant', (t) => {
  const bytes = readFileSync(executable, 'latin1');
  // In quotation marks, as a switch would stand there: Node's own texts have words in common with some.
  const isHeld = (name: string): boolean =>
    ['"', "'", '`'].some((mark) => bytes.includes(mark + name + mark));
  const found = mutants.filter(({ name }) => isHeld(name)).map(({ name }) => name);
  t.true(isHeld('answeredOnLanOnly'));
  t.deepEqual(found, []);
});
