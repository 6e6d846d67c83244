// What a service writes, in a file of bounded size that it holds open itself: no pipe, so that it can write whoever watches
// it, or nobody. What is too long is copied away and the file emptied; a service appends, so it needs no signal for that.
import { closeSync, createReadStream, createWriteStream, openSync } from 'node:fs';
import { open, rename, rm, stat, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { makeDirectoriesLater } from '../../kernel/directories.ts';
import { lastLineOf } from '../../kernel/programRun.ts';

/** A start waits so long for a disk that hangs, because a service that lost its log has none for as long as it runs. */
const openMs = 2_000;
/** Words in a message are worth less. */
const readMs = 200;
const lookMs = 1_000;
/** After a look that found too much: a service that fills its log in a second fills the next one, too. */
const soonMs = 100;
const lastLineBytes = 4_096;

export function serviceLogPath(directory: string, service: string): string {
  return join(directory, `${service}.log`);
}

/** For root alone: services write passwords into their logs. Never rejects; a disk that hangs is not waited for. */
export async function makeLogDirectory(directory: string): Promise<void> {
  const made = makeDirectoriesLater(directory, 0o700).catch(() => {});
  await Promise.race([made, delay(openMs, null, { ref: false })]);
}

/**
 * Calls `use` with a descriptor that appends to the service's log; where the disk refuses it or hangs, with one that leads
 * nowhere: a service without its log is better than none.
 */
export async function withServiceLog<T>(
  directory: string,
  service: string,
  use: (fd: number) => Promise<T>,
): Promise<T> {
  const path = serviceLogPath(directory, service);
  const opening = patiently('open', path, openMs, async () => open(path, 'a', 0o600), closeLate);
  const file = await opening.catch(() => null);
  // Opened in line: on a disk that hangs there may be no thread left for anything.
  const fd = file?.fd ?? openSync('/dev/null', 'a');
  try {
    return await use(fd);
  } finally {
    // Not waited for: whoever started something has to see its end, which may come at once.
    if (file === null) closeSync(fd);
    else void file.close();
  }
}

async function closeLate(file: FileHandle): Promise<void> {
  await file.close();
}

/** What has not come back in time, and where: a disk that hangs would soon have every thread of the pool. */
const hanging = new Set<string>();

/** Null where it takes longer; and at once where the one before it has still not come back. */
async function patiently<T>(
  what: 'open' | 'read',
  path: string,
  mostMs: number,
  act: () => Promise<T>,
  late: (result: T) => Promise<void> = async () => {},
): Promise<T | null> {
  const place = `${what} ${dirname(path)}`;
  if (hanging.has(place)) return null;
  const acting = act();
  const result = await Promise.race([acting, delay(mostMs, null, { ref: false })]);
  if (result === null) {
    hanging.add(place);
    const over = (): boolean => hanging.delete(place);
    void acting.then(late).then(over, over);
  }
  return result;
}

/** How long the log is by now; 0 where there is none. Never rejects; a disk that hangs is not waited for. */
export async function logLength(path: string): Promise<number> {
  return (await patiently('read', path, readMs, async () => sizeOf(path))) ?? 0;
}

/** The last line of what the log has got since it had this length, short; empty for none. As patient as `logLength`. */
export async function lastLogLine(path: string, since: number): Promise<string> {
  return (await patiently('read', path, readMs, async () => readLastLine(path, since))) ?? '';
}

async function readLastLine(path: string, since: number): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      // A shorter one was emptied meanwhile.
      const start = Math.max(size < since ? 0 : since, size - lastLineBytes);
      const bytes = Buffer.alloc(lastLineBytes);
      const { bytesRead } = await file.read(bytes, 0, lastLineBytes, start);
      return lastLineOf(bytes.toString('utf8', 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

export type LogBound = { readonly service: string; readonly logBytes: number };

/** Looks at the logs every second until closed. */
export function boundServiceLogs(
  directory: string,
  bounds: () => readonly LogBound[],
): { close(): void } {
  let timer: NodeJS.Timeout;
  let isClosed = false;
  const look = async (): Promise<void> => {
    let wasLong = false;
    for (const { service, logBytes } of bounds()) {
      const path = serviceLogPath(directory, service);
      // One after the other: on a disk that hangs a single thread of the pool waits.
      if (await shortenServiceLog(path, logBytes).catch(() => false)) wasLong = true;
    }
    if (!isClosed) timer = setTimeout(() => void look(), wasLong ? soonMs : lookMs).unref();
  };
  timer = setTimeout(() => void look(), lookMs).unref();
  return {
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

/**
 * Copies the last `mostBytes` of a log that is longer to `path.1` and empties it; lines that are written in the moment between
 * are lost. It is emptied without a copy where there is no room for one. True when it was emptied.
 */
export async function shortenServiceLog(path: string, mostBytes: number): Promise<boolean> {
  const size = await sizeOf(path);
  if (size <= mostBytes) return false;
  const older = `${path}.1`;
  try {
    const from = createReadStream(path, { start: size - mostBytes, end: size - 1 });
    await pipeline(from, createWriteStream(`${older}.new`, { mode: 0o600 }));
    await rename(`${older}.new`, older);
  } catch {
    await rm(`${older}.new`, { force: true });
  }
  await truncate(path, 0);
  return true;
}
