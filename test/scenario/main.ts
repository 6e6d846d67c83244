// npm run scenarios -- [--rewrite] [name ...]
// Plays the scenarios whose names begin so, or all, and compares the story of each with its file; with --rewrite the file
// gets the new story, unless an expectation of the script is not met.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { difference } from './difference.ts';
import { playScenario } from './play.ts';
import { scenarioFiles } from './scenarioFiles.ts';
import type { ScenarioFile } from './scenarioFiles.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rewrite: { type: 'boolean', default: false } },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const files = scenarioFiles(positionals);
const outcomes = files.map(playFile);
const [failed, changed] = [count('failed'), count('changed')];
print(
  `${files.length} scenarios: ${failed} failed, ${changed} ${values.rewrite ? 'rewritten' : 'different'}`,
);
const isGood = files.length > 0 && failed === 0 && (values.rewrite || changed === 0);
process.exitCode = isGood ? 0 : 1;

function count(outcome: string): number {
  return outcomes.filter((one) => one === outcome).length;
}

function playFile({ name, path, text }: ScenarioFile): 'failed' | 'changed' | 'same' {
  const played = playScenario(name, text);
  if (played.failure !== null) {
    print(`${played.failure}\nthe story up to there:\n${lastLines(played.text)}`);
    return 'failed';
  }
  if (played.text === text) return 'same';
  if (values.rewrite) writeFileSync(path, played.text);
  else print(`${name} tells another story:\n${difference(text, played.text)}`);
  return 'changed';
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-60).join('\n');
}
