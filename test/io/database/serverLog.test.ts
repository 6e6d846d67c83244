// PostgreSQL's log is bounded: copied away and emptied while somebody holds it open, two older ones kept.
import {
  closeSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openServerLog, shortenServerLog } from '../../../src/io/database/serverLog.ts';

test('a log that is too long is copied away and goes on at its beginning, through the same descriptor', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-log-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'postgresql.log');
  const { fd, isKept } = openServerLog(path);
  t.true(isKept);
  for (let round = 1; round <= 4; round += 1) {
    writeSync(fd, `${round} ${'x'.repeat(100)}\n`);
    t.is(await shortenServerLog(path, 50), true);
    t.is(statSync(path).size, 0);
  }
  writeSync(fd, 'short\n');
  t.is(await shortenServerLog(path, 50), false);
  closeSync(fd);
  t.deepEqual(readdirSync(directory).toSorted(), [
    'postgresql.log',
    'postgresql.log.1',
    'postgresql.log.2',
  ]);
  t.is(readFileSync(path, 'utf8'), 'short\n');
  t.regex(readFileSync(`${path}.1`, 'utf8'), /^4 /);
  t.regex(readFileSync(`${path}.2`, 'utf8'), /^3 /);
});

test('where the log cannot be written PostgreSQL gets a place that takes everything', (t) => {
  const { fd, isKept } = openServerLog('/proc/hotpair/postgresql.log');
  t.false(isKept);
  t.is(writeSync(fd, 'lost\n'), 5);
  closeSync(fd);
});
