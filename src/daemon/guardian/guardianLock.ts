// One guardian at a time. The one of an agent that died ends with its stdin, within milliseconds; one that hangs instead is
// killed, which touches no service.
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../kernel/clock.ts';
import { lockFile } from '../../kernel/fileLock.ts';
import { signalProcess } from '../../kernel/processHandle.ts';
import { processStat } from '../../kernel/processes.ts';
import type { ProcessIdentity } from '../../kernel/processes.ts';

const fileName = 'guardian.lock';
const patienceMs = 1_000;
const retryMs = 10;

/** Resolves when this process is the guardian of its run directory; it stays so until it ends. */
export async function becomeGuardian(runDirectory: string): Promise<{ release(): void }> {
  const path = join(runDirectory, fileName);
  const fd = openSync(path, 'a+', 0o600);
  for (let killAt = monotonicMs() + patienceMs; !lockFile(fd);) {
    await delay(retryMs);
    if (monotonicMs() < killAt) continue;
    killHolder(path);
    killAt = monotonicMs() + patienceMs;
  }
  writeName(fd);
  return { release: () => closeSync(fd) };
}

/** Where there is no room for it a guardian that hangs has to be killed by its agent. */
function writeName(fd: number): void {
  try {
    ftruncateSync(fd);
    const startTime = processStat(process.pid)?.startTime ?? 0;
    writeSync(fd, JSON.stringify({ pid: process.pid, startTime }));
  } catch {
    // The lock itself is held.
  }
}

function killHolder(path: string): void {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity;
    if (holder.pid !== process.pid) signalProcess(holder, 'SIGKILL');
  } catch {
    // It has not written its number yet.
  }
}
