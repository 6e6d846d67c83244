// The first node's database: made by initdb, or an existing data directory adopted; then the roles
// and rights that a pair needs. And the second node's: cloned from the first.
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { dataMajor } from './binaries.ts';
import { withDatabaseErrors } from './databaseError.ts';
import { clone } from './clone.ts';
import { readControlFile } from './controlFile.ts';
import type { ControlData } from './controlFile.ts';
import { assertDataDirectory, assertReachable, assertWritable } from './dataDirectory.ts';
import { agentRole, replicationRole } from './databaseOptions.ts';
import type { DatabaseOptions, DatabaseProgress } from './databaseOptions.ts';
import { deadlineIn } from './deadline.ts';
import { giveTo, renameDurably } from './durableFile.ts';
import { closeInstance, openInstance } from './instance.ts';
import type { Instance } from './instance.ts';
import { unfinishedJob } from './jobMarker.ts';
import { clearRemains } from './postmaster.ts';
import { lastComplaint, runProgram } from './program.ts';
import { scramVerifier } from './scramVerifier.ts';

/** A day: the copy of a large database over the heartbeat cable ends long before. */
const longestCloneMs = 86_400_000;

export type InitResult = {
  readonly systemId: string;
  readonly majorVersion: number;
  readonly timeline: number;
  /** An existing data directory was taken over. */
  readonly adopted: boolean;
};

/**
 * Makes the first node's database in the data directory, or adopts the one that is there (stopped,
 * owned by PostgreSQL's user, no standby), and sets up roles, rights and generated files. The server
 * is not left running. May be repeated.
 */
export async function initCluster(
  options: DatabaseOptions,
  progress: (progress: DatabaseProgress) => void,
): Promise<InitResult> {
  const instance = openInstance({ ...options, onProgress: progress });
  const report = (text: string): void => progress({ job: 'init', text, fraction: null });
  try {
    return await withDatabaseErrors(async () => {
      const adopted = existsSync(join(options.dataDirectory, 'PG_VERSION'));
      if (adopted) report(`adopting the data in ${options.dataDirectory}`);
      else await runInitdb(instance, report);
      const control = assertAdoptable(instance);
      report('setting up roles');
      await setUpRoles(instance);
      return resultOf(instance, control, adopted);
    });
  } finally {
    closeInstance(instance);
  }
}

/** Makes the second node's database by cloning the peer's; refuses a directory that holds data. */
export async function cloneFromPeer(
  options: DatabaseOptions,
  progress: (progress: DatabaseProgress) => void,
): Promise<InitResult> {
  const instance = openInstance({ ...options, onProgress: progress });
  try {
    return await withDatabaseErrors(async () => {
      if (unfinishedJob(options.dataDirectory) === null) assertEmpty(options.dataDirectory);
      await clone(instance, deadlineIn(longestCloneMs));
      const control = assertDataDirectory(options.dataDirectory, instance.user);
      return resultOf(instance, control, false);
    });
  } finally {
    closeInstance(instance);
  }
}

async function resultOf(
  instance: Instance,
  before: ControlData,
  adopted: boolean,
): Promise<InitResult> {
  const { major } = await instance.binaries();
  const control = readControlFile(instance.options.dataDirectory) ?? before;
  const timeline = Math.max(control.timeline, control.minRecoveryTimeline);
  return { systemId: control.systemId, majorVersion: major, timeline, adopted };
}

function assertEmpty(dataDirectory: string): void {
  if (!existsSync(dataDirectory) || readdirSync(dataDirectory).length === 0) return;
  throw new HotpairError(
    'DATABASE_NOT_EMPTY',
    `${dataDirectory} is not empty: a new database is put only where nothing is`,
  );
}

async function runInitdb(instance: Instance, report: (text: string) => void): Promise<void> {
  const { options, user } = instance;
  assertEmpty(options.dataDirectory);
  assertReachable(options.dataDirectory, user);
  assertWritable(dirname(options.dataDirectory));
  const { directory } = await instance.binaries();
  // Made beside and renamed: a crash leaves either nothing or a whole cluster.
  const fresh = `${options.dataDirectory}.init`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  await giveTo(fresh, user);
  report(`creating a database in ${options.dataDirectory}`);
  const { code, output } = await runProgram({
    path: join(directory, 'initdb'),
    args: [
      `--pgdata=${fresh}`,
      `--username=${user.name}`,
      '--auth=peer',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--data-checksums',
    ],
    user,
  });
  if (code !== 0) {
    throw new HotpairError('DATABASE_INIT', `initdb failed: ${lastComplaint(output)}`);
  }
  await renameDurably(fresh, options.dataDirectory);
}

function assertAdoptable(instance: Instance): ControlData {
  const { options, user, server } = instance;
  const control = assertDataDirectory(options.dataDirectory, user);
  if (server.adopt()) {
    throw new HotpairError(
      'DATABASE_RUNNING',
      `PostgreSQL runs in ${options.dataDirectory}: stop it and disable its service first`,
    );
  }
  const isStandby =
    control.state === 'inArchiveRecovery' ||
    control.state === 'shutDownInRecovery' ||
    existsSync(join(options.dataDirectory, 'standby.signal'));
  if (isStandby) {
    throw new HotpairError(
      'DATABASE_STANDBY',
      `${options.dataDirectory} is a standby's: the first node needs a primary's data`,
    );
  }
  return control;
}

// In single-user mode nobody can connect while the roles are made, and no rule has to let us in.
async function setUpRoles(instance: Instance): Promise<void> {
  const { options, user } = instance;
  const { directory } = await instance.binaries();
  await clearRemains(options.dataDirectory, options.socketDirectory, options.port);
  const state = { synchronous: 'off', admitted: false, follows: true } as const;
  await instance.files.writeAll(state, 'primary');
  const { code, output } = await runProgram({
    path: join(directory, 'postgres'),
    args: ['--single', '-D', options.dataDirectory, 'postgres'],
    user,
    input: roleStatements(options.replicationPassword).join('\n'),
  });
  if (code !== 0 || /^.*(ERROR|FATAL|PANIC):/m.test(output)) {
    throw new HotpairError(
      'DATABASE_INIT',
      `the roles of a pair cannot be made in PostgreSQL ${dataMajor(options.dataDirectory)}: ` +
        lastComplaint(output),
    );
  }
}

// One statement a line: in single-user mode a line's end is a statement's end.
function roleStatements(replicationPassword: string): string[] {
  const verifier = scramVerifier(replicationPassword);
  // What pg_rewind asks of its source, by its manual.
  const functions = [
    'pg_ls_dir(text, boolean, boolean)',
    'pg_stat_file(text, boolean)',
    'pg_read_binary_file(text)',
    'pg_read_binary_file(text, bigint, bigint, boolean)',
  ];
  return [
    createRole(agentRole),
    `ALTER ROLE ${agentRole} SUPERUSER LOGIN`,
    createRole(replicationRole),
    `ALTER ROLE ${replicationRole} REPLICATION LOGIN PASSWORD '${verifier}'`,
    ...functions.map(
      (name) => `GRANT EXECUTE ON FUNCTION pg_catalog.${name} TO ${replicationRole}`,
    ),
    '',
  ];
}

function createRole(role: string): string {
  return (
    `DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') ` +
    `THEN CREATE ROLE ${role}; END IF; END$$`
  );
}
