// The table of mutants: every text that it replaces is still there, none of it is shipped, and a few mutants are caught
// here and now. All of them: npm run mutants.
import test from 'ava';
import { shippedCore } from '../simulator/loadCore.ts';
import { simulate } from '../simulator/simulation.ts';
import { hunt } from './hunt.ts';
import { mutatedCore } from './mutatedCore.ts';
import type { Mutant } from './mutant.ts';
import { patch } from './mutant.ts';
import { mutants } from './table.ts';

/** Caught within a few seeds of their themes. */
const quick = [
  'stale-consent',
  'higher-epoch-ignored',
  'rebooted-standby-eligible',
  'contact-restores-eligibility',
  'pair-before-sync',
  'no-barrier',
  'record-after-clear',
  'catchup-may-promote',
  'no-probe',
  'fast-answered',
  'no-watchdog',
  'serve-stale-at-boot',
];

test('every mutant has a name of its own, a rule in words, and something that it changes', (t) => {
  t.is(new Set(mutants.map(({ name }) => name)).size, mutants.length);
  for (const { name, rule, section, arbiters, patches, settings } of mutants) {
    t.regex(name, /^[a-z0-9]+(-[a-z0-9]+)*$/u);
    t.true(rule.length > 20 && section.length > 0 && arbiters.length > 0, name);
    t.true(patches.length > 0 || settings !== undefined, name);
  }
});

test('every mutant is a core that runs', async (t) => {
  for (const mutant of mutants) {
    const core = await mutatedCore(mutant);
    t.is(typeof core.step, 'function', mutant.name);
  }
});

test('a text that is gone, or stands there twice, is an error that names the mutant', async (t) => {
  for (const find of ['no such text', 'return']) {
    const mutant: Mutant = {
      name: 'planted',
      rule: 'a planted mutant',
      section: '1',
      arbiters: ['lan'],
      patches: [patch('permission.ts', find, '')],
    };
    const error = await t.throwsAsync(mutatedCore(mutant));
    t.regex(error.message, /mutant planted/u);
  }
});

test('a mutated core without a change runs as the shipped one does', async (t) => {
  const same: Mutant = { name: 'same', rule: '', section: '', arbiters: ['lan'], patches: [] };
  const core = await mutatedCore(same);
  const request = { seed: 7, safetyMs: 60_000 };
  t.deepEqual(simulate(core, request).trace, simulate(shippedCore, request).trace);
});

for (const name of quick) {
  test(`${name} is caught within a few seeds`, async (t) => {
    const finding = await hunt({ mutant: name, arbiter: 'lan', firstSeed: 1, seeds: 40 });
    t.not(finding.violation, null);
    t.is(finding.ofTheCore, null);
  });
}
