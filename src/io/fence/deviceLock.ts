// One run of an agent a device, across restarts of our own agent: an orphan that was left behind still holds the lock, because
// it inherited the open file. It is killed before anything else is ordered, so that its order cannot land behind ours.
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../../kernel/clock.ts';
import { lockFile } from '../../kernel/fileLock.ts';
import { HotpairError } from '../../protocol/hotpairError.ts';

const lookMs = 10;

/** The locked file; the caller closes it. Throws HotpairError FENCE_DEVICE_BUSY, or FENCE_LOCK where there can be no lock. */
export async function takeDeviceLock(
  path: string,
  deadlineMs: number,
  onOrphan: (pid: number) => void,
): Promise<number> {
  const fd = open(path);
  const endsAt = monotonicMs() + deadlineMs;
  const told = new Set<number>();
  while (!lockFile(fd)) {
    for (const pid of holdersOf(path)) {
      if (!told.has(pid)) onOrphan(pid);
      told.add(pid);
      killWithGroup(pid);
    }
    if (monotonicMs() >= endsAt) {
      closeSync(fd);
      throw new HotpairError(
        'FENCE_DEVICE_BUSY',
        'an earlier run of the fence agent does not end',
        {
          seen: `process ${[...told].join(', ')}`,
        },
      );
    }
    await pause(lookMs);
  }
  return fd;
}

function open(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    const text = `the lock ${path} cannot be opened: ${String(error)}`;
    throw new HotpairError('FENCE_LOCK', text, { cause: error });
  }
}

/** Processes other than this one that have the file open: exactly those which inherited the lock. */
function holdersOf(path: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && hasOpen(pid, path));
}

function hasOpen(pid: number, path: string): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => linkOf(`${folder}/${fd}`) === path);
  } catch {
    return false;
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** The holder and, where it leads a group of its own, everything that it has started. */
function killWithGroup(pid: number): void {
  try {
    process.kill(leadsGroup(pid) ? -pid : pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function leadsGroup(pid: number): boolean {
  try {
    // proc(5): the name in parentheses may hold anything; after it come state, parent and group.
    const [, , group] = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '').split(
      ' ',
    );
    return Number(group) === pid;
  } catch {
    return false;
  }
}
