// One session with PostgreSQL over the unix socket, as the agent's role.
import { Socket } from 'node:net';
import pg from 'pg';
import { agentRole } from './databaseOptions.ts';
import type { DatabaseOptions } from './databaseOptions.ts';
import { belongsTo, sendSignal } from './postmaster.ts';

export type Row = Readonly<Record<string, unknown>>;

export type Question = {
  readonly text: string;
  /** Prepared once a session under this name. */
  readonly name?: string;
  readonly values?: readonly (string | number | null)[];
};

export type Session = {
  readonly client: pg.Client;
  readonly socket: Socket;
  readonly pid: number | null;
  warnings: string[];
};

export type SessionRules = {
  readonly options: DatabaseOptions;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** What its own commits wait for: `local` never waits for the standby. */
  readonly synchronousCommit: 'local' | 'on';
};

const connectDeadlineMs = 2_000;

/** Asks over a session; the caller sees to the deadline. */
export async function querySession(session: Session, question: Question): Promise<readonly Row[]> {
  const result = await session.client.query<Row>({
    text: question.text,
    ...(question.name === undefined ? {} : { name: question.name }),
    ...(question.values === undefined ? {} : { values: [...question.values] }),
  });
  return result.rows;
}

/** Opens a session; `lost` is called once when it breaks. Rejects when PostgreSQL refuses it. */
export async function openSession(
  rules: SessionRules,
  lost: (session: Session) => void,
): Promise<Session> {
  const socket = new Socket();
  const client = new pg.Client({
    host: rules.options.socketDirectory,
    port: rules.options.port,
    user: agentRole,
    database: 'postgres',
    application_name: rules.name,
    options: `-c synchronous_commit=${rules.synchronousCommit} -c default_transaction_read_only=off`,
    connectionTimeoutMillis: connectDeadlineMs,
    stream: () => socket,
  });
  // Without a listener a broken connection would end the agent.
  client.on('error', () => {});
  socket.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    socket.destroy();
    throw error;
  }
  socket.unref();
  const session: Session = { client, socket, pid: backendOf(client), warnings: [] };
  client.on('notice', (notice) => {
    if (notice.severity === 'WARNING') session.warnings.push(notice.message ?? '');
  });
  socket.on('close', () => lost(session));
  client.on('end', () => lost(session));
  return session;
}

// The types of pg leave out the key data that the server sends at the start of a session.
function backendOf(client: pg.Client): number | null {
  const { processID } = client as unknown as { processID?: number | null };
  return processID ?? null;
}

/**
 * Gives a session up. One that only lost its client would wait on in the server: the signal does
 * what a cancel request does, without needing a connection of its own.
 */
export function dropSession(session: Session, dataDirectory: string): void {
  if (session.pid !== null && belongsTo(session.pid, dataDirectory)) {
    sendSignal(session.pid, 'SIGINT');
  }
  session.socket.destroy();
}
