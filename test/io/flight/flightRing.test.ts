// The ring on disk: bounded whatever comes, appended and never rewritten, and a disk that refuses costs the record alone.
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { flightFilesIn, keepCrash } from '../../../src/io/flight/flightFiles.ts';
import type { Bounds } from '../../../src/io/flight/flightFiles.ts';
import { bounds, FlightRing } from '../../../src/io/flight/flightRing.ts';

const small = { segmentBytes: 100_000, totalBytes: 400_000, files: 6 };
const deadlineMs = 10_000;

function aDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-ring-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A ring whose file is closed at the end of the test. */
function aRing(t: ExecutionContext, directory: string, limits: Bounds = small): FlightRing {
  const ring = new FlightRing(directory, limits);
  t.teardown(() => ring.close(deadlineMs));
  return ring;
}

function sizesIn(directory: string): readonly number[] {
  return flightFilesIn(directory).map((path) => statSync(path).size);
}

function total(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

test('the ring of a box takes 8 MB at most', (t) => {
  t.deepEqual(bounds, { segmentBytes: 1_048_576, totalBytes: 8_388_608, files: 64 });
});

test('the directory never holds more than its bound, and the newest of what was given', async (t) => {
  const directory = aDirectory(t);
  writeFileSync(join(directory, 'notes.txt'), 'of somebody else');
  const ring = aRing(t, directory);
  const given: Buffer[] = [];
  for (let turn = 0; turn < 300; turn += 1) {
    const piece = Buffer.alloc(5000, turn % 251);
    if (!ring.isOpen || ring.isFull) t.true(ring.begin(piece));
    else t.true(ring.append(piece));
    given.push(piece);
    if (turn % 7 === 0) await ring.flush(deadlineMs);
    const sizes = sizesIn(directory);
    t.true(total(sizes) <= small.totalBytes && sizes.length <= small.files, sizes.join());
    t.true(sizes.every((size) => size <= small.segmentBytes));
  }
  await ring.flush(deadlineMs);
  const kept = Buffer.concat(flightFilesIn(directory).map((path) => readFileSync(path)));
  t.true(kept.length > small.totalBytes - 2 * small.segmentBytes);
  t.deepEqual(Buffer.concat(given).subarray(-kept.length), kept);
  t.true(readdirSync(directory).includes('notes.txt'));
  t.is(ring.dropped, 0);
});

test('an agent that is started again and again leaves no more than so many beginnings', async (t) => {
  const directory = aDirectory(t);
  for (let start = 1; start <= 9; start += 1) {
    const ring = aRing(t, directory);
    ring.begin(Buffer.from(`start ${start}`));
    await ring.flush(deadlineMs);
  }
  const texts = flightFilesIn(directory).map((path) => readFileSync(path, 'utf8'));
  t.deepEqual(texts, ['start 4', 'start 5', 'start 6', 'start 7', 'start 8', 'start 9']);
});

test('what waits is bounded: more of it ends the segment and is not taken', (t) => {
  const ring = aRing(t, aDirectory(t), { ...small, segmentBytes: 10_000_000 });
  t.true(ring.begin(Buffer.alloc(100)));
  let taken = 0;
  while (ring.append(Buffer.alloc(10_000))) taken += 1;
  t.is(taken, 52);
  t.false(ring.isOpen);
});

test('finishNow writes what waits before it returns, in the middle of a write too', async (t) => {
  const directory = aDirectory(t);
  const ring = aRing(t, directory);
  ring.begin(Buffer.from('first'));
  await ring.flush(deadlineMs);
  ring.begin(Buffer.from('second '));
  ring.hurry();
  ring.append(Buffer.from('and its last words'));
  const segments = ring.finishNow();
  t.true(segments.length > 0);
  t.is(readFileSync(segments.at(-1) ?? '', 'utf8'), 'second and its last words');
  // The write that was under way lands on the same bytes.
  await ring.flush(deadlineMs);
  t.is(readFileSync(segments.at(-1) ?? '', 'utf8'), 'second and its last words');
});

test('the segments of a crash stay when the ring goes on, and there are never more than five crashes', (t) => {
  const directory = aDirectory(t);
  const segment = join(directory, '0000000001.flight');
  writeFileSync(segment, 'what happened');
  for (const day of [1, 2, 3, 4, 5, 6])
    mkdirSync(join(directory, `crash-2020-01-0${day}`), { recursive: true });
  writeFileSync(join(directory, 'crash-2019-12-31T00-00-00-000Z.json'), '{}');
  writeFileSync(join(directory, 'record.a'), 'kept');
  const path = keepCrash(directory, [segment]);
  rmSync(segment);
  t.is(readFileSync(join(path, '0000000001.flight'), 'utf8'), 'what happened');
  const names = readdirSync(directory).toSorted();
  t.is(names.filter((name) => name.startsWith('crash-')).length, 5);
  t.false(names.includes('crash-2020-01-02'));
  t.true(names.includes('record.a'));
});

test.serial(
  'a full disk is told of, costs what waits, and another segment is begun when there is room',
  async (t) => {
    const directory = aDirectory(t);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', directory]);
    try {
      const ring = aRing(t, directory, { ...small, totalBytes: 10_000_000 });
      writeFileSync(join(directory, 'filler'), Buffer.alloc(200 * 1024));
      ring.begin(Buffer.alloc(90_000));
      await ring.flush(deadlineMs);
      t.is(ring.problem, 'ENOSPC');
      t.is(ring.dropped, 1);
      t.false(ring.isOpen);
      rmSync(join(directory, 'filler'));
      t.true(ring.begin(Buffer.alloc(90_000)));
      await ring.flush(deadlineMs);
      t.is(ring.problem, null);
      t.is(sizesIn(directory).at(-1), 90_000);
      await ring.close(deadlineMs);
    } finally {
      execFileSync('umount', [directory]);
    }
  },
);

test('a directory that cannot be made is told of and stops nothing', async (t) => {
  const ring = aRing(t, '/proc/nowhere/flight');
  t.true(ring.begin(Buffer.from('x')));
  await ring.flush(deadlineMs);
  t.is(ring.problem, 'ENOENT');
  t.is(ring.dropped, 1);
});
