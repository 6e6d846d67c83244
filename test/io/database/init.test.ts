// The first and the second node's database: made, adopted, joined, and what is refused.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { cloneFromPeer, initCluster } from '../../../src/io/database/init.ts';
import { systemUser } from '../../../src/io/database/systemUser.ts';
import { ask, codeOf, layOutPair, removePair, until } from './loopbackPair.ts';

const asPrimary = { role: 'primary', synchronous: false, admitted: true } as const;

test('an existing cluster is adopted with its rows, and adopting it twice changes nothing', async (t) => {
  const pair = await layOutPair();
  t.teardown(async () => removePair(pair));
  const { options, database } = pair.a;
  const bin = '/usr/lib/postgresql/15/bin';
  const { uid, gid } = systemUser('postgres');
  const asUser = { uid, gid, cwd: '/', env: { PATH: '/usr/bin:/bin' }, stdio: 'pipe' } as const;
  execFileSync(`${bin}/initdb`, ['-D', options.dataDirectory, '-A', 'trust', '-N'], asUser);
  execFileSync(`${bin}/postgres`, ['--single', '-D', options.dataDirectory, 'postgres'], {
    ...asUser,
    input: 'CREATE TABLE old AS SELECT 42 AS answer\n',
  });
  t.like(await initCluster(options, () => {}), { adopted: true, majorVersion: 15, timeline: 1 });
  t.like(await initCluster(options, () => {}), { adopted: true });
  await database.start(asPrimary);
  t.deepEqual(await ask(pair.a, 'SELECT answer FROM old'), [{ answer: 42 }]);
  t.is(await codeOf(initCluster(options, () => {})), 'DATABASE_RUNNING');
});

test('a joined node has the data of the first, and neither is put where something is', async (t) => {
  const pair = await layOutPair();
  t.teardown(async () => removePair(pair));
  const first = await initCluster(pair.a.options, () => {});
  t.false(first.adopted);
  mkdirSync(pair.b.options.dataDirectory);
  writeFileSync(join(pair.b.options.dataDirectory, 'holiday.jpg'), '');
  t.is(await codeOf(initCluster(pair.b.options, () => {})), 'DATABASE_NOT_EMPTY');
  t.is(await codeOf(cloneFromPeer(pair.b.options, () => {})), 'DATABASE_NOT_EMPTY');
  t.true(existsSync(join(pair.b.options.dataDirectory, 'holiday.jpg')));

  await pair.a.database.start(asPrimary);
  const elsewhere = { ...pair.b.options, dataDirectory: `${pair.b.options.dataDirectory}2` };
  const lines: string[] = [];
  const joined = await cloneFromPeer(elsewhere, ({ text }) => void lines.push(text));
  t.like(joined, { systemId: first.systemId, majorVersion: 15 });
  t.true(lines.some((line) => line.includes('%')));
  t.is(await codeOf(initCluster(elsewhere, () => {})), 'DATABASE_STANDBY');
  t.is((await until(pair.a, (look) => look.answering)).systemId, first.systemId);
});

test('a wrong password, missing programs, an unknown user, a closed parent: one code each', async (t) => {
  const pair = await layOutPair();
  t.teardown(async () => removePair(pair));
  await initCluster(pair.a.options, () => {});
  await pair.a.database.start(asPrimary);
  const { options } = pair.b;
  const join_ = async (change: Partial<typeof options>): Promise<string> =>
    codeOf(cloneFromPeer({ ...options, ...change }, () => {}));
  t.is(
    await codeOf(initCluster({ ...options, binDirectory: '/nowhere' }, () => {})),
    'DATABASE_BINARIES',
  );
  t.is(await codeOf(initCluster({ ...options, user: 'nobody-here' }, () => {})), 'DATABASE_USER');
  t.is(await codeOf(initCluster({ ...options, user: 'root' }, () => {})), 'DATABASE_USER');
  t.is(await join_({ replicationPassword: 'sesame' }), 'DATABASE_PASSWORD');
  const closed = join(pair.root, 'closed');
  mkdirSync(closed);
  chmodSync(closed, 0o700);
  t.is(await join_({ dataDirectory: join(closed, 'data') }), 'DATABASE_OWNER');
  t.false(existsSync(options.dataDirectory));
});
