// npm run model: searches the record protocol under each arbiter and prints what was searched; exit code 1 when an invariant is broken or a
// state is stuck. With --mutants each rule is switched off in turn: exit code 1 when one of them is missed by nobody. Arguments
// that are not understood: 2.
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { runCommand, UsageError } from '../usage.ts';
import { lanAssumptions } from './lanAssumptions.ts';
import type { ArbiterName } from './move.ts';
import { mutants, searchWithout } from './mutants.ts';
import type { Rules } from './rules.ts';
import { allRules, rulesWithout } from './rules.ts';
import type { Result } from './search.ts';
import { search } from './search.ts';
import { storyOf } from './story.ts';

const usage = 'npm run model -- [--arbiter lan|etcd|fence|manual] [--deep] [--mutants [--story]]';

type Wanted = {
  readonly arbiters: readonly ArbiterName[];
  readonly deep: boolean;
  readonly mutants: boolean;
  readonly story: boolean;
};

const arbiters: readonly ArbiterName[] = ['lan', 'etcd', 'fence', 'manual'];
/** The others have requests under way besides, and take minutes with two statements each way: --deep. */
const twoUnderWay: readonly ArbiterName[] = ['lan', 'manual'];
const print = (line: string): void => void process.stdout.write(`${line}\n`);

function readArguments(): Wanted {
  const { values } = parseArgs({
    options: {
      arbiter: { type: 'string' },
      deep: { type: 'boolean', default: false },
      mutants: { type: 'boolean', default: false },
      story: { type: 'boolean', default: false },
    },
  });
  const { arbiter } = values;
  const asked = arbiters.filter((name) => arbiter === undefined || arbiter === name);
  if (asked.length === 0)
    throw new UsageError(`--arbiter takes ${arbiters.join(' or ')}, not '${arbiter}'`);
  if (values.story && !values.mutants) throw new UsageError('--story goes with --mutants');
  return { ...values, arbiters: asked };
}

function timed(run: () => Result): { readonly result: Result; readonly seconds: string } {
  const began = performance.now();
  const result = run();
  return { result, seconds: ((performance.now() - began) / 1000).toFixed(1) };
}

function printStory(result: Result, rules: Rules): void {
  if (result.finding === null) return;
  for (const line of storyOf(result.finding, result.arbiter, rules)) print(line);
}

async function checkArbiter(arbiter: ArbiterName, { deep }: Wanted): Promise<boolean> {
  if (arbiter === 'lan') {
    for (const { name, rule, text } of lanAssumptions)
      print(`lan assumes ${name} (${rule}): ${text}`);
  }
  // A search takes minutes and is not interrupted: a reader that has gone away is noticed before it.
  await setImmediate();
  const two = deep || twoUnderWay.includes(arbiter);
  const { result, seconds } = timed(() => search(arbiter, allRules, { twoUnderWay: two }));
  const violations = result.finding === null || result.stuck > 0 ? 0 : 1;
  const rest = result.complete
    ? 'complete'
    : `incomplete, ${result.beyond} moves beyond the bounds`;
  print(
    `${arbiter}, ${two ? 'two statements' : 'one statement'} under way each way: ${result.states} states, ${result.transitions} transitions, depth ${result.depth}, ${seconds} s, ` +
      `${violations} violations, ${result.stuck} stuck states, ${rest}`,
  );
  printStory(result, allRules);
  return result.finding === null && result.complete && result.healthy > 0;
}

function checkMutant({ rule, arbiter }: (typeof mutants)[number], { story }: Wanted): boolean {
  const { result, seconds } = timed(() => searchWithout(rule));
  const steps = (result.finding?.path.length ?? 1) - 1;
  const found =
    result.finding === null ? 'NOT FOUND' : `${result.finding.what} after ${steps} steps`;
  print(`${arbiter} without ${rule}: ${found}, ${result.states} states, ${seconds} s`);
  if (story) printStory(result, rulesWithout(rule));
  return result.finding !== null;
}

async function main(): Promise<number> {
  const wanted = readArguments();
  const verdicts: boolean[] = [];
  if (wanted.mutants) {
    const concerned = mutants.filter(({ arbiter }) => wanted.arbiters.includes(arbiter));
    for (const mutant of concerned) verdicts.push(checkMutant(mutant, wanted));
  } else {
    for (const arbiter of wanted.arbiters) verdicts.push(await checkArbiter(arbiter, wanted));
  }
  if (wanted.mutants) print(`${verdicts.filter(Boolean).length} of ${verdicts.length} found`);
  return verdicts.length > 0 && verdicts.every(Boolean) ? 0 : 1;
}

await runCommand(usage, main);
