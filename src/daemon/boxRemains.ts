// What hotpair keeps on a box, and its removal: what makes it a node of its pair, and everything else. The record goes first: a
// box without one serves nothing, so that a removal that was cut short leaves nobody who believes half of it.
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Config } from '../config/config.ts';
import { HotpairError } from '../protocol/hotpairError.ts';

/** Files of the state directory that speak of the pair, in the order of their removal. */
const pairFiles = [
  'record.a',
  'record.b',
  'record.a.new',
  'record.b.new',
  'node.json',
  'ledger.json',
  'maintenance.json',
  'hooks.json',
  'sync',
] as const;

/** What else hotpair writes there; whatever does not look like this is somebody else's and stays. */
const otherState =
  /^(events\.jsonl(\.\d)?|flight|crash-[\dTZ-]+|postgresql\.log(\.\d)?|boots\.json(\.new)?|services|divergence|sync-kept|lost\+found)$/;

/** Takes away what makes this box a node. Returns the paths that were there. Throws HotpairError REMOVE_FAILED. */
export function removePairFiles({ state, pair }: Config): readonly string[] {
  const paths = [...pairFiles.map((name) => join(state.directory, name)), pair.keyFile];
  const removed = paths.filter((path) => removeIfThere(path));
  syncDirectory(state.directory);
  syncDirectory(dirname(pair.keyFile));
  return removed;
}

/** The database with what rewinds and clones leave beside it. Throws HotpairError REMOVE_FAILED. */
export function removeDatabase({ database }: Config): readonly string[] {
  return databasePaths(database.dataDirectory).filter((path) => removeIfThere(path));
}

/** The data directory, and copies of it that are unfinished or were put aside. */
export function databasePaths(dataDirectory: string): readonly string[] {
  const parent = dirname(dataDirectory);
  const name = basename(dataDirectory);
  const beside = namesIn(parent).filter(
    (each) => each === `${name}.new` || each === `${name}.job` || each.startsWith(`${name}.old-`),
  );
  return [dataDirectory, ...beside.map((each) => join(parent, each))].filter((path) =>
    existsSync(path),
  );
}

/** History, logs and flight record. Throws HotpairError REMOVE_FAILED. */
export function removeHistory({ state }: Config): readonly string[] {
  return namesIn(state.directory)
    .filter((name) => otherState.test(name) && name !== 'lost+found')
    .map((name) => join(state.directory, name))
    .filter((path) => removeIfThere(path));
}

/** What lies in the state directory and is not hotpair's. */
export function foreignState({ state, database }: Config): readonly string[] {
  const own = new Set([
    ...pairFiles,
    ...databasePaths(database.dataDirectory).map((path) => basename(path)),
  ]);
  return namesIn(state.directory)
    .filter((name) => !own.has(name) && !otherState.test(name))
    .map((name) => join(state.directory, name));
}

/** Tablespaces lie where somebody has put them, and are theirs to remove. */
export function tablespaces({ database }: Config): readonly string[] {
  const directory = join(database.dataDirectory, 'pg_tblspc');
  return namesIn(directory).map((name) => join(directory, name));
}

/** Whether it was there. A mount point is emptied and stays. */
export function removeIfThere(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    rmSync(path, { recursive: true });
  } catch (error) {
    if (codeOf(error) !== 'EBUSY') throw refused(path, error);
    emptyDirectory(path);
  }
  return true;
}

function emptyDirectory(path: string): void {
  try {
    for (const name of readdirSync(path)) rmSync(join(path, name), { recursive: true });
    rmdirSync(path);
  } catch (error) {
    if (codeOf(error) !== 'EBUSY') throw refused(path, error);
  }
}

function refused(path: string, error: unknown): HotpairError {
  return new HotpairError('REMOVE_FAILED', `${path} cannot be removed.`, {
    seen: codeOf(error),
    allowed: 'a file system that can be written; the same command goes on where it stopped',
    cause: error,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function syncDirectory(path: string): void {
  try {
    const descriptor = openSync(path, 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
  } catch {
    // It is not there, and so there is nothing in it.
  }
}
