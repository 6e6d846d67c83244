// Whether the files of this box are nothing but a copy of the primary's. The mark is on disk from the first whole copy until this
// box is primary: without it a copy puts aside what it would replace, because that may be on this box only.
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { makeDirectories } from '../../kernel/directories.ts';

export type CopyMark = {
  readonly isSet: () => boolean;
  /** Is on disk before this returns; throws the system's error. */
  readonly set: () => void;
  readonly remove: () => void;
};

/** The mark speaks of one directory: with another one in the configuration it says nothing. */
export function copyMark(stateDirectory: string, set: string, directory: string): CopyMark {
  const path = join(stateDirectory, 'sync', `${set}.copy`);
  // A mark that the disk does not let go counts no longer all the same, for as long as this process lives.
  let isRemoved = false;
  return {
    isSet: () => !isRemoved && textOf(path) === directory,
    set() {
      makeDirectories(dirname(path), 0o700);
      const beside = `${path}.new`;
      const file = openSync(beside, 'w', 0o600);
      try {
        writeSync(file, directory);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(beside, path);
      syncDirectory(dirname(path));
      isRemoved = false;
    },
    remove() {
      isRemoved = true;
      if (textOf(path) === null) return;
      rmSync(path, { force: true });
      syncDirectory(dirname(path));
    },
  };
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
