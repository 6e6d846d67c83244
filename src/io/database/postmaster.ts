// Which processes belong to a data directory, told by what they are (program, working directory,
// state), never by a number in a file alone: a stale postmaster.pid may name anybody's process.
import { readFileSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { deadlineIn, waitFor } from './deadline.ts';

export type PidFile = {
  readonly pid: number;
  /** `starting`, `ready`, `standby` or `stopping`; null while it is not written yet. */
  readonly status: string | null;
};

/** Reads postmaster.pid; null where there is none. */
export function readPidFile(dataDirectory: string): PidFile | null {
  try {
    const lines = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Math.abs(Number.parseInt(lines[0] ?? '', 10));
    return pid > 0 ? { pid, status: lines[7]?.trim() ?? null } : null;
  } catch {
    return null;
  }
}

/** The living postmaster of a data directory, or null. Zombies do not live. */
export function livingPostmaster(dataDirectory: string): number | null {
  const file = readPidFile(dataDirectory);
  return file !== null && isPostmaster(file.pid, dataDirectory) ? file.pid : null;
}

/** True when the process is a living postmaster of this very data directory. */
export function isPostmaster(pid: number, dataDirectory: string): boolean {
  return belongsTo(pid, dataDirectory) && !commandLine(pid).startsWith('postgres: ');
}

/** True when a process is there and not a zombie. */
export function isAlive(pid: number): boolean {
  const state = processState(pid);
  return state !== null && state !== 'Z' && state !== 'X';
}

/** Sends a signal; false when the process has gone. */
export function sendSignal(pid: number, name: NodeJS.Signals): boolean {
  // 0, -1 and 1 would mean a group, everybody and the init process.
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** Living children of a postmaster whose title has the given word, such as `checkpointer`. */
export function childrenTitled(postmaster: number, word: string): number[] {
  let children: string;
  try {
    children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8');
  } catch {
    return [];
  }
  const pids = children.trim().split(/\s+/).filter(Boolean).map(Number);
  return pids.filter((pid) => {
    const title = commandLine(pid);
    return title.startsWith('postgres: ') && title.includes(word);
  });
}

/**
 * Makes a data directory free for a start: backends of a dead postmaster are waited for and then
 * ended, a stale postmaster.pid and socket lock are removed. The caller has made sure that no
 * postmaster lives.
 */
export async function clearRemains(
  dataDirectory: string,
  socketDirectory: string,
  port: number,
): Promise<void> {
  await endOrphans(dataDirectory, 150);
  await rm(join(dataDirectory, 'postmaster.pid'), { force: true });
  const lock = join(socketDirectory, `.s.PGSQL.${port}.lock`);
  if (isOwnLock(lock, dataDirectory)) await rm(lock, { force: true });
}

/** Ends the backends that outlived their postmaster; those that go by themselves are let go. */
export async function endOrphans(dataDirectory: string, graceMs: number): Promise<void> {
  const gone = (): true | null => (orphans(dataDirectory).length === 0 ? true : null);
  if ((await waitFor(gone, deadlineIn(graceMs), 5)) !== null) return;
  for (const pid of orphans(dataDirectory)) sendSignal(pid, 'SIGKILL');
  await waitFor(gone, deadlineIn(5_000), 5);
}

function orphans(dataDirectory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => belongsTo(pid, dataDirectory));
}

/** True for a living process of PostgreSQL that works in this very data directory. */
export function belongsTo(pid: number, dataDirectory: string): boolean {
  if (!isAlive(pid)) return false;
  try {
    const program = basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''));
    if (program !== 'postgres' && program !== 'postmaster') return false;
    return sameDirectory(`/proc/${pid}/cwd`, dataDirectory);
  } catch {
    return false;
  }
}

// Compared by device and inode: the directory may have been renamed by a clone meanwhile, and a
// server that still runs in the old one is not ours.
function sameDirectory(a: string, b: string): boolean {
  const first = statSync(a);
  const second = statSync(realpathSync(b));
  return first.dev === second.dev && first.ino === second.ino;
}

function isOwnLock(path: string, dataDirectory: string): boolean {
  try {
    return readFileSync(path, 'utf8').split('\n')[1] === dataDirectory;
  } catch {
    return false;
  }
}

function processState(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  } catch {
    return null;
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
