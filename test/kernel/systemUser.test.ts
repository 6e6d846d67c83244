// Users as the system's own tools know them, and programs that run as one with all of his groups.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { runProgram } from '../../src/kernel/programRun.ts';
import { findUser } from '../../src/kernel/systemUser.ts';
import type { SystemUser } from '../../src/kernel/systemUser.ts';

const somebody: SystemUser = { name: 'somebody', uid: 65_534, gid: 65_533, home: '/', groups: [] };

function run(user: SystemUser | null, ...command: readonly string[]) {
  const surroundings = { directory: '/', environment: { PATH: '/usr/bin:/bin' }, openFiles: null };
  return runProgram({ ...surroundings, command, user, deadlineMs: 10_000 });
}

test('a user is in the groups that the system says', (t) => {
  const names = readFileSync('/etc/passwd', 'utf8').split('\n').slice(0, -1);
  t.true(names.length > 3);
  for (const name of names.map((line) => line.split(':')[0] ?? '')) {
    const said = execFileSync('id', ['-G', name], { encoding: 'utf8' }).trim().split(' ');
    const user = findUser(name);
    const known = new Set([user?.gid, ...(user?.groups ?? [])].map(String));
    t.deepEqual([...known].toSorted(), said.toSorted(), name);
  }
});

test('a program has the groups of its user and no other', async (t) => {
  const groups = [4, 65_000];
  t.like(await run({ ...somebody, groups }, '/usr/bin/id', '-G'), { output: '65533 4 65000\n' });
  t.like(await run({ ...somebody, groups }, '/usr/bin/id', '-u'), { output: '65534\n' });
  t.like(await run(somebody, '/usr/bin/id', '-G'), { output: '65533\n' });
  t.like(await run(null, '/usr/bin/id', '-G'), { output: '0\n' });
});

test('a program that cannot be run is told in the same words, whatever groups its user has', async (t) => {
  for (const groups of [[], [4]]) {
    const user = { ...somebody, groups };
    t.deepEqual(await run(user, '/nowhere/pbx'), {
      type: 'notRun',
      text: '/nowhere/pbx is not there',
    });
    const closed = await run(user, '/etc/passwd');
    t.regex(
      closed.type === 'notRun' ? closed.text : '',
      /^\/etc\/passwd may not be run as somebody/,
    );
  }
});
