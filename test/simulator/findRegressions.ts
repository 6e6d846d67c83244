// node test/simulator/findRegressions.ts [SEEDS]
// After a change of the world: looks for a seed for every story of regressions.ts whose own no longer breaks without its fix,
// among so many seeds, and prints what it finds. Exit code 1 where a story has none.
import { shippedCore } from './loadCore.ts';
import { Random } from './random.ts';
import { coreWithout, violationIn } from './regression.ts';
import type { Regression } from './regression.ts';
import { regressions } from './regressions.ts';
import { drawOptions } from './worldOptions.ts';

const [budget = '600'] = process.argv.slice(2);
/** So many are looked at before the most promising are run. */
const drawnSeeds = 10 * Number(budget);

/** How much of what such a seed draws brings the story about. */
function promise(seed: number, { arbiter, faults }: Regression): number {
  const { weights, calmMs } = drawOptions(new Random(seed), 0, arbiter, {});
  const sum = (isMeant: (name: (typeof weights)[number][0]) => boolean): number =>
    weights.reduce((total, [name, weight]) => total + (isMeant(name) ? weight : 0), 0);
  const isDrawn = sum((name) => name === faults[0]) > 0;
  return ((isDrawn ? 1 : 0.1) * sum((name) => faults.includes(name))) / sum(() => true) / calmMs;
}

function promisingSeeds(regression: Regression): readonly number[] {
  return Array.from({ length: drawnSeeds }, (_, index) => index + 1)
    .map((seed) => ({ seed, rank: promise(seed, regression) }))
    .toSorted((left, right) => right.rank - left.rank)
    .slice(0, Number(budget))
    .map(({ seed }) => seed);
}

async function seedFor(regression: Regression): Promise<number | null> {
  const core = await coreWithout(regression);
  const known = 'seed' in regression.heldBy ? [regression.heldBy.seed] : [];
  for (const seed of [...known, ...promisingSeeds(regression)]) {
    if (violationIn(core, seed, regression) === null) continue;
    if (violationIn(shippedCore, seed, regression) === null) return seed;
  }
  return null;
}

for (const regression of regressions) {
  if (!('seed' in regression.heldBy)) continue;
  const seed = await seedFor(regression);
  const isKnown = seed === regression.heldBy.seed;
  const verdict = seed === null ? 'NO SEED' : isKnown ? `${seed} as before` : `seed: ${seed}`;
  process.stdout.write(`${verdict.padEnd(18)} ${regression.story}\n`);
  if (seed === null) process.exitCode = 1;
}
