// node test/simulator/findRegressions.ts [--write] [--seeds N] [WORDS OF A STORY]
// Looks on the stage of every story of regressions/, or of those that have these words, whether its seed still shows it, and else
// for the first one that does; --write puts that into the file. After a change of the world or of the core a seed may show its story
// no longer. Exit code 1 where a story has none, or where the core itself breaks; 2 when the arguments are not understood.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand, UsageError, wholeNumber } from '../usage.ts';
import type { Core } from './core.ts';
import { shippedCore } from './loadCore.ts';
import { coreBeforeLater, coreWithout, violationIn } from './regression.ts';
import type { Regression } from './regression.ts';
import { regressions } from './regressions.ts';

const usage = 'node test/simulator/findRegressions.ts [--write] [--seeds N] [WORDS OF A STORY]';

type Wanted = {
  readonly stories: readonly Regression[];
  readonly seeds: number;
  readonly write: boolean;
};

function readArguments(): Wanted {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      write: { type: 'boolean', default: false },
      seeds: { type: 'string', default: '300' },
    },
  });
  const words = positionals.join(' ');
  const stories = regressions.filter(({ story }) => story.includes(words));
  if (stories.length === 0) throw new UsageError(`no story has the words '${words}'`);
  const seeds = wholeNumber('--seeds', values.seeds, 1, 1_000_000);
  return { stories, seeds, write: values.write };
}

let isClean = true;

async function seedFor(regression: Regression, seeds: number): Promise<number | null> {
  const core = await coreWithout(regression);
  const before = regression.later && (await coreBeforeLater(regression, regression.later));
  const others = Array.from({ length: seeds }, (_, index) => index + 1);
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
  isClean = false;
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

async function main(): Promise<number> {
  const wanted = readArguments();
  for (const regression of wanted.stories) {
    const seed = await seedFor(regression, wanted.seeds);
    const isNew = seed !== null && seed !== regression.seed;
    if (isNew && wanted.write) write(regression, seed);
    const verdict = seed === null ? 'NO SEED' : `${isNew ? 'seed:' : 'as before:'} ${seed}`;
    process.stdout.write(`${verdict.padEnd(16)} ${regression.story}\n`);
    if (seed === null || (isNew && !wanted.write)) isClean = false;
  }
  return isClean ? 0 : 1;
}

await runCommand(usage, main);
