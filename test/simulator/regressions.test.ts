// Every bug that the simulator found stays found: its seed breaks with the fix taken back, and is clean with the core as it is.
// A change of the world shifts what seeds draw; then node test/simulator/findRegressions.ts finds new ones.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { shippedCore } from './loadCore.ts';
import { coreWithout, violationIn } from './regression.ts';
import type { Regression, TestOfTheCore } from './regression.ts';
import { regressions } from './regressions.ts';

for (const regression of regressions) {
  const { story, heldBy } = regression;
  if ('seed' in heldBy)
    test(`seed ${heldBy.seed} shows it: ${story}`, (t) => checkSeed(t, regression, heldBy.seed));
  else test(`a test of the core holds it: ${story}`, (t) => checkTest(t, regression, heldBy));
}

async function checkSeed(t: ExecutionContext, regression: Regression, seed: number): Promise<void> {
  const text = 'another seed is needed: node test/simulator/findRegressions.ts';
  t.not(violationIn(await coreWithout(regression), seed, regression), null, text);
  t.is(violationIn(shippedCore, seed, regression), null);
}

async function checkTest(
  t: ExecutionContext,
  regression: Regression,
  { file, title }: TestOfTheCore,
): Promise<void> {
  const source = readFileSync(join(import.meta.dirname, '..', 'core', file), 'utf8');
  t.true(source.includes(`test('${title}`) || source.includes(`test(\`${title}`), title);
  t.is(typeof (await coreWithout(regression)).step, 'function');
}
