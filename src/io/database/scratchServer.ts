// A PostgreSQL on the stopped data directory for reading only, which nobody but the agent can reach: no
// network, a socket in a directory of its own, rules that let the agent's role in and nobody else.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { agentRole } from './databaseOptions.ts';
import { deadlineIn, leftOf, waitFor, within } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import { giveTo, writeDurably } from './durableFile.ts';
import { renderIdent } from './hba.ts';
import type { Instance } from './instance.ts';
import { clearRemains, endOrphans, readPidFile, sendSignal } from './postmaster.ts';
import { programEnvironment } from './program.ts';
import { closeServerLog, openServerLog } from './serverLog.ts';
import { spawnAs } from '../../kernel/systemUser.ts';

export type ScratchServer = {
  /** Asks in a database; values come as PostgreSQL writes them. The session is closed afterwards. */
  readonly inDatabase: <T>(name: string, work: (client: pg.Client) => Promise<T>) => Promise<T>;
};

const stopMs = 15_000;

/**
 * Starts a scratch server on the data directory of the stopped instance, hands it to `work`, and stops it
 * in order. Its recovery is the one that a rewind would begin with. No process of it is left behind.
 */
export async function withScratchServer<T>(
  instance: Instance,
  deadline: Deadline,
  work: (server: ScratchServer) => Promise<T>,
): Promise<T> {
  const { options, user, server } = instance;
  return server.lend(async () => {
    await clearRemains(options.dataDirectory, options.socketDirectory, options.port);
    // Not below the data directory: a socket's path may have 107 bytes at most.
    const directory = await mkdtemp(join(tmpdir(), 'hotpair-scratch-'));
    try {
      await giveTo(directory, user);
      const child = await launch(instance, directory, deadline);
      try {
        const scratch = { inDatabase: databaseAsker(instance, directory, deadline) };
        await untilReplayed(scratch, deadline);
        return await work(scratch);
      } finally {
        await end(instance, child);
      }
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
}

const settledLooks = 5;
const lookPauseMs = 100;

/** A standby answers before it has replayed everything; it has when its position stands still. */
async function untilReplayed(server: ScratchServer, deadline: Deadline): Promise<void> {
  await server.inDatabase('postgres', async (client) => {
    let last: string | null = null;
    let looks = 0;
    await waitFor(
      async () => {
        const text = `SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() END AS lsn`;
        const lsn = (await client.query<{ lsn: string | null }>(text)).rows[0]?.lsn ?? null;
        looks = lsn === last ? looks + 1 : 0;
        last = lsn;
        return lsn === null || looks >= settledLooks ? true : null;
      },
      deadline,
      lookPauseMs,
    );
  });
}

type Child = { readonly pid: number; exit: string | null };

async function launch(instance: Instance, directory: string, deadline: Deadline): Promise<Child> {
  const { options, user } = instance;
  const binaries = await instance.binaries();
  const rules = { hba: join(directory, 'hba.conf'), ident: join(directory, 'ident.conf') };
  await writeDurably(rules.hba, `local all ${agentRole} peer map=hotpair\n`, user);
  await writeDurably(rules.ident, renderIdent(), user);
  const settings = { ...scratchSettings, unix_socket_directories: directory };
  const all = { ...settings, hba_file: rules.hba, ident_file: rules.ident };
  const log = openServerLog(options.logFile);
  try {
    const process = spawn(
      join(binaries.directory, 'postgres'),
      [
        '-D',
        options.dataDirectory,
        ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      {
        ...spawnAs(user),
        cwd: '/',
        detached: true,
        env: programEnvironment(user),
        stdio: ['ignore', log.fd, log.fd],
      },
    );
    process.on('error', () => {});
    process.unref();
    if (process.pid === undefined) throw scratchError('postgres cannot be run');
    const child: Child = { pid: process.pid, exit: null };
    process.on('exit', (code, signal) => {
      child.exit = String(signal ?? code);
    });
    await untilReady(instance, child, deadline);
    return child;
  } finally {
    closeServerLog(log);
  }
}

/** The command line has the last word over every file of settings. */
const scratchSettings = {
  listen_addresses: '',
  ssl: 'off',
  synchronous_standby_names: '',
  // A standby's directory stays one: it replays what it has and fetches nothing.
  primary_conninfo: '',
  hot_standby: 'on',
  default_transaction_read_only: 'on',
  autovacuum: 'off',
  archive_mode: 'off',
  restart_after_crash: 'off',
  log_destination: 'stderr',
  logging_collector: 'off',
  external_pid_file: '',
  // The rewind that comes next needs the log since the last common checkpoint.
  wal_keep_size: '1TB',
  max_slot_wal_keep_size: '-1',
} as const;

async function untilReady(instance: Instance, child: Child, deadline: Deadline): Promise<void> {
  const { dataDirectory } = instance.options;
  const outcome = await waitFor(
    () => {
      if (child.exit !== null) return 'exited';
      const file = readPidFile(dataDirectory);
      const answers = file?.status === 'ready' || file?.status === 'standby';
      return file?.pid === child.pid && answers ? 'ready' : null;
    },
    deadline,
    5,
  );
  if (outcome === 'ready') return;
  await end(instance, child);
  throw scratchError(outcome === null ? 'it recovers for too long' : `it ended (${child.exit})`);
}

async function end(instance: Instance, child: Child): Promise<void> {
  const { options } = instance;
  const gone = (): true | null => (child.exit === null ? null : true);
  if (gone() === null && sendSignal(child.pid, 'SIGINT'))
    await waitFor(gone, deadlineIn(stopMs), 5);
  if (gone() === null && sendSignal(child.pid, 'SIGKILL'))
    await waitFor(gone, deadlineIn(2_000), 5);
  await endOrphans(options.dataDirectory, 100);
}

function databaseAsker(
  { options }: Instance,
  directory: string,
  deadline: Deadline,
): ScratchServer['inDatabase'] {
  return async (database, work) => {
    const client = new pg.Client({
      host: directory,
      port: options.port,
      user: agentRole,
      database,
      application_name: 'hotpair scratch',
      // Sessions of a role may have been told otherwise, and what is written out must not depend on it.
      options:
        '-c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=1 -c bytea_output=hex',
      statement_timeout: Math.max(1, Math.round(leftOf(deadline))),
      connectionTimeoutMillis: 5_000,
      types: { getTypeParser: () => (text: string) => text },
    });
    client.on('error', () => {});
    try {
      await within(client.connect(), deadline, 'the connection to the scratch server');
      return await within(work(client), deadline, 'reading what only this node has');
    } finally {
      void client.end().catch(() => {});
    }
  };
}

function scratchError(what: string): HotpairError {
  return new HotpairError('DATABASE_SCRATCH', `PostgreSQL cannot be asked for the rows: ${what}`);
}
