// Making commits wait and letting them go, and who gets in, on a real pair.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import {
  ask,
  codeOf,
  connectClient,
  removePair,
  reopen,
  startPair,
  until,
  untilTrue,
} from './loopbackPair.ts';
import type { Box, LoopbackPair } from './loopbackPair.ts';
import { childrenTitled } from '../../../src/io/database/postmaster.ts';

let pair: LoopbackPair;

test.before(async () => {
  pair = await startPair();
});

test.after.always(async () => {
  await removePair(pair);
});

function postmaster(box: Box): number {
  const text = readFileSync(join(box.options.dataDirectory, 'postmaster.pid'), 'utf8');
  return Number(text.split('\n')[0]);
}

function pauseAll(box: Box, signal: 'SIGSTOP' | 'SIGCONT'): void {
  const master = postmaster(box);
  process.kill(master, signal);
  for (const child of childrenTitled(master, '')) process.kill(child, signal);
}

test.serial(
  'I5: the position is taken after the proof, and the standby flushes past it',
  async (t) => {
    const before = (await pair.a.database.observe(1_000)).lsn ?? 0n;
    const { lsn } = await pair.a.database.setSynchronous({ deadlineMs: 5_000 });
    t.true(lsn >= before);
    const look = await until(pair.a, (seen) => (seen.standbyFlushLsn ?? 0n) >= lsn);
    t.true(look.standbySync && look.synchronousSetting);
  },
);

test.serial(
  'commits really wait once the switch is proved, and a clear lets them go',
  async (t) => {
    pauseAll(pair.b, 'SIGSTOP');
    t.teardown(() => pauseAll(pair.b, 'SIGCONT'));
    const client = await connectClient(pair.a);
    let isAcknowledged = false;
    const commit = client.query('INSERT INTO row VALUES (1)').then(() => {
      isAcknowledged = true;
    });
    await untilTrue(async () => {
      const waiting = await ask(
        pair.a,
        `SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'`,
      );
      return waiting.length === 1;
    });
    t.false(isAcknowledged);
    await pair.a.database.clearSynchronous({ deadlineMs: 5_000 });
    await commit;
    t.true(isAcknowledged);
    // The session that looks reads the new settings a moment after the one that commits.
    await until(pair.a, (seen) => !seen.synchronousSetting);
    await client.end();
  },
);

test.serial(
  'a proof that fails for want of a standby is undone before it is refused',
  async (t) => {
    await until(pair.a, (look) => look.standbyStreaming);
    pauseAll(pair.b, 'SIGSTOP');
    t.teardown(() => pauseAll(pair.b, 'SIGCONT'));
    t.is(await codeOf(pair.a.database.setSynchronous({ deadlineMs: 400 })), 'DATABASE_DEADLINE');
    t.false((await pair.a.database.observe(1_000)).synchronousSetting);
    await t.notThrowsAsync(ask(pair.a, 'INSERT INTO row VALUES (2)'));
  },
);

test.serial('a clear overtakes a proof that is under way', async (t) => {
  pauseAll(pair.b, 'SIGSTOP');
  t.teardown(() => pauseAll(pair.b, 'SIGCONT'));
  const refused = codeOf(pair.a.database.setSynchronous({ deadlineMs: 8_000 }));
  await until(pair.a, (look) => look.synchronousSetting);
  await pair.a.database.clearSynchronous({ deadlineMs: 5_000 });
  t.is(await refused, 'DATABASE_SUPERSEDED');
  await t.notThrowsAsync(ask(pair.a, 'INSERT INTO row VALUES (3)'));
});

test.serial(
  'with the checkpointer stalled nothing is proved: the setting alone protects nothing',
  async (t) => {
    const [checkpointer] = childrenTitled(postmaster(pair.a), 'checkpointer');
    if (checkpointer === undefined) throw new Error('no checkpointer');
    process.kill(checkpointer, 'SIGSTOP');
    const refused = codeOf(pair.a.database.setSynchronous({ deadlineMs: 300 }));
    await until(pair.a, (look) => look.synchronousSetting);
    await t.notThrowsAsync(ask(pair.a, 'INSERT INTO row VALUES (4)'));
    t.is(await refused, 'DATABASE_DEADLINE');
    process.kill(checkpointer, 'SIGCONT');
  },
);

