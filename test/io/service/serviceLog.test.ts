// The log of a service on a disk that hangs, which is played by a pipe that nobody reads: to open it waits for ever.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { withServiceLog } from '../../../src/io/service/serviceLog.ts';
import { aPlace } from './someServices.ts';

/** More than there are threads in the pool. */
const starts = 12;

test('on a disk that hangs one start waits for its log, and the others go on without', async (t) => {
  const { logDirectory } = aPlace(t);
  const pipe = join(logDirectory, 'pbx.log');
  execFileSync('mkfifo', [pipe]);
  let used = 0;
  const use = async (fd: number): Promise<void> => {
    t.true(fd > 2);
    used += 1;
  };
  await withServiceLog(logDirectory, 'pbx', use);
  const begun = performance.now();
  for (let start = 0; start < starts; start += 1) await withServiceLog(logDirectory, 'pbx', use);
  t.true(performance.now() - begun < 1_000);
  t.is(used, 1 + starts);
  // It answers again: whoever waited is told, and the next start has its log.
  closeSync(openSync(pipe, constants.O_RDWR));
});
