// The record as the agent finds it at its start.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { recordAtStart } from '../../src/daemon/recordAtStart.ts';
import { openRecordStore } from '../../src/io/record/recordStore.ts';
import { boxA, boxB, durableRecord, thePair } from '../core/builders.ts';
import { aLog } from './aLog.ts';

const identity = { nodeId: boxA, pairId: thePair };

function aDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-start-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('a box without a record has neither record nor problem', async (t) => {
  const found = await recordAtStart(openRecordStore(aDirectory(t)), identity, aLog().log);
  t.deepEqual(found, { record: null, writtenAt: null, problem: null });
});

test('one corrupt copy is repaired and reported, and the record counts', async (t) => {
  const directory = aDirectory(t);
  await openRecordStore(directory).write(durableRecord());
  const good = readFileSync(join(directory, 'record.b'));
  writeFileSync(join(directory, 'record.a'), 'torn');
  const { log, kept } = aLog();
  const found = await recordAtStart(openRecordStore(directory), identity, log);
  t.deepEqual(found.record, durableRecord());
  t.deepEqual(readFileSync(join(directory, 'record.a')), good);
  t.like(kept, [{ level: 'warning', event: 'recordRepaired', epoch: 4 }]);
});

test('two corrupt copies leave the box without a record and say RECORD_CORRUPT', async (t) => {
  const directory = aDirectory(t);
  for (const name of ['record.a', 'record.b']) writeFileSync(join(directory, name), 'torn');
  const { log, kept } = aLog();
  const found = await recordAtStart(openRecordStore(directory), identity, log);
  t.is(found.record, null);
  t.is(found.problem?.code, 'RECORD_CORRUPT');
  t.like(kept, [{ level: 'error', event: 'recordUnusable', code: 'RECORD_CORRUPT' }]);
  t.is(readFileSync(join(directory, 'record.a'), 'utf8'), 'torn', 'what is left is not touched');
});

for (const [whose, change] of [
  ['node', { node: boxB }],
  ['pair', { pairId: 'f'.repeat(32) }],
] as const) {
  test(`a record of another ${whose} is RECORD_FOREIGN and does not count`, async (t) => {
    const directory = aDirectory(t);
    await openRecordStore(directory).write(durableRecord(change));
    const found = await recordAtStart(openRecordStore(directory), identity, aLog().log);
    t.is(found.record, null);
    t.is(found.problem?.code, 'RECORD_FOREIGN');
    t.regex(found.problem?.text ?? '', new RegExp(whose));
  });
}
