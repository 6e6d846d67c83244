// Reads the files that stand outside the configuration because they hold secrets, and those beside them that hold none.
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { HotpairError } from '../protocol/hotpairError.ts';
import { systemErrorName } from './durableFile.ts';

/** What a file is called, and what is said of one that cannot be used. */
export interface FileKind {
  readonly name: string;
  /** Beginning of the codes: CODES_MISSING, CODES_PERMISSIONS, CODES_FORMAT. */
  readonly codes: string;
  /** Where such a file comes from. */
  readonly from: string;
  /** Bytes that are read: enough to see that there is more than there can be. */
  readonly longest: number;
}

/** The start of a regular file of root or of the own user that nobody else may read. Throws HotpairError with the kind's codes. */
export function readSecretFile(path: string, kind: FileKind): string {
  return read(path, kind, (stats) => {
    checkOwner(path, kind, stats);
    checkMode(path, kind, stats);
  });
}

/** The start of a regular file that everybody may know. Throws HotpairError with the kind's codes. */
export function readPublicFile(path: string, kind: FileKind): string {
  return read(path, kind, () => {});
}

function read(path: string, kind: FileKind, check: (stats: Stats) => void): string {
  const descriptor = open(path, kind);
  try {
    // Asked of the open file, not of its name: it cannot be exchanged in between.
    const stats = fstatSync(descriptor);
    checkKind(path, kind, stats);
    check(stats);
    const bytes = Buffer.alloc(kind.longest);
    return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
}

function open(path: string, { name, codes, from }: FileKind): number {
  try {
    // Without O_NONBLOCK a pipe in the place of the file would hang the agent's start.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new HotpairError(`${codes}_MISSING`, `The ${name} ${path} cannot be read.`, {
      seen: systemErrorName(error),
      allowed: from,
    });
  }
}

function checkKind(path: string, { name, codes }: FileKind, stats: Stats): void {
  if (stats.isFile()) return;
  throw new HotpairError(`${codes}_FORMAT`, `The ${name} ${path} is not a regular file.`, {
    seen: stats.isDirectory() ? 'a directory' : 'a device or pipe',
    allowed: 'a regular file',
  });
}

function checkOwner(path: string, { name, codes }: FileKind, stats: Stats): void {
  if (stats.uid === 0 || stats.uid === process.getuid?.()) return;
  throw new HotpairError(`${codes}_PERMISSIONS`, `The ${name} ${path} belongs to somebody else.`, {
    seen: `user ${stats.uid}`,
    allowed: 'root or the user that runs hotpair',
  });
}

function checkMode(path: string, { name, codes }: FileKind, stats: Stats): void {
  const mode = stats.mode & 0o7777;
  if ((mode & 0o077) === 0) return;
  throw new HotpairError(`${codes}_PERMISSIONS`, `Others may read or change the ${name} ${path}.`, {
    seen: `mode ${mode.toString(8).padStart(4, '0')}`,
    allowed: '0600 or 0400',
  });
}
