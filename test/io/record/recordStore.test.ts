// The record on a real disk: which copy counts, what a power cut between two steps leaves, and what a disk that refuses
// does to the record that was there.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { openRecordStore } from '../../../src/io/record/recordStore.ts';
import { encodeRecord } from '../../../src/protocol/recordFile.ts';
import { durableRecord } from '../../core/builders.ts';

function aDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-record-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('a directory without record files holds none', async (t) => {
  t.deepEqual(await openRecordStore(aDirectory(t)).read(), { kind: 'none' });
});

test('what was written is read again from both copies, and nothing else is left beside them', async (t) => {
  const directory = aDirectory(t);
  const record = durableRecord();
  await openRecordStore(directory).write(record);
  const reading = await openRecordStore(directory).read();
  t.is(reading.kind, 'valid');
  t.deepEqual(reading.kind === 'valid' ? reading.record : null, record);
  t.deepEqual(reading.kind === 'valid' ? reading.doubtful : null, []);
  t.deepEqual(readdirSync(directory).toSorted(), ['record.a', 'record.b']);
});

for (const broken of ['record.a', 'record.b']) {
  test(`a corrupt ${broken} leaves the other copy to count, and is named`, async (t) => {
    const directory = aDirectory(t);
    await openRecordStore(directory).write(durableRecord());
    writeFileSync(join(directory, broken), readFileSync(join(directory, broken)).subarray(0, 60));
    const reading = await openRecordStore(directory).read();
    t.is(reading.kind === 'valid' ? reading.record.epoch : null, 4);
    t.deepEqual(reading.kind === 'valid' ? reading.doubtful.map(({ name }) => name) : null, [
      broken,
    ]);
  });

  test(`I3: where ${broken} alone was written before the power went, the higher epoch counts`, async (t) => {
    const directory = aDirectory(t);
    await openRecordStore(directory).write(durableRecord({ epoch: 4 }));
    writeFileSync(
      join(directory, broken),
      encodeRecord(durableRecord({ epoch: 5, mode: 'solo', partner: null })),
    );
    const reading = await openRecordStore(directory).read();
    t.is(reading.kind === 'valid' ? reading.record.epoch : null, 5);
    t.is(reading.kind === 'valid' ? reading.doubtful.length : null, 1);
  });

  test(`of two records of one epoch the one that claims less counts, also when it is ${broken}`, async (t) => {
    const directory = aDirectory(t);
    await openRecordStore(directory).write(durableRecord());
    writeFileSync(
      join(directory, broken),
      encodeRecord(durableRecord({ mode: 'catchup', partner: null })),
    );
    const reading = await openRecordStore(directory).read();
    t.is(reading.kind === 'valid' ? reading.record.mode : null, 'catchup');
  });
}

test('one missing copy is named so that it can be repaired', async (t) => {
  const directory = aDirectory(t);
  await openRecordStore(directory).write(durableRecord());
  rmSync(join(directory, 'record.b'));
  const reading = await openRecordStore(directory).read();
  t.deepEqual(reading.kind === 'valid' ? reading.doubtful : null, [
    { name: 'record.b', kind: 'missing' },
  ]);
});

test('two corrupt copies are no record and not the same as none', async (t) => {
  const directory = aDirectory(t);
  writeFileSync(join(directory, 'record.a'), 'not a record');
  writeFileSync(join(directory, 'record.b'), '');
  const reading = await openRecordStore(directory).read();
  t.is(reading.kind, 'corrupt');
});

test('a file of many megabytes in the place of a copy is not read into memory', async (t) => {
  const directory = aDirectory(t);
  await openRecordStore(directory).write(durableRecord());
  writeFileSync(join(directory, 'record.a'), Buffer.alloc(8 * 1024 * 1024));
  const reading = await openRecordStore(directory).read();
  t.is(reading.kind === 'valid' ? reading.record.epoch : null, 4);
});

test('a left-over of a write that was cut short does not disturb the next one', async (t) => {
  const directory = aDirectory(t);
  await openRecordStore(directory).write(durableRecord());
  copyFileSync(join(directory, 'record.a'), join(directory, 'record.a.new'));
  await openRecordStore(directory).write(durableRecord({ epoch: 6 }));
  const reading = await openRecordStore(directory).read();
  t.is(reading.kind === 'valid' ? reading.record.epoch : null, 6);
  t.deepEqual(readdirSync(directory).toSorted(), ['record.a', 'record.b']);
});

test('writes of one store never overtake each other', async (t) => {
  const directory = aDirectory(t);
  const store = openRecordStore(directory);
  await Promise.all([5, 6, 7, 8, 9].map((epoch) => store.write(durableRecord({ epoch }))));
  const reading = await store.read();
  t.is(reading.kind === 'valid' ? reading.record.epoch : null, 9);
});

test('a directory that is gone is RECORD_WRITE, and the store works again when it is back', async (t) => {
  const directory = aDirectory(t);
  const store = openRecordStore(join(directory, 'gone'));
  await t.throwsAsync(store.write(durableRecord()), { code: 'RECORD_WRITE', message: /ENOENT/ });
  t.is((await openRecordStore(directory).read()).kind, 'none');
});

/** A mount of its own: nobody else sees the small file system, and it goes with the process. */
function onRefusingDisk(kind: string): unknown {
  const program = join(import.meta.dirname, 'refusingDisk.ts');
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', program, kind];
  const command = ['--mount', '--propagation', 'private', ...node];
  return JSON.parse(execFileSync('unshare', command, { encoding: 'utf8' }));
}

test('a read-only partition is RECORD_WRITE, and the record that was there still counts', (t) => {
  t.deepEqual(onRefusingDisk('readonly'), {
    refusal: 'RECORD_WRITE',
    errno: 'EROFS',
    epochAfterwards: 4,
    epochWhenThereIsRoomAgain: 5,
    left: ['record.a', 'record.b'],
  });
});

test('on a full partition the copies that are there are overwritten, one after the other', (t) => {
  t.deepEqual(onRefusingDisk('full'), {
    refusal: null,
    errno: null,
    epochAfterwards: 5,
    epochWhenThereIsRoomAgain: 5,
    left: ['record.a', 'record.b'],
  });
});

test('a full partition on which one copy is missing is RECORD_WRITE, and the other still counts or is newer', (t) => {
  t.like(onRefusingDisk('fullWithOneCopy'), {
    refusal: 'RECORD_WRITE',
    errno: 'ENOENT',
    epochAfterwards: 4,
    epochWhenThereIsRoomAgain: 5,
  });
});
