// What a box remembers of the ledger over restarts: what is kept, when it is written, and what is not believed.
import test from 'ava';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  afterChange,
  afterLook,
  afterLoss,
  afterNothing,
  doubtAbout,
  mostEnded,
} from '../../../src/io/etcd/ledgerMemory.ts';
import type { Memory } from '../../../src/io/etcd/ledgerMemory.ts';
import { openMemoryStore } from '../../../src/io/etcd/memoryStore.ts';
import { until } from '../../daemon/until.ts';
import { pairId } from './aLedger.ts';

const life = '11'.repeat(8);
const memory: Memory = {
  cluster: '5',
  revision: 90n,
  life,
  modified: 80n,
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

const seen = { cluster: '5', revision: 95n, life, modified: 80n };

test('an entry is doubted where etcd says less than it did, and only there', (t) => {
  t.is(doubtAbout(null, seen), null);
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
  const fresh = { cluster: '6', revision: 2n, life: '33'.repeat(8), modified: 2n };
  t.is(doubtAbout(memory, fresh), null);
  const next = afterLook(memory, fresh, fresh.life, 2n);
  t.deepEqual(next, { ...fresh, ended: ['22'.repeat(8), life] });
});

test('an answer that came late takes nothing back', (t) => {
  const late = afterLook(memory, { cluster: '5', revision: 85n }, life, 79n);
  t.deepEqual(late, memory);
  const own = afterChange(memory, { cluster: '5', revision: 99n }, life);
  t.deepEqual(own, { ...memory, revision: 99n, modified: 99n });
});

test('lives that ended stay ended, and no more of them are kept than there may be', (t) => {
  const gone = afterNothing(memory, '5', 96n);
  t.deepEqual([gone.life, gone.ended.at(-1)], [null, life]);
  t.deepEqual(afterLoss(gone, { cluster: '5', revision: 1n }, life).ended, gone.ended);
  let many: Memory = memory;
  for (let count = 0; count < 2 * mostEnded; count += 1) {
    many = afterLoss(many, { cluster: '5', revision: 1n }, count.toString(16).padStart(16, '0'));
  }
  t.is(many.ended.length, mostEnded);
});
