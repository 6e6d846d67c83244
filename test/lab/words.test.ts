// What the lab does not understand it refuses with one sentence and status 2, before anything is made.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';

const main = join(import.meta.dirname, 'main.ts');
const env = { ...process.env, HOTPAIR_LAB: 'words' };

for (const [words, sentence] of [
  ['nothing', 'no command is called nothing; scripts/lab help has them'],
  ['constructor', 'no command is called constructor; scripts/lab help has them'],
  ['suite --list', "Unknown option '--list'"],
  ['suite everything', 'suite: everything is not expected here'],
  ['suite --runs -1', '--runs takes a value, which does not begin with a dash'],
  ['suite --runs 1.5', "--runs takes a whole number from 1 to 1000, not '1.5'"],
  ['suite --only Z99', 'no trial is called Z99; scripts/lab list has them'],
  [
    'suite --only A01 --report /proc/x',
    "--report takes a directory that can be written, not '/proc/x'",
  ],
  ['soak --trials many', "--trials takes a whole number from 1 to 1000000, not 'many'"],
  ['soak --seed', '--seed takes a value'],
  ['trial', 'no trial is called (nothing); scripts/lab list has them'],
  ['trial A01 A02', 'trial: A02 is not expected here'],
  ['trial A01 --minutes 0', "--minutes takes a number above 0, up to 1440, not '0'"],
  ['fault no-such-fault', 'no fault is called no-such-fault; scripts/lab list has them'],
  ['up --arbiter coin', "--arbiter takes lan or etcd or fence, not 'coin'"],
  ['shell box-c', 'shell: name box-a, box-b or client'],
  ['demo --fast', "Unknown option '--fast'"],
  ['list all', 'list: all is not expected here'],
] as const) {
  test(`scripts/lab ${words} is refused`, (t) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', main, ...words.split(' ')],
      {
        encoding: 'utf8',
        env,
        timeout: 20_000,
      },
    );
    const [said = '', ...rest] = stderr.split('\n');
    t.true(said.startsWith(`lab: ${sentence}`) && rest.join('') === '', stderr);
    t.deepEqual([status, stdout], [2, '']);
    t.false(existsSync('/run/hotpair-labwords'));
  });
}

test('scripts/lab without a word tells what there is', (t) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main],
    { encoding: 'utf8' },
  );
  t.deepEqual([status, stderr], [0, '']);
  t.regex(stdout, /^usage: scripts\/lab COMMAND\n/);
});
