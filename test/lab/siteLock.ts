// One command at a time changes a site. The lock is a file with the holder's process number, so
// that the lock of a killed command does not outlive it.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isRunning, processStat } from '../../src/kernel/processes.ts';
import type { ProcessIdentity } from '../../src/kernel/processes.ts';
import { LabError } from './labError.ts';
import { paths } from './layout.ts';

/** Does work while holding the lock. @throws {LabError} another command holds it */
export async function holdingLock<T>(work: () => Promise<T>): Promise<T> {
  take();
  try {
    return await work();
  } finally {
    rmSync(paths.lock, { force: true });
  }
}

function take(): void {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(paths.lock, JSON.stringify(processStat(process.pid)), { flag: 'wx' });
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = holderOf();
      if (holder !== null && isRunning(holder)) {
        throw new LabError(`another lab command (process ${holder.pid}) is at work on this site`);
      }
      rmSync(paths.lock, { force: true });
    }
  }
  throw new LabError(`${paths.lock} cannot be taken`);
}

/** Number and start time: the number of a killed command comes again, and a site is full of new processes. */
function holderOf(): ProcessIdentity | null {
  try {
    const holder = JSON.parse(readFileSync(paths.lock, 'utf8')) as Partial<ProcessIdentity> | null;
    const { pid, startTime } = holder ?? {};
    return pid === undefined || startTime === undefined ? null : { pid, startTime };
  } catch {
    return null;
  }
}
