// node test/simulator/findRegressions.ts [--write] [--seeds N] [WORDS OF A STORY]
// Looks on the stage of every story of regressions/, or of those that have these words, whether its seed still shows it, and else
// for the first one that does; --write puts that into the file. After a change of the world or of the core a seed may show its story
// no longer. Exit code 1 where a story has none, or where the core itself breaks.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Core } from './core.ts';
import { shippedCore } from './loadCore.ts';
import { coreBeforeLater, coreWithout, violationIn } from './regression.ts';
import type { Regression } from './regression.ts';
import { regressions } from './regressions.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '300' },
  },
});
const words = positionals.join(' ');

async function seedFor(regression: Regression): Promise<number | null> {
  const core = await coreWithout(regression);
  const before = regression.later && (await coreBeforeLater(regression, regression.later));
  const others = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
  for (const seed of [regression.seed, ...others]) {
    const own = violationIn(shippedCore, seed, regression);
    if (own !== null) fail(`the core itself breaks in seed ${seed}, ${own.invariant}: ${own.text}`);
    else if (breaks(core, seed, regression) && !breaks(before, seed, regression)) return seed;
  }
  return null;
}

function breaks(core: Core | undefined, seed: number, regression: Regression): boolean {
  return core !== undefined && violationIn(core, seed, regression) !== null;
}

function fail(text: string): void {
  process.stdout.write(`${text}\n`);
  process.exitCode = 1;
}

/** The seed stands in the line after its story. */
function write({ story, seed: old }: Regression, seed: number): void {
  const folder = join(import.meta.dirname, 'regressions');
  for (const name of readdirSync(folder)) {
    const source = readFileSync(join(folder, name), 'utf8');
    const at = source.indexOf(story);
    if (at < 0) continue;
    const place = source.indexOf(`seed: ${old},`, at);
    const after = `${source.slice(0, place)}seed: ${seed},${source.slice(place + `seed: ${old},`.length)}`;
    writeFileSync(join(folder, name), after);
    return;
  }
  fail(`no file has the story: ${story}`);
}

for (const regression of regressions) {
  if (!regression.story.includes(words)) continue;
  const seed = await seedFor(regression);
  const isNew = seed !== null && seed !== regression.seed;
  if (isNew && values.write) write(regression, seed);
  const verdict = seed === null ? 'NO SEED' : `${isNew ? 'seed:' : 'as before:'} ${seed}`;
  process.stdout.write(`${verdict.padEnd(16)} ${regression.story}\n`);
  if (seed === null || (isNew && !values.write)) process.exitCode = 1;
}
