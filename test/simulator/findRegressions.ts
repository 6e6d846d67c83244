// node test/simulator/findRegressions.ts [SEEDS] [WORDS OF A STORY]
// Looks for a seed for every story of regressions.ts, or for those whose story has these words, among so many seeds of the world
// in which only its faults happen, and prints what it finds: after a change of the world a seed may show its story no longer.
// Exit code 1 where a story that is held by a seed has none.
import { shippedCore } from './loadCore.ts';
import { coreWithout, violationIn } from './regression.ts';
import type { Regression } from './regression.ts';
import { regressions } from './regressions.ts';

const [budget = '600', words = ''] = process.argv.slice(2);

async function seedFor(regression: Regression): Promise<number | null> {
  const core = await coreWithout(regression);
  const known = 'seed' in regression.heldBy ? [regression.heldBy.seed] : [];
  const others = Array.from({ length: Number(budget) }, (_, index) => index + 1);
  for (const seed of [...known, ...others]) {
    if (violationIn(core, seed, regression) === null) continue;
    if (violationIn(shippedCore, seed, regression) === null) return seed;
    process.stdout.write(`the core itself breaks in seed ${seed}: ${regression.story}\n`);
    process.exitCode = 1;
  }
  return null;
}

function verdict({ heldBy }: Regression, seed: number | null): string {
  if (seed === null) return 'NO SEED';
  return 'seed' in heldBy && heldBy.seed === seed ? `${seed} as before` : `seed: ${seed}`;
}

for (const regression of regressions) {
  if (!regression.story.includes(words)) continue;
  const seed = await seedFor(regression);
  process.stdout.write(`${verdict(regression, seed).padEnd(18)} ${regression.story}\n`);
  if (seed === null && 'seed' in regression.heldBy) process.exitCode = 1;
}