test.serial(
  'an agent that ended in the middle of a proof leaves no commit waiting for nobody',
  async (t) => {
    pauseAll(pair.b, 'SIGSTOP');
    t.teardown(() => pauseAll(pair.b, 'SIGCONT'));
    const path = join(pair.a.options.dataDirectory, 'hotpair.conf');
    const refused = codeOf(pair.a.database.setSynchronous({ deadlineMs: 8_000 }));
    await untilTrue(() => readFileSync(path, 'utf8').includes(`hotpair.synchronous = 'nobody'`));
    await reopen(pair.a);
    await t.notThrowsAsync(ask(pair.a, 'INSERT INTO row VALUES (5)'));
    t.not(await refused, 'no refusal');
  },
);

test.serial('with every connection taken the agent still looks, sets and clears', async (t) => {
  await until(pair.a, (look) => look.standbyStreaming);
  const clients = [];
  for (;;) {
    try {
      clients.push(await connectClient(pair.a));
    } catch {
      break;
    }
  }
  t.true(clients.length > 80);
  t.true((await pair.a.database.observe(1_000)).answering);
  await pair.a.database.setSynchronous({ deadlineMs: 5_000 });
  await pair.a.database.clearSynchronous({ deadlineMs: 5_000 });
  await Promise.all(clients.map(async (client) => client.end()));
});

test.serial('a setting slipped in by ALTER SYSTEM does not outlive the next change', async (t) => {
  await ask(pair.a, `ALTER SYSTEM SET synchronous_standby_names = 'stranger'`);
  await ask(pair.a, 'SELECT pg_reload_conf()');
  await until(pair.a, (look) => look.synchronousSetting);
  await pair.a.database.clearSynchronous({ deadlineMs: 5_000 });
  t.false((await pair.a.database.observe(1_000)).synchronousSetting);
});

test.serial('behind closed rules clients are refused while agent and standby get in', async (t) => {
  t.false((await pair.b.database.observe(1_000)).admitted);
  await t.throwsAsync(connectClient(pair.b), { message: /no pg_hba.conf entry/ });
  t.true((await pair.b.database.observe(1_000)).answering);
  await pair.a.database.stop({ how: 'clean', deadlineMs: 10_000 });
  await pair.a.database.start({ role: 'primary', synchronous: true, admitted: false });
  t.like(await until(pair.a, (look) => look.standbySync), { admitted: false, inRecovery: false });
  await t.throwsAsync(connectClient(pair.a), { message: /no pg_hba.conf entry/ });
  await pair.a.database.admitClients({ deadlineMs: 5_000 });
  const client = await connectClient(pair.a);
  await client.end();
  t.true((await pair.a.database.observe(1_000)).admitted);
});

test.serial('the roles of the pair cannot come in by the way of clients', (t) => {
  const psql = [
    '-h',
    '127.0.0.1',
    '-p',
    String(pair.a.options.port),
    '-d',
    'postgres',
    '-c',
    'SELECT 1',
  ];
  t.throws(() => execFileSync('psql', ['-U', 'hotpair', ...psql], { stdio: 'pipe' }), {
    message: /pg_hba.conf rejects connection/,
  });
});

test.serial('a paused PostgreSQL is seen as not answering within the deadline', async (t) => {
  pauseAll(pair.a, 'SIGSTOP');
  const began = performance.now();
  const look = await pair.a.database.observe(150);
  pauseAll(pair.a, 'SIGCONT');
  t.true(performance.now() - began < 1_000);
  t.like(look, { present: true, running: true, answering: false });
  t.true((await until(pair.a, (seen) => seen.answering)).answering);
});
