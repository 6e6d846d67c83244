// What only this box had when it became a standby: put aside below the state directory, `sync-kept/SET/TIME/`, and never removed
// by us. What is kept has a bound for each set; beyond it nothing is replaced any more.
import { promises as fs, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectoriesLater } from '../../kernel/directories.ts';
import { below, measureTree } from './tree.ts';
import type { Measure } from './tree.ts';

/** So much of the state partition stays free. */
const reserveBytes = 256 * 1024 * 1024;

export type KeptFiles = {
  /** What is there now. */
  readonly measure: () => Promise<Measure>;
  /** Whether so many bytes of the set may be added. */
  readonly hasRoom: (bytes: number, kept: Measure) => boolean;
  /** Makes a directory for what is put aside now. */
  readonly newFolder: () => Promise<string>;
  /** Removes it where nothing was put into it. */
  readonly dropEmpty: (folder: string) => Promise<void>;
  /** Copies files that are not to be replaced yet. Paths are bytes in Latin-1. */
  readonly copyAside: (folder: string, paths: readonly string[]) => Promise<void>;
};

export function keptFiles(
  stateDirectory: string,
  set: { readonly name: string; readonly directory: string; readonly keepBytes: number },
): KeptFiles {
  const place = join(stateDirectory, 'sync-kept', set.name);
  return {
    measure: async () => measureTree(place),
    hasRoom: (bytes, kept) =>
      kept.bytes + bytes <= set.keepBytes &&
      (isOneFileSystem(stateDirectory, set.directory) ||
        freeBytes(stateDirectory) >= bytes + reserveBytes),
    async newFolder() {
      const folder = join(place, new Date().toISOString().replaceAll(':', '-'));
      await makeDirectoriesLater(folder, 0o700);
      return folder;
    },
    async dropEmpty(folder) {
      await fs.rmdir(folder).catch(() => {});
    },
    async copyAside(folder, paths) {
      for (const path of paths) {
        await makeParents(folder, path);
        await fs
          .copyFile(below(set.directory, path), below(folder, path))
          .catch((error: unknown) => {
            // What has gone meanwhile was removed by somebody who knew of it.
            if (!hasCode(error, 'ENOENT')) throw error;
          });
      }
    },
  };
}

/** Files are moved there, which takes no room. */
function isOneFileSystem(one: string, other: string): boolean {
  return statSync(one).dev === statSync(other).dev;
}

/** What a directory's file system has left. */
export function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

async function makeParents(folder: string, path: string): Promise<void> {
  const parts = path.split('/').slice(0, -1);
  for (const [index] of parts.entries()) {
    const parent = below(folder, parts.slice(0, index + 1).join('/'));
    await fs.mkdir(parent, { mode: 0o700 }).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
