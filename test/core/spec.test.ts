// The table in SPEC.md is the one that runs, and every state can be entered.
import { readFileSync } from 'node:fs';
import test from 'ava';
import { printTable } from '../../src/core/diagram.ts';
import { stateNames } from '../../src/core/stateName.ts';

const spec = readFileSync(new URL('../../src/core/SPEC.md', import.meta.url), 'utf8');

test('SPEC.md shows the table that runs', (t) => {
  const [, printed] = /## The table[^]*?```\n([^]*?)```/.exec(spec) ?? [];
  t.is(printed?.trim(), printTable().trim());
});

test('SPEC.md names every state', (t) => {
  for (const name of stateNames) t.true(spec.includes(`| \`${name}\` `), name);
});
