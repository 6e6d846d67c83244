// The peer's database as the source of a rewind or a clone, asked as the replication role over the
// heartbeat path: who it is, on which timeline, and by which history.
import pg from 'pg';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { replicationRole } from './databaseOptions.ts';
import type { DatabaseOptions } from './databaseOptions.ts';
import { deadlineIn, isOver, leftOf, waitFor, within } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import { historyFileName, parseLsn } from './lsn.ts';
import type { Row } from './session.ts';
import { timelineSpans } from './timelineHistory.ts';
import type { TimelineSpan } from './timelineHistory.ts';

export type Source = {
  readonly systemId: string;
  readonly majorVersion: number;
  readonly timeline: number;
  readonly flushLsn: bigint;
  readonly spans: readonly TimelineSpan[];
};

const longestWaitMs = 30_000;

/** For a command that asks: the state of the pair does not allow it now. */
const notPossibleNow = 4;

const standing = `SELECT pg_is_in_recovery() AS in_recovery,
  (SELECT system_identifier::text FROM pg_control_system()) AS system_id,
  (SELECT timeline_id FROM pg_control_checkpoint()) AS control_timeline,
  current_setting('server_version_num')::int / 10000 AS major,
  CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_flush_lsn() END AS lsn,
  CASE WHEN pg_is_in_recovery() THEN NULL
    ELSE pg_walfile_name(pg_current_wal_flush_lsn()) END AS wal_file`;

/**
 * Waits until the peer is a primary whose control file is on its current timeline (its agent makes
 * a checkpoint after a promotion), and tells its standing. Refuses with DATABASE_SOURCE, and at once
 * with DATABASE_PASSWORD.
 */
export async function awaitSource(options: DatabaseOptions, limit: Deadline): Promise<Source> {
  const deadline = deadlineIn(Math.min(longestWaitMs, leftOf(limit)));
  const heard: { last: string | null } = { last: null };
  const source = await waitFor(
    async () => {
      try {
        const look = await lookAtSource(options, deadline);
        if (typeof look !== 'string') return look;
        heard.last = look;
      } catch (error) {
        if (isWrongPassword(error)) {
          throw new HotpairError(
            'DATABASE_PASSWORD',
            'the peer refuses the password: other pair key?',
          );
        }
        // A look that the deadline cut short knows less than the one before it.
        if (heard.last === null || !isOver(deadline))
          heard.last = error instanceof Error ? error.message : String(error);
      }
      return null;
    },
    deadline,
    100,
  );
  if (source !== null) return source;
  throw new HotpairError(
    'DATABASE_SOURCE',
    `the database of the peer at ${options.peerAddress} cannot be a source: ${heard.last ?? 'it does not answer'}`,
    { exitCode: notPossibleNow },
  );
}

// SQLSTATE of a refused password: waiting does not make it right.
function isWrongPassword(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '28P01';
}

/** The peer's standing, or a sentence that says why it is no source yet. */
async function lookAtSource(options: DatabaseOptions, limit: Deadline): Promise<Source | string> {
  const deadline = isOver(limit) ? limit : deadlineIn(2_000);
  return withSource(options, deadline, async (client) => {
    const row = (await client.query<Record<string, unknown>>(standing)).rows[0] ?? {};
    if (row['in_recovery'] !== false) return 'it is not a primary';
    const timeline = Number.parseInt(String(row['wal_file']).slice(0, 8), 16);
    if (row['control_timeline'] !== timeline) {
      return 'it has not made a checkpoint since its promotion';
    }
    const history = timeline === 1 ? null : await readHistory(client, timeline);
    return {
      systemId: String(row['system_id']),
      majorVersion: Number(row['major']),
      timeline,
      flushLsn: parseLsn(String(row['lsn'])) ?? 0n,
      spans: timelineSpans(timeline, history),
    };
  });
}

async function readHistory(client: pg.Client, timeline: number): Promise<string> {
  const { rows } = await client.query<{ history: string }>(
    `SELECT convert_from(pg_read_binary_file($1), 'UTF8') AS history`,
    [`pg_wal/${historyFileName(timeline)}`],
  );
  return rows[0]?.history ?? '';
}

type AskPeer = (text: string, values: readonly unknown[]) => Promise<readonly Row[]>;

/** Questions to the peer's database, whatever its role is. Rejects where it does not answer in time. */
export async function askPeer<T>(
  options: DatabaseOptions,
  deadline: Deadline,
  work: (ask: AskPeer) => Promise<T>,
): Promise<T> {
  return withSource(options, deadline, async (client) =>
    work(async (text, values) => (await client.query<Row>(text, [...values])).rows),
  );
}

async function withSource<T>(
  options: DatabaseOptions,
  deadline: Deadline,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    host: options.peerAddress,
    port: options.peerPort ?? options.port,
    user: replicationRole,
    password: options.replicationPassword,
    database: 'postgres',
    application_name: 'hotpair source',
    connectionTimeoutMillis: 2_000,
  });
  client.on('error', () => {});
  try {
    await within(client.connect(), deadline, 'the connection to the peer');
    return await within(work(client), deadline, 'a question to the peer');
  } finally {
    void client.end().catch(() => {});
  }
}
