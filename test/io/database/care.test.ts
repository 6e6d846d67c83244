// The wide look at real databases: what is set by hand, what a standby has differently, damaged pages.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import pg from 'pg';
import { ask, removePair, reopen, startPair, until, untilTrue } from './loopbackPair.ts';
import type { Box, LoopbackPair } from './loopbackPair.ts';

let pair: LoopbackPair;

test.before(async () => {
  pair = await startPair();
});

test.after.always(async () => {
  await removePair(pair);
});

async function findingsOf(box: Box): Promise<ReadonlyMap<string, string>> {
  const { findings } = await box.database.care.look(5_000);
  return new Map(findings.map(({ name, text }) => [name, text]));
}

test.serial('a healthy pair has no findings, and its figures are told', async (t) => {
  const look = await pair.a.database.care.look(5_000);
  t.deepEqual(
    look.findings.filter(({ name }) => !name.startsWith('disk')),
    [],
  );
  t.true(look.freeBytes > 0);
  t.true(look.slotBudgetMb >= 64);
  const conf = readFileSync(join(pair.a.options.dataDirectory, 'hotpair.conf'), 'utf8');
  t.true(conf.includes(`max_slot_wal_keep_size = '${look.slotBudgetMb}MB'`));
  t.deepEqual(
    [...(await findingsOf(pair.b)).keys()].filter((name) => !name.startsWith('disk')),
    [],
  );
});

test.serial('D04: a role whose commits do not wait is named, with its sessions', async (t) => {
  await ask(pair.a, 'CREATE ROLE careless');
  await ask(pair.a, 'ALTER ROLE careless SET synchronous_commit = local');
  await ask(pair.a, 'ALTER DATABASE postgres SET synchronous_commit = remote_apply');
  const text = (await findingsOf(pair.a)).get('commitsUnprotected') ?? '';
  t.true(text.includes('role careless (local, 0 sessions)'));
  t.false(text.includes('remote_apply'));
  await ask(pair.a, 'ALTER ROLE careless RESET synchronous_commit');
  await ask(pair.a, 'ALTER DATABASE postgres RESET synchronous_commit');
  t.false((await findingsOf(pair.a)).has('commitsUnprotected'));
});

test.serial('D18: a decisive setting that ALTER SYSTEM changed is changed back', async (t) => {
  await ask(pair.a, 'ALTER SYSTEM SET synchronous_commit = off');
  await ask(pair.a, 'ALTER SYSTEM SET work_mem = 4097');
  await ask(pair.a, 'SELECT pg_reload_conf()');
  await untilTrue(async () => (await shown(pair.a, 'synchronous_commit')) === 'off');
  await findingsOf(pair.a);
  await untilTrue(async () => (await shown(pair.a, 'synchronous_commit')) === 'on');
  t.is(await shown(pair.a, 'work_mem'), '4097kB');
});

async function shown(box: Box, name: string): Promise<unknown> {
  return (await ask(box, `SHOW ${name}`))[0]?.[name];
}

test.serial('D16: a standby with other settings than its primary says which', async (t) => {
  await pair.b.database.reconfigure(
    { extraSettings: { shared_buffers: '16MB', work_mem: '8MB' }, hba: [] },
    { deadlineMs: 5_000 },
  );
  // As a restarted agent: it asks its primary at its first look.
  pair.b.database = (await reopened(pair.b)).database;
  const text = (await findingsOf(pair.b)).get('settingsDiffer') ?? '';
  t.regex(text, /work_mem \(8192 here, 4097 on the primary\)/);
});

async function reopened(box: Box): Promise<Box> {
  const options = { ...box.options, extraSettings: { shared_buffers: '16MB', work_mem: '8MB' } };
  const other = { ...box, options };
  await reopen(other);
  return other;
}

test.serial('a standby whose replay is held is of no use for a takeover', async (t) => {
  await askStandby('SELECT pg_wal_replay_pause()');
  const { findings } = await pair.b.database.care.look(5_000);
  t.deepEqual(findings.find(({ name }) => name === 'replayHeld')?.unfit, {
    code: 'DATABASE_REPLAY_HELD',
  });
  await askStandby('SELECT pg_wal_replay_resume()');
  t.false((await findingsOf(pair.b)).has('replayHeld'));
});

test.serial('D15: a damaged page of the standby makes it unfit', async (t) => {
  await ask(pair.a, 'CREATE TABLE page AS SELECT generate_series(1, 2000) AS number');
  await ask(pair.a, 'CHECKPOINT');
  const [place] = await ask(pair.a, "SELECT pg_relation_filepath('page') AS path");
  await until(pair.b, (look) => look.receiving);
  await pair.b.database.stop({ how: 'clean', deadlineMs: 10_000 });
  damage(join(pair.b.options.dataDirectory, String(place?.['path'])));
  await pair.b.database.start({ role: 'standby', synchronous: false, admitted: false });
  await until(pair.b, (look) => look.receiving);
  await t.throwsAsync(async () => askStandby('SELECT count(*) FROM page'), {
    message: /invalid page/,
  });
  // The backend tells its count when it ends.
  await untilTrue(async () => (await findingsOf(pair.b)).has('checksumErrors'));
  const { findings } = await pair.b.database.care.look(5_000);
  t.deepEqual(findings.find(({ name }) => name === 'checksumErrors')?.unfit, {
    code: 'DATABASE_CHECKSUM',
  });
});

function damage(path: string): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(64, 0xa5), 0, 64, 8192 + 4096);
  closeSync(file);
}

async function askStandby(text: string): Promise<void> {
  const { options } = pair.b;
  const client = new pg.Client({
    host: options.socketDirectory,
    port: options.port,
    user: 'hotpair',
    database: 'postgres',
  });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
