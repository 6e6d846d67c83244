// Files that must be whole after a power cut: written beside, synced, renamed, directory synced.
// A settings file that was only appended to was garbage after a real one.
import { randomBytes } from 'node:crypto';
import { chown, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SystemUser } from '../../kernel/systemUser.ts';

/** Replaces a file's content durably; the file belongs to `owner` and is readable by it alone. */
export async function writeDurably(path: string, text: string, owner: SystemUser): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.chown(owner.uid, owner.gid);
      await file.sync();
    } finally {
      await file.close();
    }
    await renameDurably(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Renames within one directory and makes the new name survive a power cut. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
}

/** Removes a file, if it is there, so that it stays removed. */
export async function removeDurably(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncDirectory(dirname(path));
}

/** Makes the names in a directory survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Gives a path to the user that PostgreSQL runs as. */
export async function giveTo(path: string, owner: SystemUser): Promise<void> {
  await chown(path, owner.uid, owner.gid);
}
