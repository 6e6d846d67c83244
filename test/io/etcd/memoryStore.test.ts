// What a box remembers of the ledger over restarts: what is kept, when it is written, and what is not believed.
import test from 'ava';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  afterLook,
  afterLoss,
  afterNothing,
  askingAt,
  doubtAbout,
  firstMemory,
  mayPublish,
  mostEnded,
} from '../../../src/io/etcd/ledgerMemory.ts';
import type { Memory } from '../../../src/io/etcd/ledgerMemory.ts';
import { openMemoryStore } from '../../../src/io/etcd/memoryStore.ts';
import { until } from '../../daemon/until.ts';
import { pairId } from './aLedger.ts';

const life = '11'.repeat(8);
const here = ['https://192.0.2.21:2379'];
const memory: Memory = {
  cluster: '5',
  endpoints: here,
  revision: 90n,
  life,
  modified: 80n,
  epoch: 6,
  elsewhere: 2,
  ended: ['22'.repeat(8)],
};

function aFolder(t: { teardown(end: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-memory-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('what is noted is found by the next start, in a file for root alone', async (t) => {
  const folder = aFolder(t);
  const file = join(folder, 'ledger.json');
  openMemoryStore(folder, pairId, () => 0).note(memory);
  await until('it is written', () => readdirSync(folder).includes('ledger.json'));
  t.deepEqual(openMemoryStore(folder, pairId, () => 0).kept, memory);
  t.is(statSync(file).mode & 0o777, 0o600);
});

test('a life or cluster that changed is written at once, a revision once a minute', async (t) => {
  const folder = aFolder(t);
  let now = 0;
  const store = openMemoryStore(folder, pairId, () => now);
  const file = join(folder, 'ledger.json');
  const written = (): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  store.note(memory);
  await until('the first is written', () => written().includes('"90"'));
  store.note({ ...memory, revision: 91n });
  store.note({ ...memory, revision: 92n, life: null });
  await until('the change of life is written', () => written().includes('"92"'));
  t.false(written().includes('"91"'));
  store.note({ ...memory, revision: 93n, life: null });
  now = 60_000;
  store.note({ ...memory, revision: 94n, life: null });
  await until('a minute has passed', () => written().includes('"94"'));
  t.is(store.problem(), null);
});

test('a file that is torn, of another pair or of another form is none', (t) => {
  const folder = aFolder(t);
  const file = join(folder, 'ledger.json');
  const good = {
    version: 1,
    pair: pairId,
    cluster: '5',
    revision: '90',
    modified: '80',
    life,
    epoch: 6,
    elsewhere: 2,
    endpoints: [],
    ended: [],
  };
  const kept = (value: object | string): Memory | null => {
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    return openMemoryStore(folder, pairId, () => 0).kept;
  };
  t.truthy(kept(good));
  for (const wrong of [
    '',
    '{"version":1',
    'null',
    { ...good, version: 2 },
    { ...good, pair: '71'.repeat(16) },
    { ...good, cluster: 5 },
    { ...good, revision: 90 },
    { ...good, revision: '-1' },
    { ...good, life: 1 },
    { ...good, epoch: -1 },
    { ...good, elsewhere: '2' },
    { ...good, endpoints: [5] },
    { ...good, ended: 'none' },
  ]) {
    t.is(kept(wrong), null, JSON.stringify(wrong));
  }
});

test('a disk that refuses is told and keeps nobody waiting', async (t) => {
  const store = openMemoryStore(join(aFolder(t), 'missing'), pairId, () => 0);
  store.note(memory);
  await until('it is told', () => store.problem() !== null);
  t.is(store.problem(), 'ENOENT');
});

const seen = { cluster: '5', revision: 95n, life, modified: 80n, epoch: 6 };
const other = '33'.repeat(8);

test('an entry is doubted where etcd says less than it did, and only there', (t) => {
  t.is(doubtAbout(firstMemory(here), seen), null);
  t.is(doubtAbout(memory, seen), null);
  t.is(doubtAbout(memory, { ...seen, revision: 90n }), null);
  t.regex(
    doubtAbout(memory, { ...seen, revision: 89n }) ?? '',
    /at revision 89 and had been at 90/,
  );
  t.regex(doubtAbout(memory, { ...seen, modified: 79n }) ?? '', /revision 79 and had been of 80/);
  t.regex(doubtAbout(memory, { ...seen, cluster: '6' }) ?? '', /another cluster/);
  t.regex(doubtAbout(memory, { ...seen, life: '22'.repeat(8) }) ?? '', /back that was gone/);
});

test('a life that was never seen was made since: it is believed whatever its revisions are', (t) => {
  const fresh = { cluster: '5', revision: 2n, life: other, modified: 2n, epoch: 7 };
  t.is(doubtAbout(memory, fresh), null);
  const next = { ...memory, ...fresh, ended: ['22'.repeat(8), life] };
  t.deepEqual(afterLook(memory, fresh), next);
});

test('an answer that came late takes nothing back', (t) => {
  const late = { ...seen, revision: 85n, modified: 79n, epoch: 5 };
  t.deepEqual(afterLook(memory, late), memory);
});

test('lives that ended stay ended, and no more of them are kept than there may be', (t) => {
  const gone = afterNothing(memory, { cluster: '5', revision: 96n });
  t.deepEqual([gone.life, gone.ended.at(-1)], [null, life]);
  const at = { cluster: '5', revision: 1n };
  t.deepEqual(afterLoss(gone, at, life).ended, gone.ended);
  let many: Memory = memory;
  for (let count = 0; count < 2 * mostEnded; count += 1) {
    many = afterLoss(many, at, count.toString(16).padStart(16, '0'));
  }
  t.is(many.ended.length, mostEnded);
});

test('I2: an epoch that one cluster knew is made known to no other one', (t) => {
  t.true(mayPublish(memory, 6));
  const moved = [
    afterNothing(memory, { cluster: '6', revision: 1n }),
    afterLook(memory, { cluster: '6', revision: 9n, life: other, modified: 8n, epoch: 3 }),
    afterLoss(memory, { cluster: '6', revision: 9n }, life),
    askingAt(memory, ['https://192.0.2.99:2379']),
  ];
  for (const known of moved)
    t.deepEqual([mayPublish(known, 6), mayPublish(known, 7)], [false, true]);
  // And back again: what was known there meanwhile counts too.
  const next = afterLook(moved[0] ?? memory, { ...seen, cluster: '6', life: other, epoch: 8 });
  const back = afterNothing(next, { cluster: '5', revision: 1n });
  t.deepEqual([mayPublish(back, 8), mayPublish(back, 9)], [false, true]);
});

test('one address in common makes it the same ledger, whatever else was added', (t) => {
  const more = [...here, 'https://192.0.2.22:2379'];
  t.deepEqual(askingAt(memory, more), { ...memory, endpoints: more });
  t.deepEqual(askingAt(null, more), firstMemory(more));
});
