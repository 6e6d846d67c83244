// A connection from outside to the PostgreSQL of a box: through the box's own unix socket, as root
// mapped to the role hotpair, so that neither network nor service address plays a part.

import { existsSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { Client } from 'pg';
import { within } from './clock.ts';
import { LabError } from './labError.ts';
import { paths, type BoxName } from './layout.ts';

const connectDeadlineMs = 500;

export type DatabaseSession = {
  /** Rows are as the server sent them: whoever wrote the statement knows their columns. */
  readonly query: (
    name: string,
    text: string,
    values?: readonly unknown[],
  ) => Promise<readonly unknown[]>;
  /** Many statements at once, whose rows nobody wants. */
  readonly script: (text: string) => Promise<void>;
  /** Warnings of the last statement. */
  readonly warnings: () => readonly string[];
  readonly destroy: () => void;
};

/** The number, on this machine, of a box's PID 1 while it is powered. */
export function boxPid(box: BoxName): number | undefined {
  try {
    return Number(readFileSync(paths.pid(box), 'utf8'));
  } catch {
    return undefined;
  }
}

/** @throws {LabError} no power, no server, or it lets nobody in yet */
export async function databaseSession(box: BoxName, database: string): Promise<DatabaseSession> {
  const pid = boxPid(box);
  const host = `/proc/${pid ?? 0}/root/run/postgresql`;
  if (pid === undefined || !existsSync(`${host}/.s.PGSQL.5432`)) {
    throw new LabError(`no PostgreSQL runs on ${box}`);
  }
  const socket = new Socket();
  let warnings: readonly string[] = [];
  const client = new Client({ host, user: 'hotpair', database, stream: () => socket });
  client.on('error', () => undefined);
  socket.on('error', () => undefined);
  client.on('notice', (notice) => {
    warnings = [...warnings, notice.message ?? ''];
  });
  await within(`connecting to ${box}`, connectDeadlineMs, client.connect(), () => socket.destroy());
  return {
    query: async (name, text, values = []) => {
      warnings = [];
      const { rows } = await client.query<Record<string, unknown>>({
        name,
        text,
        values: [...values],
      });
      return rows;
    },
    script: async (text) => {
      await client.query(text);
    },
    warnings: () => warnings,
    destroy: () => socket.destroy(),
  };
}

/** Statements in one session that is closed afterwards. */
export async function inDatabase<T>(
  box: BoxName,
  database: string,
  deadlineMs: number,
  work: (session: DatabaseSession) => Promise<T>,
): Promise<T> {
  const session = await databaseSession(box, database);
  try {
    return await within(`work on ${box}`, deadlineMs, work(session), session.destroy);
  } finally {
    session.destroy();
  }
}
