// Positions, histories and versions; and the reading of PostgreSQL's own files, compared with what
// PostgreSQL's programs say of them.
import { execFileSync, spawnSync } from 'node:child_process';
import test from 'ava';
import { soundVersion } from '../../../src/io/database/binaries.ts';
import { decodeControlFile, readControlFile } from '../../../src/io/database/controlFile.ts';
import { endOfLog, walPlace } from '../../../src/io/database/controlLog.ts';
import { crc32c } from '../../../src/io/database/crc32c.ts';
import { initCluster } from '../../../src/io/database/init.ts';
import { formatLsn, parseLsn, walFileName } from '../../../src/io/database/lsn.ts';
import { scramVerifier } from '../../../src/io/database/scramVerifier.ts';
import {
  findFork,
  stretchesOfFiles,
  timelineOfSegment,
  timelineSpans,
} from '../../../src/io/database/timelineHistory.ts';
import { walRecordEnd } from '../../../src/io/database/walRecord.ts';
import { ask, layOutPair, removePair } from './loopbackPair.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

test('positions are written and read as PostgreSQL does', (t) => {
  t.is(parseLsn('16/B374D848'), 0x16b374d848n);
  t.is(formatLsn(0x16b374d848n), '16/B374D848');
  t.is(parseLsn('x/1'), null);
  t.is(walFileName(2, 0x1_05000028n, 16 * 1024 * 1024), '000000020000000100000005');
});

test('CRC-32C has the check value of its definition (RFC 3720)', (t) => {
  t.is(crc32c(Buffer.from('123456789')), 0xe3069283);
});

test('files before a promotion bear the number of the timeline before, the one of the promotion its own', (t) => {
  const spans = timelineSpans(4, '1\t0/3000\tpromoted\n3\t0/52A0\tpromoted\n');
  const of = (start: bigint): number => timelineOfSegment(spans, start, 0x1000n);
  t.deepEqual([0x2000n, 0x3000n, 0x4000n, 0x5000n, 0x6000n].map(of), [1, 3, 3, 4, 4]);
  t.deepEqual(stretchesOfFiles(spans, 0x2000n, 0x1000n), [
    { timeline: 1, start: 0x2000n, end: 0x3000n },
    { timeline: 3, start: 0x3000n, end: 0x5000n },
    { timeline: 4, start: 0x5000n, end: null },
  ]);
  const own = [{ timeline: 4, start: 0x52a0n, end: null }];
  t.deepEqual(stretchesOfFiles(spans, 0x52a0n, 0x1000n), own);
  const first = timelineSpans(1, null);
  t.deepEqual(stretchesOfFiles(first, 0x2000n, 0x1000n), [
    { timeline: 1, start: 0x2000n, end: null },
  ]);
});

test('two histories part where the first of them left their last common timeline', (t) => {
  const ours = timelineSpans(2, '1\t0/300\tpromoted\n');
  const theirs = timelineSpans(3, '1\t0/300\tpromoted\n2\t0/500\tpromoted\n');
  t.deepEqual(findFork(ours, theirs), { timeline: 2, lsn: 0x500n });
  t.deepEqual(findFork(timelineSpans(1, null), theirs), { timeline: 1, lsn: 0x300n });
  t.deepEqual(findFork(timelineSpans(2, '1\t0/200\tx\n'), theirs), { timeline: 1, lsn: 0x200n });
  t.deepEqual(findFork(theirs, theirs), { timeline: 3, lsn: null });
  t.is(findFork(timelineSpans(7, null), theirs), null);
});

test('minors that acknowledge unprotected after a start are refused, the fixed ones pass', (t) => {
  t.deepEqual(soundVersion('postgres (PostgreSQL) 15.13'), { major: 15, minor: 13 });
  t.deepEqual(soundVersion('postgres (PostgreSQL) 18.0 (Debian)'), { major: 18, minor: 0 });
  for (const version of ['12.22', '13.20', '14.17', '15.12', '16.8', '17.4']) {
    const error = t.throws(() => soundVersion(`postgres (PostgreSQL) ${version} (Debian)`));
    t.like(error, { code: 'DATABASE_VERSION', seen: version });
  }
});

test('the password verifier is the one of RFC 7677', (t) => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
  const text = scramVerifier('pencil', salt);
  t.is(
    text,
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==' +
      '$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});

test('the control file and the log say what pg_controldata and pg_waldump say', async (t) => {
  const pair = await layOutPair();
  t.teardown(async () => removePair(pair));
  const { options, database } = pair.a;
  await initCluster(options, () => {});
  await database.start({ role: 'primary', synchronous: false, admitted: true });
  // Records longer than a page, and a switch to the next segment.
  await ask(
    pair.a,
    `SELECT pg_logical_emit_message(true, 'x', repeat('y', 100000)), pg_switch_wal()`,
  );
  await ask(pair.a, `SELECT pg_logical_emit_message(true, 'x', repeat('z', 9000))`);
  const stopped = await database.stop({ how: 'clean', deadlineMs: 10_000 });

  const bin = '/usr/lib/postgresql/15/bin';
  const said = execFileSync(`${bin}/pg_controldata`, [options.dataDirectory], { encoding: 'utf8' });
  const field = (name: string): string => new RegExp(`^${name}: +(.*)$`, 'm').exec(said)?.[1] ?? '';
  const control = readControlFile(options.dataDirectory);
  if (control === null) throw new Error('no control file');
  t.is(control.systemId, field('Database system identifier'));
  t.is(control.state, 'shutDown');
  t.is(formatLsn(control.checkpoint), field('Latest checkpoint location'));
  t.is(String(control.timeline), field(`Latest checkpoint's TimeLineID`));
  t.is(String(control.limits['max_connections']), field('max_connections setting'));
  t.true(control.checksums && control.walLogHints);

  // The whole log from the first record on is read as pg_waldump reads it.
  const wal = join(options.dataDirectory, 'pg_wal');
  const segments = ['000000010000000000000001', '000000010000000000000002'];
  // It ends with an error where the log ends, and that is as it should be.
  const dump = spawnSync(`${bin}/pg_waldump`, ['-p', wal, ...segments], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  }).stdout;
  const starts = [...dump.matchAll(/lsn: ([0-9A-F]+\/[0-9A-F]+)/g)].map(
    (match) => parseLsn(match[1] ?? '') ?? 0n,
  );
  const place = walPlace(options.dataDirectory, control);
  const wrong = starts.slice(0, -1).filter((lsn, index) => {
    const end = walRecordEnd(place, lsn);
    return end === null || pageStart(end) !== starts[index + 1];
  });
  t.deepEqual(wrong, []);
  t.true(starts.length > 1_000);
  t.is(walRecordEnd(place, starts.at(-1) ?? 0n), stopped.lsn);
  t.is(walRecordEnd(place, stopped.lsn ?? 0n), null);
  t.deepEqual(endOfLog(options.dataDirectory, control), { timeline: 1, lsn: stopped.lsn ?? 0n });

  const bytes = readFileSync(join(options.dataDirectory, 'global/pg_control'));
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  t.is(decodeControlFile(bytes), null);
});

// Where a record begins when the one before it ended at a page's end.
function pageStart(lsn: bigint): bigint {
  if (lsn % 8192n !== 0n) return lsn;
  return lsn + (lsn % 0x1000000n === 0n ? 40n : 24n);
}
