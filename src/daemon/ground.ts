// What stands before anything is decided: configuration, key, identity and the files of the box. The agent and the
// commands that set a box up begin here.
import { chmodSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatComplaint } from '../config/complaint.ts';
import type { Config } from '../config/config.ts';
import { readNodeIdentity } from '../config/identity.ts';
import type { NodeIdentity } from '../config/identity.ts';
import { loadConfig } from '../config/load.ts';
import { readPairKeys } from '../config/pairKeys.ts';
import type { PairKeys } from '../config/pairKeys.ts';
import { replicationPassword } from '../config/secrets.ts';
import type { PairKey } from '../config/secrets.ts';
import type { DatabaseOptions } from '../io/database/databaseOptions.ts';
import type { Reconfiguration } from '../io/database/reconfigure.ts';
import { makeDirectories } from '../kernel/directories.ts';
import { HotpairError } from '../protocol/hotpairError.ts';

const refusedInput = 2;
const stateMode = 0o711;

export type Ground = {
  readonly configPath: string;
  readonly config: Config;
  readonly warnings: readonly string[];
};

export type PairGround = Ground & {
  readonly key: PairKey;
  /** With the other key, while one is exchanged for another. */
  readonly keys: PairKeys;
  readonly identity: NodeIdentity;
};

/** The configuration, or HotpairError CONFIG_REFUSED with every complaint in its message. */
export function readGround(configPath: string): Ground {
  const loaded = loadConfig(configPath);
  if ('config' in loaded) {
    const warnings = loaded.warnings.map((complaint) => formatComplaint(configPath, complaint));
    return { configPath, config: loaded.config, warnings };
  }
  const lines = loaded.complaints.map((complaint) => formatComplaint(configPath, complaint));
  throw new HotpairError(
    'CONFIG_REFUSED',
    `the configuration cannot be used\n${lines.join('\n')}`,
    {
      exitCode: refusedInput,
    },
  );
}

/** Configuration, key and identity of a box that was set up. Throws what is missing, or PAIR_MISMATCH. */
export function readPairGround(configPath: string): PairGround {
  const ground = readGround(configPath);
  const identity = asInput(() => readNodeIdentity(ground.config.state.directory));
  const keys = asInput(() => readPairKeys(ground.config.pair.keyFile));
  const key = keys.sends;
  if (identity.pairId === key.pairId) return { ...ground, identity, key, keys };
  throw new HotpairError('PAIR_MISMATCH', 'the pair key is of another pair than this box', {
    seen: key.pairId,
    allowed: identity.pairId,
    exitCode: refusedInput,
  });
}

/** What is wrong with a file of the box ends a command with the exit status of bad input. */
export function asInput<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw inputError(error);
  }
}

/** The same for work that takes time and changes nothing when it refuses. */
export async function asInputLater<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw inputError(error);
  }
}

function inputError(error: unknown): unknown {
  if (!(error instanceof HotpairError) || error.exitCode !== undefined) return error;
  const { code, message, seen, allowed } = error;
  return new HotpairError(code, message, {
    ...(seen === undefined ? {} : { seen }),
    ...(allowed === undefined ? {} : { allowed }),
    exitCode: refusedInput,
    cause: error,
  });
}

/**
 * Makes the state directory. Others may pass through it (PostgreSQL's own user has to reach its data directory below) but
 * not list it; every file in it is for root alone. Throws STATE_DIRECTORY.
 */
export function makeStateDirectory(directory: string): void {
  try {
    makeDirectories(directory, stateMode);
    // Asked first: on a partition that went read-only the box must still come up.
    if ((statSync(directory).mode & 0o777) !== stateMode) chmodSync(directory, stateMode);
    makeDirectories(join(directory, 'divergence'), 0o700);
  } catch (error) {
    throw new HotpairError(
      'STATE_DIRECTORY',
      `the state directory cannot be made: ${systemCode(error)}`,
      { seen: directory, exitCode: refusedInput },
    );
  }
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** Name of a box as a standby: both boxes know it of each other before they have ever talked. */
function standbyName(heartbeatAddress: string): string {
  return `box_${heartbeatAddress.replaceAll('.', '_')}`;
}

/** What the database is told; `heard` takes its exits and its progress. */
export function databaseOptionsOf(
  config: Config,
  key: PairKey,
  heard: Pick<DatabaseOptions, 'onExit' | 'onProgress'>,
): DatabaseOptions {
  const { database, heartbeat, state } = config;
  const { binDirectory } = database;
  const heartbeatAddress = heartbeat.address.address;
  return {
    dataDirectory: database.dataDirectory,
    binDirectory: binDirectory ?? null,
    user: database.user,
    port: database.port,
    socketDirectory: database.socketDirectory,
    selfName: standbyName(heartbeatAddress),
    peerName: standbyName(heartbeat.peer),
    heartbeatAddress,
    peerAddress: heartbeat.peer,
    replicationPassword: replicationPassword(key),
    ...reconfigurationOf(config),
    slotDiskBudgetMb: slotDiskBudgetMb(database.dataDirectory),
    divergenceDirectory: join(state.directory, 'divergence'),
    logFile: join(state.directory, 'postgresql.log'),
    ...heard,
  };
}

/** The part of it that a reload may change. */
export function reconfigurationOf({ database }: Config): Reconfiguration {
  const { settings, hba, cloneRateKilobytes } = database;
  return { extraSettings: settings, hba, cloneRateKb: cloneRateKilobytes };
}

const leastBudgetMb = 64;
const mostBudgetMb = 16 * 1024;

/** A quarter of the partition's free space may be kept for a missing standby, so that it never fills the disk. */
function slotDiskBudgetMb(dataDirectory: string): number {
  for (const path of [dataDirectory, dirname(dataDirectory), '/']) {
    try {
      const { bavail, bsize } = statfsSync(path);
      const quarterMb = Math.floor((bavail * bsize) / 4 / 1024 / 1024);
      return Math.min(mostBudgetMb, Math.max(leastBudgetMb, quarterMb));
    } catch {
      // The directory is not made yet; its parent is on the same partition more often than not.
    }
  }
  return leastBudgetMb;
}
