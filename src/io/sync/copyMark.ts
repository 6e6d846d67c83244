// Whether the files of this box are nothing but a copy of the primary's. The mark is on disk from the first whole copy until this
// box is primary: without it a copy puts aside what it would replace, because that may be on this box only.
import { promises as fs, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories } from '../../kernel/directories.ts';

export type CopyMark = {
  readonly isSet: () => boolean;
  /** Is on disk before this returns; throws the system's error. */
  readonly set: () => void;
  /** Gone at once, and on the disk when it resolves: services wait for the former only. Rejects with the system's error. */
  readonly remove: () => Promise<void>;
};

const ending = '.copy';

/** Where the marks are; there is no such directory while no set is a copy. */
export function marksFolder(stateDirectory: string): string {
  return join(stateDirectory, 'sync');
}

/** The mark speaks of one directory: with another one in the configuration it says nothing. */
export function copyMark(stateDirectory: string, set: string, directory: string): CopyMark {
  const folder = marksFolder(stateDirectory);
  const path = join(folder, `${set}${ending}`);
  // A mark that the disk does not let go counts no longer all the same, for as long as this process lives.
  let isRemoved = false;
  return {
    isSet: () => !isRemoved && textOf(path) === directory,
    set() {
      makeDirectories(folder, 0o700);
      writeSynced(`${path}.new`, directory);
      renameSync(`${path}.new`, path);
      syncDirectory(folder);
      isRemoved = false;
    },
    async remove() {
      isRemoved = true;
      if (textOf(path) === null) return;
      rmSync(path, { force: true });
      await syncDirectoryLater(folder);
    },
  };
}

/** Marks of sets that are no longer configured say nothing any more: nobody would remove them on a primary. */
export function removeOtherMarks(stateDirectory: string, sets: readonly string[]): void {
  const folder = marksFolder(stateDirectory);
  const known = new Set(sets.map((set) => `${set}${ending}`));
  const names = namesIn(folder);
  for (const name of names ?? []) {
    if (!known.has(name)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  if (names !== null && !names.some((name) => known.has(name))) rmdirSync(folder);
}

/** Null: there is no such directory. */
function namesIn(folder: string): readonly string[] | null {
  try {
    return readdirSync(folder);
  } catch {
    return null;
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function writeSynced(path: string, text: string): void {
  const file = openSync(path, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
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

async function syncDirectoryLater(path: string): Promise<void> {
  const directory = await fs.open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
