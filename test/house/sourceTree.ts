// The files of the real tree that the house rules are about.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { SourceFile } from './complaint.ts';

const FOLDERS = ['src', 'test', 'scripts', 'docs', 'board', 'buildroot-overlay', '.ci'];

/** Every text file of ours below `top`, with paths relative to it. */
export function readSourceTree(top: string): readonly SourceFile[] {
  const inFolders = FOLDERS.flatMap((folder) => filesBelow(join(top, folder)));
  const onTop = readdirSync(top, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== '.git')
    .map((entry) => join(top, entry.name));
  return [...onTop, ...inFolders]
    .map((path) => ({ path: relative(top, path), bytes: readFileSync(path) }))
    .filter(({ bytes }) => !bytes.includes(0))
    .map(({ path, bytes }) => ({ path, text: bytes.toString('utf8') }));
}

function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    // A folder that appears with a later part is no fault.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
