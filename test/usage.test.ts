// The commands of the proof refuse what they do not understand with a sentence, never with a stack trace or a run of nothing;
// a reader that goes away ends them without a word.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { readerGoneStatus } from './usage.ts';

for (const [command, argument, sentence] of [
  ['simulator', '--fast', "Unknown option '--fast'"],
  ['simulator', '--mutant=no-such-rule', "--mutant: there is no mutant 'no-such-rule'"],
  ['mutants', '--only=no-such-rule', "there is no mutant 'no-such-rule'"],
  ['mutants', '--budget=none', "--budget takes a whole number from 1 to 10000000, not 'none'"],
  ['model', '--arbiter=coin', "--arbiter takes lan or etcd or fence or manual, not 'coin'"],
  ['scenario', 'Z99', "no scenario has a name that begins 'Z99'"],
] as const) {
  test(`test/${command}/main.ts ${argument} is refused`, (t) => {
    const main = join(import.meta.dirname, command, 'main.ts');
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, argument], {
      encoding: 'utf8',
    });
    t.is(status, 2);
    t.is(stdout, '');
    const [said, usage, ...rest] = stderr.trimEnd().split('\n');
    t.is(said, sentence);
    t.regex(usage ?? '', /^npm run [a-z]+ -- \[--/u);
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
