// Walks over the files of a set and of what was put aside: in the thread pool, bounded, and without following links.
import { promises as fs } from 'node:fs';
import { join } from 'node:path';

export type Measure = { readonly files: number; readonly bytes: number };

/** Temporary files of a copy under way, in the directory of the set. */
export const temporaryFolder = '.hotpair-temp';

/** Files that wait for the others, in each directory that they will go to. */
export const waitingFolder = '.hotpair-partial';

/** More entries than this are not looked at. */
const mostEntries = 1_000_000;

/** Files below a directory and their bytes; nothing where it is not there. */
export async function measureTree(directory: string): Promise<Measure> {
  let files = 0;
  let bytes = 0;
  for await (const { path, isDirectory } of entriesOf(directory)) {
    if (isDirectory) continue;
    files += 1;
    bytes += await sizeOf(path);
  }
  return { files, bytes };
}

/** Bytes of these files and links below the directory; what is not there counts nothing. Paths are bytes in Latin-1. */
export async function measureFiles(directory: string, paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) bytes += await sizeOf(below(directory, path));
  return bytes;
}

/** Removes what a copy that was cut off has left. Rejects with the system's error. */
export async function removeLeftovers(directory: string): Promise<void> {
  await emptyTemporary(directory);
  for await (const { path, isDirectory, name } of entriesOf(directory)) {
    if (isDirectory && name === waitingFolder) {
      await fs.rm(path, { recursive: true, force: true });
    }
  }
}

/** Makes the place for temporary files, or empties it; another thing of its name goes. Rejects with the system's error. */
export async function makeTemporary(directory: string): Promise<void> {
  const path = join(directory, temporaryFolder);
  const there = await fs.lstat(path).catch(() => null);
  if (there?.isDirectory() === true) return emptyTemporary(directory);
  await fs.rm(path, { force: true });
  await fs.mkdir(path, { mode: 0o700 });
}

async function emptyTemporary(directory: string): Promise<void> {
  const path = join(directory, temporaryFolder);
  const there = await fs.lstat(path).catch(() => null);
  if (there?.isDirectory() !== true) return;
  const names = await fs.readdir(path, 'buffer');
  for (const name of names) {
    await fs.rm(Buffer.concat([Buffer.from(`${path}/`), name]), { recursive: true, force: true });
  }
}

/** A path as the system has it: its bytes, which need not be UTF-8. */
export function below(directory: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(path, 'latin1')]);
}

async function sizeOf(path: string | Buffer): Promise<number> {
  return fs.lstat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

type Entry = { readonly path: Buffer; readonly isDirectory: boolean; readonly name: string };

/** Everything below a directory; a directory may be removed by the one who looks at it, then nothing below it comes. */
async function* entriesOf(directory: string): AsyncGenerator<Entry> {
  const left = [Buffer.from(directory)];
  let seen = 0;
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const folder = next;
    const entries = await fs
      .readdir(folder, { withFileTypes: true, encoding: 'buffer' })
      .catch(() => []);
    for (const entry of entries) {
      if ((seen += 1) > mostEntries) return;
      const path = Buffer.concat([folder, Buffer.from('/'), entry.name]);
      const isDirectory = entry.isDirectory();
      yield { path, isDirectory, name: entry.name.toString('latin1') };
      if (isDirectory) left.push(path);
    }
  }
}
