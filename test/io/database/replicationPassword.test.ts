// The password of the replication role follows the pair's key on a real pair: nothing that runs is interrupted, and who connects
// next comes in.
import test from 'ava';
import { isVerifierOf, scramVerifier } from '../../../src/io/database/scramVerifier.ts';
import { cloneFromPeer } from '../../../src/io/database/init.ts';
import { ask, codeOf, removePair, startPair, until, untilTrue } from './loopbackPair.ts';
import type { LoopbackPair } from './loopbackPair.ts';
import { rmSync } from 'node:fs';

let pair: LoopbackPair;
const next = 'f1'.repeat(32);
const due = { deadlineMs: 5_000 };

test.before(async () => {
  pair = await startPair();
});

test.after.always(async () => {
  await removePair(pair);
});

async function verifier(): Promise<string> {
  const text = "SELECT rolpassword FROM pg_authid WHERE rolname = 'hotpair_repl'";
  return String((await ask(pair.a, text))[0]?.['rolpassword']);
}

async function senders(): Promise<readonly unknown[]> {
  return (await ask(pair.a, 'SELECT pid FROM pg_stat_replication')).map(({ pid }) => pid);
}

test('a verifier is known as that of its password, and of no other', (t) => {
  const stored = scramVerifier('opensesame');
  t.true(isVerifierOf(stored, 'opensesame'));
  t.false(isVerifierOf(stored, 'opensesamf'));
  t.false(isVerifierOf('null', 'opensesame'));
  t.false(isVerifierOf(stored.replace('4096', '0'), 'opensesame'));
});

test.serial(
  'E11: another password interrupts no replication, and the next connection uses it',
  async (t) => {
    const before = await senders();
    await pair.a.database.setSynchronous({ deadlineMs: 5_000 });
    t.true(await pair.a.database.useReplicationPassword(next, 'primary', due));
    t.true(await pair.b.database.useReplicationPassword(next, 'standby', due));
    t.true(isVerifierOf(await verifier(), next));
    t.deepEqual(await senders(), before);
    // Its receiver has to come anew, and logs in by the new one.
    await ask(pair.a, 'SELECT pg_terminate_backend(pid) FROM pg_stat_replication');
    await untilTrue(async () => {
      const now = await senders();
      return now.length === 1 && now[0] !== before[0];
    });
    await until(pair.a, (look) => look.standbyStreaming);
    await pair.a.database.clearSynchronous({ deadlineMs: 5_000 });
  },
);

test.serial(
  'E11: a primary whose catalogue has the password before is put right, without waiting for a standby',
  async (t) => {
    await pair.a.database.setSynchronous({ deadlineMs: 5_000 });
    await pair.b.database.stop({ how: 'now', deadlineMs: 5_000 });
    // No standby: a commit that waited for one would not end.
    t.true(await pair.a.database.useReplicationPassword('a0'.repeat(32), 'primary', due));
    t.true(await pair.a.database.useReplicationPassword(next, 'primary', due));
    await pair.a.database.clearSynchronous({ deadlineMs: 5_000 });
    t.true(isVerifierOf(await verifier(), next));
  },
);

test.serial(
  'E11: a clone after the exchange logs in by the new password, and not by the old one',
  async (t) => {
    const old = { ...pair.b.options };
    rmSync(old.dataDirectory, { recursive: true });
    t.is(await codeOf(cloneFromPeer(old, () => {})), 'DATABASE_PASSWORD');
    await cloneFromPeer({ ...old, replicationPassword: next }, () => {});
    await pair.b.database.start({ role: 'standby', synchronous: false, admitted: false });
    await until(pair.a, (look) => look.standbyStreaming);
    t.pass();
  },
);
