// The arbiter etcd as the agent has it: effects in, events out, and what status and history say of it.
import test from 'ava';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEtcdArbiter } from '../../src/daemon/etcdArbiter.ts';
import type { Arbiter } from '../../src/daemon/arbiter.ts';
import { someConfig } from '../config/configText.ts';
import { boxA, boxB, pairId } from '../io/etcd/aLedger.ts';
import { fakeEtcd } from '../io/etcd/fakeEtcd.ts';
import type { FakeEtcd } from '../io/etcd/fakeEtcd.ts';
import { aLog } from './aLog.ts';
import type { Line } from './aLog.ts';

type Opened = {
  readonly arbiter: Arbiter;
  readonly etcd: FakeEtcd;
  readonly kept: readonly Line[];
};

async function opened(t: { teardown(end: () => void): void }): Promise<Opened> {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-arbiter-'));
  const etcd = await fakeEtcd(t);
  const config = someConfig({
    arbiter: { type: 'etcd', etcd: { endpoints: [etcd.url], requestTimeout: '1s' } },
    state: { directory },
  });
  const { log, kept } = aLog();
  const files = { ca: null, cert: null, key: null, password: null };
  const arbiter = openEtcdArbiter({ config, files, pairId, nodeId: boxA, log });
  t.teardown(() => {
    arbiter.close();
    // What was seen last may be on its way to the disk.
    rmSync(directory, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
  });
  return { arbiter, etcd, kept };
}

const deadlineMs = 2000;
const publish = { type: 'publishEpoch', token: 1, epoch: 4, create: true, deadlineMs } as const;
const claim = { type: 'claimEpoch', token: 2, epoch: 4, take: true, deadlineMs } as const;

function told(kept: readonly Line[]): readonly (readonly unknown[])[] {
  return kept.map(({ event, code }) => [event, code]);
}

test.serial('each effect is answered by its own event with its token', async (t) => {
  const { arbiter } = await opened(t);
  const found = { epoch: 4, mode: 'paired', holder: boxA } as const;
  t.deepEqual(await arbiter.publishEpoch(publish), { type: 'epochPublished', token: 1, found });
  t.deepEqual(await arbiter.claimEpoch(claim), {
    type: 'claimDecided',
    token: 2,
    outcome: 'won',
    epoch: 5,
    forgotten: false,
  });
  const enter = { type: 'enterEpoch', token: 3, epoch: 6, above: false, deadlineMs } as const;
  t.deepEqual(await arbiter.enterEpoch(enter), {
    type: 'epochEntered',
    token: 3,
    epoch: 6,
    forgotten: false,
  });
  await t.throwsAsync(arbiter.fencePeer({ type: 'fencePeer', token: 4, deadlineMs }), {
    code: 'ARBITER_NO_FENCE',
  });
});

test.serial(
  'the status says in one line since when it answers, how long ago, and what the ledger says',
  async (t) => {
    const { arbiter, etcd } = await opened(t);
    t.regex(arbiter.status().state ?? '', /has not answered/);
    await arbiter.publishEpoch(publish);
    t.regex(
      arbiter.status().state ?? '',
      /^answers for \d+ s, last answer \d+ s ago by http:\S+ in \d+ ms; revision 2, epoch 4 paired, of this box$/,
    );
    t.is(arbiter.status().problem, null);
    etcd.spoil = () => null;
    await t.throwsAsync(arbiter.claimEpoch(claim), { code: 'ETCD_TIMEOUT' });
    t.regex(arbiter.status().state ?? '', /^does not answer, last answer \d+ s ago; revision 2/);
    t.is(arbiter.status().problem?.code, 'ETCD_TIMEOUT');
  },
);

test.serial(
  'trouble is written to the history when it begins, changes and ends, and never at every try or each time',
  async (t) => {
    const { arbiter, etcd, kept } = await opened(t);
    await arbiter.publishEpoch(publish);
    etcd.spoil = () => ({ status: 500, body: {} });
    for (let tries = 0; tries < 3; tries += 1) await t.throwsAsync(arbiter.claimEpoch(claim));
    etcd.spoil = () => ({ status: 200, body: '{' });
    for (let tries = 0; tries < 3; tries += 1) await t.throwsAsync(arbiter.claimEpoch(claim));
    etcd.spoil = null;
    etcd.value = null;
    await arbiter.claimEpoch(claim);
    await arbiter.claimEpoch(claim);
    for (let times = 0; times < 3; times += 1) {
      etcd.spoil = () => ({ status: 500, body: {} });
      await t.throwsAsync(arbiter.claimEpoch(claim));
      etcd.spoil = null;
      await arbiter.claimEpoch(claim);
    }
    t.deepEqual(told(kept), [
      ['arbiterFailed', 'ETCD_REFUSED'],
      ['arbiterFailed', 'ETCD_ANSWER'],
      ['ledgerForgot', undefined],
      ['arbiterAnswers', undefined],
    ]);
  },
);

test.serial('an entry of the other box is told as the other box', async (t) => {
  const { arbiter, etcd } = await opened(t);
  await arbiter.publishEpoch(publish);
  etcd.value = (etcd.value ?? '').replace(boxA, boxB).replace('"epoch":4', '"epoch":9');
  t.like(await arbiter.claimEpoch(claim), { type: 'claimDecided', outcome: 'lost', epoch: 9 });
  t.regex(arbiter.status().state ?? '', /epoch 9 paired, of the other box$/);
});
