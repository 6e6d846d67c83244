// The start guard: what must be true of a data directory before a server is started in it.
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { readControlFile } from './controlFile.ts';
import type { ControlData } from './controlFile.ts';
import type { SystemUser } from '../../kernel/systemUser.ts';

/**
 * Checks owner and contents and gives the control file's data.
 *
 * Refuses with DATABASE_MISSING, DATABASE_OWNER or DATABASE_CONTROL; changes nothing.
 */
export function assertDataDirectory(dataDirectory: string, user: SystemUser): ControlData {
  if (!existsSync(join(dataDirectory, 'PG_VERSION'))) {
    throw new HotpairError('DATABASE_MISSING', `there is no PostgreSQL data in ${dataDirectory}`);
  }
  assertOwner(dataDirectory, user);
  assertReachable(dataDirectory, user);
  const control = readControlFile(dataDirectory);
  if (control === null) {
    throw new HotpairError(
      'DATABASE_CONTROL',
      `the control file of ${dataDirectory} is missing or damaged`,
    );
  }
  return control;
}

/** Refuses a directory of somebody else with DATABASE_OWNER. */
export function assertOwner(dataDirectory: string, user: SystemUser): void {
  const { uid } = statSync(dataDirectory);
  if (uid === user.uid) return;
  throw new HotpairError(
    'DATABASE_OWNER',
    `${dataDirectory} belongs to user ${uid}, PostgreSQL runs as ${user.name} (${user.uid})`,
    { seen: String(uid), allowed: String(user.uid) },
  );
}

/** Refuses, with DATABASE_OWNER, a directory above which the user cannot pass. */
export function assertReachable(dataDirectory: string, user: SystemUser): void {
  for (let path = dirname(dataDirectory); ; path = dirname(path)) {
    if (!existsSync(path)) throw missingDirectory(path);
    const { mode, uid, gid } = statSync(path);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) {
      throw new HotpairError(
        'DATABASE_OWNER',
        `the user ${user.name} cannot pass through ${path} to its data directory`,
      );
    }
    if (path === dirname(path)) return;
  }
}

function missingDirectory(path: string): HotpairError {
  return new HotpairError(
    'DATABASE_DIRECTORY',
    `the directory ${path}, in which the database is to lie, does not exist`,
  );
}

/** Refuses a directory that holds anything with DATABASE_NOT_EMPTY. */
export function assertEmpty(dataDirectory: string): void {
  if (!existsSync(dataDirectory) || readdirSync(dataDirectory).length === 0) return;
  throw new HotpairError(
    'DATABASE_NOT_EMPTY',
    `${dataDirectory} is not empty: a new database is put only where nothing is`,
  );
}

/** Refuses a read-only or missing parent with DATABASE_READ_ONLY. */
export function assertWritable(directory: string): void {
  try {
    accessSync(directory, constants.W_OK);
  } catch (error) {
    throw new HotpairError('DATABASE_READ_ONLY', `${directory} cannot be written`, {
      cause: error,
    });
  }
}
