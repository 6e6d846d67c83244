// The shipped executable holds the core as it is in src, and no switch that turns one of its rules off.
// scripts/test builds it before the tests; by hand it is `npm run build`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { mutants } from './table.ts';

const executable = readBytes(join(import.meta.dirname, '..', '..', 'dist', 'hotpair'));
/** The executable is Node with our code in it: what Node itself says is not ours. */
const node = readBytes(process.execPath);
/** A name of the core: what lies within so many bytes of it is the whole bundle. */
const ours = 'answeredOnLanOnly';
const bundleBytes = 4_000_000;

test('dist/hotpair holds the core, and the name of no mutant', (t) => {
  const at = executable.indexOf(ours);
  t.true(at > 0 && !node.includes(ours));
  const bundle = executable.slice(Math.max(0, at - bundleBytes), at + bundleBytes);
  const found = mutants.filter(({ name }) => isHeld(bundle, name) && !isHeld(node, name));
  t.deepEqual(
    found.map(({ name }) => name),
    [],
  );
});

/** In quotation marks, as a switch would stand there. */
function isHeld(bytes: string, name: string): boolean {
  return ['"', "'", '`'].some((mark) => bytes.includes(mark + name + mark));
}

function readBytes(file: string): string {
  return readFileSync(file, 'latin1');
}
