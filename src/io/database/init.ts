// The first node's database: made by initdb, or an existing data directory adopted; then the roles
// and rights that a pair needs. And the second node's: cloned from the first.
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { dataMajor, findBinaries } from './binaries.ts';
import { withDatabaseErrors } from './databaseError.ts';
import { assertSameMajor, clone } from './clone.ts';
import { readControlFile } from './controlFile.ts';
import type { ControlData } from './controlFile.ts';
import {
  assertDataDirectory,
  assertEmpty,
  assertOwner,
  assertReachable,
  assertWritable,
} from './dataDirectory.ts';
import { agentRole, replicationRole } from './databaseOptions.ts';
import type { DatabaseOptions, DatabaseProgress } from './databaseOptions.ts';
import { deadlineIn } from './deadline.ts';
import { giveTo, renameDurably } from './durableFile.ts';
import { closeInstance, openInstance } from './instance.ts';
import type { Instance } from './instance.ts';
import { unfinishedJob } from './jobMarker.ts';
import { clearRemains, livingPostmaster } from './postmaster.ts';
import { lastComplaint, runProgram } from './program.ts';
import { checkSettings } from './reconfigure.ts';
import { scramVerifier } from './scramVerifier.ts';
import { awaitSource } from './source.ts';
import { checkExtraSettings } from './settings.ts';
import { checkHbaLines } from './hba.ts';
import { systemUser } from './systemUser.ts';
import type { SystemUser } from '../../kernel/systemUser.ts';

/** A day: the copy of a large database over the heartbeat cable ends long before. */
const longestCloneMs = 86_400_000;

/** The primary may be in the middle of its start. */
const longestWaitMs = 30_000;

export type InitResult = {
  readonly systemId: string;
  readonly majorVersion: number;
  readonly timeline: number;
  /** An existing data directory was taken over. */
  readonly adopted: boolean;
};

/**
 * Refuses what initCluster (`first`) or cloneFromPeer (`second`) would fail for on this box, and changes nothing. `willBeMade`
 * is a directory that the caller makes if it is missing.
 */
export async function assertSetUpPossible(
  options: DatabaseOptions,
  which: 'first' | 'second',
  willBeMade: string,
): Promise<void> {
  const { dataDirectory } = options;
  await withDatabaseErrors(async () => {
    const user = systemUser(options.user);
    checkExtraSettings(options.extraSettings);
    checkHbaLines(options.hba);
    await findBinaries(options.binDirectory, dataDirectory, user);
    await checkSettings(options);
    if (existsSync(join(dataDirectory, 'PG_VERSION')) && which === 'first') {
      assertAdoptable(dataDirectory, user);
      return;
    }
    const isLeft = unfinishedJob(dataDirectory) !== null || isFollower(dataDirectory);
    if (which === 'first' || !isLeft) assertEmpty(dataDirectory);
    else if (existsSync(dataDirectory)) assertOwner(dataDirectory, user);
    const parent = dirname(dataDirectory);
    if (!existsSync(parent) && parent === willBeMade) return;
    assertReachable(dataDirectory, user);
    assertWritable(parent);
  });
}

/** Whether a clone that was finished lies there already. */
export function isFollower(dataDirectory: string): boolean {
  return existsSync(join(dataDirectory, 'standby.signal'));
}

/**
 * Asks the peer whether its database can be cloned by this node, or is the one that a finished clone here is of; changes
 * nothing. Refuses with DATABASE_SOURCE, DATABASE_PASSWORD, DATABASE_VERSION or DATABASE_FOREIGN.
 */
export async function assertPeerFits(options: DatabaseOptions): Promise<void> {
  const { binDirectory, dataDirectory } = options;
  await withDatabaseErrors(async () => {
    const user = systemUser(options.user);
    const source = await awaitSource(options, deadlineIn(longestWaitMs));
    assertSameMajor(source, await findBinaries(binDirectory, dataDirectory, user));
    if (!isFollower(dataDirectory)) return;
    const { systemId } = assertDataDirectory(dataDirectory, user);
    if (source.systemId === systemId) return;
    throw new HotpairError(
      'DATABASE_FOREIGN',
      `the data in ${dataDirectory} is of another cluster than the peer's database`,
      { seen: systemId, allowed: source.systemId },
    );
  });
}

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
      const control = assertAdoptable(options.dataDirectory, instance.user);
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
    // What there is of it may be what fills the disk.
    await rm(fresh, { recursive: true, force: true });
    throw new HotpairError('DATABASE_INIT', `initdb failed: ${lastComplaint(output)}`);
  }
  await renameDurably(fresh, options.dataDirectory);
}

function assertAdoptable(dataDirectory: string, user: SystemUser): ControlData {
  const control = assertDataDirectory(dataDirectory, user);
  if (livingPostmaster(dataDirectory) !== null) {
    throw new HotpairError(
      'DATABASE_RUNNING',
      `PostgreSQL runs in ${dataDirectory}: stop it and disable its service first`,
    );
  }
  const isStandby =
    control.state === 'inArchiveRecovery' ||
    control.state === 'shutDownInRecovery' ||
    existsSync(join(dataDirectory, 'standby.signal'));
  if (isStandby) {
    throw new HotpairError(
      'DATABASE_STANDBY',
      `${dataDirectory} is a standby's: the first node needs a primary's data`,
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
