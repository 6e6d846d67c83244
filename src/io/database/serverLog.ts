// What PostgreSQL says on its standard error, in a file of bounded size: years of warnings must not fill the partition that
// the pair's record needs. PostgreSQL holds the file open, so its beginning is copied away and the file itself is emptied.
import { closeSync, openSync } from 'node:fs';
import { copyFile, rename, stat, truncate } from 'node:fs/promises';

/** Size at which the log is copied away and emptied. */
export const maximumLogBytes = 16 * 1024 * 1024;

/** Two older ones are kept: with what is written between two looks, some 50 MB at most. */
const olderLogs = 2;
const lookMs = 10_000;

/**
 * A descriptor to append to the log; where the disk refuses it, one that leads nowhere: a database that serves without its
 * log is better than none. The caller closes it.
 */
export function openServerLog(path: string): { readonly fd: number; readonly isKept: boolean } {
  try {
    return { fd: openSync(path, 'a', 0o640), isKept: true };
  } catch {
    return { fd: openSync('/dev/null', 'a'), isKept: false };
  }
}

/** Looks at the log's size every few seconds until closed. */
export function boundServerLog(path: string, maximumBytes = maximumLogBytes): { close(): void } {
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    await shortenServerLog(path, maximumBytes).catch(() => {});
    isLooking = false;
  };
  const timer = setInterval(() => void look(), lookMs);
  timer.unref();
  void look();
  return { close: () => clearInterval(timer) };
}

/**
 * Copies a log that is too long to `path.1` and empties it; lines that PostgreSQL writes in the moment between are lost. It
 * is emptied without a copy where there is no room for one. True when it was emptied.
 */
export async function shortenServerLog(path: string, maximumBytes: number): Promise<boolean> {
  const size = await sizeOf(path);
  if (size <= maximumBytes) return false;
  for (let age = olderLogs; age > 1; age -= 1) {
    await rename(`${path}.${age - 1}`, `${path}.${age}`).catch(() => {});
  }
  await copyFile(path, `${path}.1`).catch(() => {});
  // PostgreSQL appends, so that its next line begins the emptied file.
  await truncate(path, 0);
  return true;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

/** Closes what openServerLog gave. */
export function closeServerLog({ fd }: { readonly fd: number }): void {
  closeSync(fd);
}
