// Every bug that the simulator found stays found: on its stage its seed breaks with the fix taken back, and is clean with the core
// as it is. A change of the world or of the core may shift what a seed draws: node test/simulator/findRegressions.ts --write.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { shippedCore } from './loadCore.ts';
import { coreBeforeLater, coreWithout, violationIn } from './regression.ts';
import type { Regression, TestOfTheCore } from './regression.ts';
import { regressions } from './regressions.ts';

for (const regression of regressions) {
  const { seed, story } = regression;
  test(`seed ${seed} shows it: ${story}`, (t) => checkSeed(t, regression));
  if (regression.test !== undefined) checkTest(story, regression.test);
}

async function checkSeed(t: ExecutionContext, regression: Regression): Promise<void> {
  const { seed, later } = regression;
  const text = 'another seed is needed: node test/simulator/findRegressions.ts --write';
  t.not(violationIn(await coreWithout(regression), seed, regression), null, text);
  t.is(violationIn(shippedCore, seed, regression), null, text);
  if (later !== undefined)
    t.is(violationIn(await coreBeforeLater(regression, later), seed, regression), null, text);
}

function checkTest(story: string, { file, title }: TestOfTheCore): void {
  test(`so does a test of the core: ${story}`, (t) => {
    const source = readFileSync(join(import.meta.dirname, '..', 'core', file), 'utf8');
    t.true(source.includes(`test('${title}`) || source.includes(`test(\`${title}`), title);
  });
}
