// npm run model -- [--arbiter NAME] [--deep] [--mutants [--story]]
// Searches the record protocol under each arbiter and prints what was searched; exit code 1 when an invariant is broken or a
// state is stuck. With --mutants each rule is switched off in turn: exit code 1 when one of them is missed by nobody.
import { parseArgs } from 'node:util';
import { lanAssumptions } from './lanAssumptions.ts';
import type { ArbiterName } from './move.ts';
import { mutants, searchWithout } from './mutants.ts';
import type { Rules } from './rules.ts';
import { allRules, rulesWithout } from './rules.ts';
import type { Result } from './search.ts';
import { search } from './search.ts';
import { storyOf } from './story.ts';

const { values } = parseArgs({
  options: {
    arbiter: { type: 'string' },
    deep: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
    story: { type: 'boolean', default: false },
  },
});

const arbiters: readonly ArbiterName[] = ['lan', 'etcd', 'fence', 'manual'];
/** The others have requests under way besides, and take minutes with two statements each way: --deep. */
const twoUnderWay: readonly ArbiterName[] = ['lan', 'manual'];
const print = (line: string): void => void process.stdout.write(`${line}\n`);

function isAsked(arbiter: ArbiterName): boolean {
  return values.arbiter === undefined || values.arbiter === arbiter;
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

function checkArbiter(arbiter: ArbiterName): boolean {
  if (arbiter === 'lan') {
    for (const { name, rule, text } of lanAssumptions)
      print(`lan assumes ${name} (${rule}): ${text}`);
  }
  const two = values.deep || twoUnderWay.includes(arbiter);
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

function checkMutant({ rule, arbiter }: (typeof mutants)[number]): boolean {
  const { result, seconds } = timed(() => searchWithout(rule));
  const steps = (result.finding?.path.length ?? 1) - 1;
  const found =
    result.finding === null ? 'NOT FOUND' : `${result.finding.what} after ${steps} steps`;
  print(`${arbiter} without ${rule}: ${found}, ${result.states} states, ${seconds} s`);
  if (values.story) printStory(result, rulesWithout(rule));
  return result.finding !== null;
}

const verdicts = values.mutants
  ? mutants.filter(({ arbiter }) => isAsked(arbiter)).map(checkMutant)
  : arbiters.filter(isAsked).map(checkArbiter);
if (values.mutants) print(`${verdicts.filter(Boolean).length} of ${verdicts.length} found`);
process.exitCode = verdicts.length > 0 && verdicts.every(Boolean) ? 0 : 1;
