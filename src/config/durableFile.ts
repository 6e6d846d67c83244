// Writes small files so that a power loss leaves either the old content or the new one, whole.
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';

/** How a file that is there already is treated. */
export type Overwrite = 'replace' | 'refuse';

/**
 * Writes beside the file, fsyncs, moves it into its place and fsyncs the directory. The file ends
 * with mode 0600. Throws the system's error, with code EEXIST where the file is there and
 * `overwrite` is "refuse"; then nothing has changed.
 */
export function writePrivateFile(path: string, text: string, overwrite: Overwrite): void {
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    writeSynced(beside, text);
    // A link, unlike a rename, never takes the place of a file that appeared meanwhile.
    if (overwrite === 'refuse') linkSync(beside, path);
    else renameSync(beside, path);
  } finally {
    rmSync(beside, { force: true });
  }
  syncDirectory(dirname(path));
}

function writeSynced(path: string, text: string): void {
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    // The umask of whoever runs this may have taken away more than it should.
    fchmodSync(descriptor, 0o600);
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The short name of a system error (ENOENT, EROFS); the message where it has none. */
export function systemErrorName(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
