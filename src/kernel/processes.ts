// The processes of this box as /proc shows them. A process is told by its number and its start time: numbers come again.
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { libc } from './libc.ts';

export type ProcessIdentity = {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, in ticks since the boot. */
  readonly startTime: number;
};

export type ProcessStat = ProcessIdentity & {
  /** proc(5): R, S, D, T (stopped by a signal), Z (ended, nobody has asked how) and others. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** What of it is in memory; shared pages are counted for each process that has them. */
  readonly residentBytes: number;
};

/** More of an environment than this is not read. */
const longestEnvironment = 256 * 1024;

const kernelThreads = 2; // kthreadd, the parent of them all
const pageBytes = libc.getpagesize();
const space = Buffer.allocUnsafeSlow(longestEnvironment);

/** Null for a process that is not there. A process that has ended stays there until its parent asks (state Z). */
export function processStat(pid: number): ProcessStat | null {
  const text = textOf(`/proc/${pid}/stat`, 4096);
  if (text === null) return null;
  // The name in brackets may contain anything, also brackets and blanks.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    state: fields[0] ?? '',
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTime: Number(fields[19]),
    residentBytes: Number(fields[21]) * pageBytes,
  };
}

/** True while exactly this process runs: not ended, and no other one of the same number. */
export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  const stat = processStat(pid);
  return stat !== null && stat.startTime === startTime && !hasEnded(stat);
}

/** Ended, although it is still listed. */
export function hasEnded({ state }: ProcessStat): boolean {
  return state === 'Z' || state === 'X';
}

/** Every process that runs, without the threads of the kernel. */
export function runningProcesses(): readonly ProcessStat[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid)) return [];
    const stat = processStat(pid);
    if (stat === null || hasEnded(stat)) return [];
    return pid === kernelThreads || stat.parent === kernelThreads ? [] : [stat];
  });
}

/**
 * The environment with which a process was started, `NAME=value` each; empty where it cannot be read. Programs that write
 * their title over it (setproctitle) lose it.
 */
export function environmentOf(pid: number): readonly string[] {
  return textOf(`/proc/${pid}/environ`, longestEnvironment)?.split('\0') ?? [];
}

/** Memory that belongs to a process, shared pages divided among those that share them; 0 where it cannot be read. */
export function proportionalBytes(pid: number): number {
  const text = textOf(`/proc/${pid}/smaps_rollup`, 4096) ?? '';
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
}

/** This process and those above it. */
export function ownLine(): ReadonlySet<number> {
  const line = new Set<number>();
  for (let pid = process.pid; pid > 0 && !line.has(pid); pid = processStat(pid)?.parent ?? 0) {
    line.add(pid);
  }
  return line;
}

/** The kernel makes a new id at every boot; a container begins anew with its first process. */
export function bootMark(): string {
  const id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${id}/${processStat(1)?.startTime ?? 0}`;
}

/** Not readFileSync: it asks for sizes that these files do not have and makes a buffer for each. */
function textOf(path: string, mostBytes: number): string | null {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    let length = 0;
    while (length < mostBytes) {
      const read = readSync(fd, space, length, mostBytes - length, null);
      if (read === 0) break;
      length += read;
    }
    return space.toString('latin1', 0, length);
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}
