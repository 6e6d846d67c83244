// The client in the LAN, a process in the client's network namespace: inserts numbered rows through
// the service address, every 10 ms, one attempt at a time, with 200 ms for connecting and 200 ms
// for each statement, and writes down what was acknowledged and when.
// Arguments: the file for acknowledgements, the first number, the password of role app.

import { openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { Client } from 'pg';
import { nowMs, pause, within } from './clock.ts';
import { addresses } from './layout.ts';

const intervalMs = 10;
const timeoutMs = 200;
const cancelledWait = 'canceling wait for synchronous replication';

type Session = {
  readonly client: Client;
  /** Destroyed, not ended: a half-open connection to a dead box must not delay the next one. */
  readonly socket: Socket;
  /** How often PostgreSQL has said that a row is only local although the insert succeeded. */
  cancelledWaits: number;
};

const [file = '', first = '1', password = ''] = process.argv.slice(2);
const acknowledgements = openSync(file, 'a');
let next = Number(first);
let stopping = false;

/** Connects, or gives undefined; a session that is not complete in time is cut off. */
async function connected(): Promise<Session | undefined> {
  const socket = new Socket();
  const client = new Client({
    host: addresses.service,
    port: 5432,
    user: 'app',
    database: 'app',
    password,
    stream: () => socket,
  });
  const session: Session = { client, socket, cancelledWaits: 0 };
  // The failure that matters arrives as the rejection of the call that was going on.
  client.on('error', () => undefined);
  socket.on('error', () => undefined);
  client.on('notice', (notice) => {
    if (notice.message?.includes(cancelledWait) === true) session.cancelledWaits += 1;
  });
  try {
    await within('connecting', timeoutMs, client.connect());
    return session;
  } catch {
    socket.destroy();
    return undefined;
  }
}

/** One row, under a number that is never used again whatever becomes of it. */
async function insertNext(session: Session): Promise<boolean> {
  const number = next;
  next += 1;
  const cancelledBefore = session.cancelledWaits;
  const insert = session.client.query({
    name: 'insert',
    text: 'insert into rows (n) values ($1)',
    values: [number],
  });
  try {
    await within('inserting', timeoutMs, insert);
  } catch {
    session.socket.destroy();
    return false;
  }
  if (session.cancelledWaits === cancelledBefore) {
    writeSync(acknowledgements, `${number} ${nowMs().toFixed(3)}\n`);
  }
  return true;
}

async function work(): Promise<void> {
  let session: Session | undefined;
  let dueMs = nowMs();
  while (!stopping) {
    dueMs = Math.max(dueMs + intervalMs, nowMs());
    if (dueMs - nowMs() >= 1) await pause(dueMs - nowMs());
    session ??= await connected();
    if (session !== undefined && !(await insertNext(session))) session = undefined;
  }
  session?.socket.destroy();
}

process.once('SIGTERM', () => {
  stopping = true;
});
process.once('disconnect', () => process.exit(0));
await work();
process.exit(0);
