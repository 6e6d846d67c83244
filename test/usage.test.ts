// The commands of the proof refuse what they do not understand with a sentence, never with a stack trace or a run of nothing;
// a reader that goes away ends them without a word.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { readerGoneStatus } from './usage.ts';

for (const [program, words, sentence] of [
  ['simulator/main', '--fast', "Unknown option '--fast'"],
  ['simulator/main', '--seeds -1', '--seeds takes a value, which does not begin with a dash'],
  ['simulator/main', '--seed', '--seed takes a value'],
  ['simulator/main', '--trace=1', "Option '--trace' does not take an argument"],
  ['simulator/main', '7', "Unexpected argument '7'"],
  ['simulator/main', '--hours 0', '--hours takes a number of simulated hours above 0, up to 1000,'],
  ['simulator/main', '--mutant=no-such-rule', "--mutant: there is no mutant 'no-such-rule'"],
  ['simulator/heartbeatLossMain', '--hours -1', '--hours takes a value, which does not begin with'],
  ['simulator/heartbeatLossMain', '--percent 101', '--percent takes a whole number from 0 to 100,'],
  ['simulator/findRegressions', '--seeds all', '--seeds takes a whole number from 1 to 1000000,'],
  ['simulator/findRegressions', 'no-such-story', "no story has the words 'no-such-story'"],
  ['simulator/findRegressions', '--seeds -1', '--seeds takes a value, which does not begin with a'],
  ['mutants/main', '--only=no-such-rule', "there is no mutant 'no-such-rule'"],
  ['mutants/main', '--budget=none', "--budget takes a whole number from 1 to 10000000, not 'none'"],
  ['mutants/main', '--budget -1', '--budget takes a value, which does not begin with a dash'],
  ['model/main', '--arbiter=coin', "--arbiter takes lan or etcd or fence or manual, not 'coin'"],
  ['model/main', '--story', '--story goes with --mutants'],
  ['scenario/main', 'Z99', "no scenario has a name that begins 'Z99'"],
  ['scenario/main', '--rewrite=yes', "Option '--rewrite' does not take an argument"],
] as const) {
  test(`test/${program}.ts ${words} is refused`, (t) => {
    const main = join(import.meta.dirname, `${program}.ts`);
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words.split(' ')], {
      encoding: 'utf8',
    });
    t.deepEqual([status, stdout], [2, '']);
    const [said = '', usage, ...rest] = stderr.trimEnd().split('\n');
    t.true(said.startsWith(sentence), said);
    t.regex(usage ?? '', /^(npm run [a-z-]+ -- \[--|node test\/simulator\/[a-zA-Z]+\.ts \[)/u);
    t.deepEqual(rest, []);
  });
}

for (const [command, ...words] of [
  ['simulator', '--seed=1', '--trace'],
  ['model', '--arbiter=lan'],
  ['mutants', '--rules'],
  ['scenario', 'A01'],
] as const) {
  test(`test/${command}/main.ts ends quietly when its reader goes away`, async (t) => {
    const main = join(import.meta.dirname, command, 'main.ts');
    const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (bytes: Buffer) => {
      stderr += bytes.toString();
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    t.is(status, readerGoneStatus);
    t.is(stderr, '');
  });
}
