// npm run scenarios: plays the scenarios whose names begin so, or all, and compares the story of each with its file; with --rewrite the file
// gets the new story, unless an expectation of the script is not met. Exit code 1 when one differs or fails, 2 when the
// arguments are not understood.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runCommand, UsageError } from '../usage.ts';
import { difference } from './difference.ts';
import { playScenario } from './play.ts';
import { scenarioFiles } from './scenarioFiles.ts';
import type { ScenarioFile } from './scenarioFiles.ts';

const usage = 'npm run scenarios -- [--rewrite] [BEGINNING OF A NAME ...]';
const print = (line: string): void => void process.stdout.write(`${line}\n`);

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rewrite: { type: 'boolean', default: false } },
  });
  const unknown = positionals.find((begin) => scenarioFiles([begin]).length === 0);
  if (unknown !== undefined)
    throw new UsageError(`no scenario has a name that begins '${unknown}'`);
  const outcomes = scenarioFiles(positionals).map((file) => playFile(file, values.rewrite));
  const failed = outcomes.filter((outcome) => outcome === 'failed').length;
  const changed = outcomes.filter((outcome) => outcome === 'changed').length;
  print(
    `${outcomes.length} scenarios: ${failed} failed, ${changed} ${values.rewrite ? 'rewritten' : 'different'}`,
  );
  return failed === 0 && (values.rewrite || changed === 0) ? 0 : 1;
}

function playFile(
  { name, path, text }: ScenarioFile,
  rewrite: boolean,
): 'failed' | 'changed' | 'same' {
  const played = playScenario(name, text);
  if (played.failure !== null) {
    print(`${played.failure}\nthe story up to there:\n${lastLines(played.text)}`);
    return 'failed';
  }
  if (played.text === text) return 'same';
  if (rewrite) writeFileSync(path, played.text);
  else print(`${name} tells another story:\n${difference(text, played.text)}`);
  return 'changed';
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-60).join('\n');
}

await runCommand(usage, main);
