// Making directories. Not mkdir with `recursive`: on file systems that answer ENOENT to every mkdir (proc, sysfs) it never
// returns (seen with Node 26.10).
import { mkdirSync, promises as fs } from 'node:fs';
import { dirname } from 'node:path';

/** Makes the directory and those above it with `mode`; one that is there stays as it is. Throws the system's error. */
export function makeDirectories(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (isThere(error)) return;
    if (!lacksParent(error, path)) throw error;
    makeDirectories(dirname(path), mode);
    mkdirSync(path, { mode });
  }
}

/** The same in the thread pool, for disks that may hang. Rejects with the system's error. */
export async function makeDirectoriesLater(path: string, mode: number): Promise<void> {
  try {
    await fs.mkdir(path, { mode });
  } catch (error) {
    if (isThere(error)) return;
    if (!lacksParent(error, path)) throw error;
    await makeDirectoriesLater(dirname(path), mode);
    await fs.mkdir(path, { mode });
  }
}

function isThere(error: unknown): boolean {
  return codeOf(error) === 'EEXIST';
}

function lacksParent(error: unknown, path: string): boolean {
  return codeOf(error) === 'ENOENT' && dirname(path) !== path;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
