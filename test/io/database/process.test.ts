// PostgreSQL as a process: its end is noticed, its remains are cleared, strangers are left alone.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { isAlive } from '../../../src/io/database/postmaster.ts';
import { initCluster } from '../../../src/io/database/init.ts';
import {
  codeOf,
  foreignProcess,
  layOutPair,
  removePair,
  reopen,
  untilTrue,
} from './loopbackPair.ts';
import type { LoopbackPair } from './loopbackPair.ts';
import { childrenTitled } from '../../../src/io/database/postmaster.ts';

let pair: LoopbackPair;

const asPrimary = { role: 'primary', synchronous: false, admitted: true } as const;

test.before(async () => {
  pair = await layOutPair({ binDirectory: '/usr/lib/postgresql/15/bin' });
  await initCluster(pair.a.options, () => {});
  await pair.a.database.start(asPrimary);
});

test.after.always(async () => {
  await removePair(pair);
});

function pidPath(): string {
  return join(pair.a.options.dataDirectory, 'postmaster.pid');
}

function postmaster(): number {
  return Number(readFileSync(pidPath(), 'utf8').split('\n')[0]);
}

async function killAndRestart(): Promise<void> {
  const pid = postmaster();
  const seen = pair.a.exits.length;
  process.kill(pid, 'SIGKILL');
  await untilTrue(() => pair.a.exits.length > seen);
  await pair.a.database.start(asPrimary);
}

test.serial(
  'the end of its own postmaster is reported with its signal, and a start follows',
  async (t) => {
    const pid = postmaster();
    await killAndRestart();
    t.deepEqual(pair.a.exits, [{ pid, code: null, signal: 'SIGKILL' }]);
    t.true((await pair.a.database.observe(1_000)).answering);
  },
);

test.serial('a restarted agent adopts what runs, and notices its end', async (t) => {
  const pid = postmaster();
  await reopen(pair.a);
  t.like(await pair.a.database.observe(1_000), { running: true, answering: true, admitted: true });
  t.is(await codeOf(pair.a.database.start(asPrimary)), 'DATABASE_RUNNING');
  pair.a.exits.length = 0;
  process.kill(pid, 'SIGKILL');
  await untilTrue(() => pair.a.exits.length === 1);
  t.deepEqual(pair.a.exits, [{ pid, code: null, signal: null }]);
  await pair.a.database.start(asPrimary);
});

test.serial('backends that outlive their postmaster do not stop a start', async (t) => {
  const pid = postmaster();
  const backends = childrenTitled(pid, 'hotpair');
  t.true(backends.length > 0);
  // Stopped, so that they cannot notice that their postmaster has gone.
  for (const backend of backends) process.kill(backend, 'SIGSTOP');
  await killAndRestart();
  t.deepEqual(backends.filter(isAlive), []);
});

test.serial(
  'a stale postmaster.pid with the number of a foreign process: start, and leave it alone',
  async (t) => {
    await pair.a.database.stop({ how: 'clean', deadlineMs: 10_000 });
    const foreign = foreignProcess('postgres');
    t.teardown(foreign.end);
    const { dataDirectory, socketDirectory, port } = pair.a.options;
    const lock = join(socketDirectory, `.s.PGSQL.${port}.lock`);
    const lines = [
      foreign.pid,
      dataDirectory,
      1_700_000_000,
      port,
      socketDirectory,
      '',
      '',
      'ready',
    ];
    writeFileSync(pidPath(), `${lines.join('\n')}\n`);
    writeFileSync(lock, `${lines.slice(0, 5).join('\n')}\n`);
    t.false((await pair.a.database.observe(1_000)).running);
    await pair.a.database.start(asPrimary);
    t.true(isAlive(foreign.pid));
    t.not(postmaster(), foreign.pid);
  },
);

test.serial('a stop never signals the foreign process in a stale postmaster.pid', async (t) => {
  await pair.a.database.stop({ how: 'now', deadlineMs: 5_000 });
  const foreign = foreignProcess('postgres');
  t.teardown(foreign.end);
  writeFileSync(pidPath(), `${foreign.pid}\n${pair.a.options.dataDirectory}\n`);
  await pair.a.database.stop({ how: 'now', deadlineMs: 1_000 });
  t.true(isAlive(foreign.pid));
  await pair.a.database.start(asPrimary);
});

test.serial(
  'a clean stop tells the end of the log, a paused server is ended hard in time',
  async (t) => {
    const look = await pair.a.database.observe(1_000);
    const clean = await pair.a.database.stop({ how: 'clean', deadlineMs: 10_000 });
    t.like(clean, { clean: true, timeline: 1 });
    t.true((clean.lsn ?? 0n) > (look.lsn ?? 0n));
    t.like(await pair.a.database.observe(1_000), { running: false, lsn: clean.lsn });
    await pair.a.database.start(asPrimary);
    const pid = postmaster();
    process.kill(pid, 'SIGSTOP');
    const began = performance.now();
    t.like(await pair.a.database.stop({ how: 'clean', deadlineMs: 200 }), { clean: false });
    t.true(performance.now() - began < 2_000);
    t.false(isAlive(pid));
    await pair.a.database.start(asPrimary);
  },
);

test.serial('a stop that comes while a start prepares leaves nothing running', async (t) => {
  await pair.a.database.stop({ how: 'clean', deadlineMs: 10_000 });
  const started = codeOf(pair.a.database.start(asPrimary));
  await pair.a.database.stop({ how: 'now', deadlineMs: 2_000 });
  t.is(await started, 'DATABASE_SUPERSEDED');
  t.false((await pair.a.database.observe(500)).running);
  await pair.a.database.start(asPrimary);
});

test.serial(
  'a start that PostgreSQL refuses is refused with its reason, and nothing is left',
  async (t) => {
    await pair.a.database.stop({ how: 'clean', deadlineMs: 10_000 });
    const path = join(pair.a.options.dataDirectory, 'postgresql.conf');
    const good = readFileSync(path, 'utf8');
    writeFileSync(path, `nonsense = 1\n${good}`);
    const error = await t.throwsAsync(pair.a.database.start(asPrimary));
    t.like(error, { code: 'DATABASE_START' });
    t.false(existsSync(pidPath()));
    writeFileSync(path, good);
    await pair.a.database.start(asPrimary);
  },
);

test.serial(
  'missing data, a damaged control file, another owner: one code each, nothing changed',
  async (t) => {
    const { options } = pair.b;
    t.is(await codeOf(pair.b.database.start(asPrimary)), 'DATABASE_MISSING');
    t.like(await pair.b.database.observe(500), {
      present: false,
      running: false,
      answering: false,
    });
    await initCluster(options, () => {});
    const control = join(options.dataDirectory, 'global/pg_control');
    const whole = readFileSync(control);
    writeFileSync(control, Buffer.alloc(whole.length));
    t.is(await codeOf(pair.b.database.start(asPrimary)), 'DATABASE_CONTROL');
    writeFileSync(control, whole);
    const { chownSync, statSync } = await import('node:fs');
    const { uid, gid } = statSync(options.dataDirectory);
    chownSync(options.dataDirectory, 0, 0);
    t.is(await codeOf(pair.b.database.start(asPrimary)), 'DATABASE_OWNER');
    chownSync(options.dataDirectory, uid, gid);
    writeFileSync(join(options.dataDirectory, 'PG_VERSION'), '14\n');
    await reopen(pair.b);
    t.is(await codeOf(pair.b.database.start(asPrimary)), 'DATABASE_VERSION');
    rmSync(options.dataDirectory, { recursive: true });
  },
);
