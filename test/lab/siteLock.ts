// One command at a time changes a site. The lock is a file with the holder's process number, so
// that the lock of a killed command does not outlive it.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
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
      writeFileSync(paths.lock, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = holderOf();
      if (holder !== undefined && isAlive(holder)) {
        throw new LabError(`another lab command (process ${holder}) is at work on this site`);
      }
      rmSync(paths.lock, { force: true });
    }
  }
  throw new LabError(`${paths.lock} cannot be taken`);
}

function holderOf(): number | undefined {
  try {
    const pid = Number(readFileSync(paths.lock, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
