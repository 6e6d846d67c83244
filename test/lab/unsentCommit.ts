// A row that only the primary has: nothing passes Eth1, and a commit is seen waiting for the
// standby. It is in the primary's log, and nobody was told of it.

import { until } from './clock.ts';
import { databaseSession, inDatabase } from './databaseSession.ts';
import { silenceEth1 } from './faults.ts';
import type { BoxName } from './layout.ts';

const waiting = `select count(*)::int as commits from pg_stat_activity
where wait_event = 'SyncRep' and pid = $1`;

/**
 * Silences Eth1 and resolves with the row's number when its commit waits for what can no longer
 * come. The commit is of a session of its own and begins in the silence, because the record of one
 * that waits already may be on the standby; and all this has to be over within the dead interval.
 */
export async function leaveCommitUnsent(primary: BoxName): Promise<number> {
  return (await leaveCommit(primary, 'waiting')).row;
}

/**
 * The same, and the client of that commit gives up: it gets its answer, with what PostgreSQL said
 * about it, although the row is on the primary only.
 */
export async function leaveCommitInDoubt(primary: BoxName): Promise<LeftCommit> {
  return leaveCommit(primary, 'cancelled');
}

export type LeftCommit = { readonly row: number; readonly warnings: readonly string[] };

async function leaveCommit(primary: BoxName, fate: 'waiting' | 'cancelled'): Promise<LeftCommit> {
  const [writer, watcher] = await Promise.all([
    databaseSession(primary, 'app'),
    databaseSession(primary, 'postgres'),
  ]);
  try {
    const [backend] = (await writer.query('pid', 'select pg_backend_pid() as pid')) as readonly {
      readonly pid: number;
    }[];
    await watcher.query('waiting', waiting, [backend?.pid]);
    // Below the numbers of all clients, whose rows are compared.
    const row = -Date.now();
    await silenceEth1();
    const inserted = writer
      .query('insert', 'insert into rows (n) values ($1)', [row])
      .catch(() => undefined);
    await until(
      'a commit that waits for the standby',
      3000,
      async () => {
        const [seen] = (await watcher.query('waiting', waiting, [backend?.pid])) as readonly {
          readonly commits: number;
        }[];
        return (seen?.commits ?? 0) > 0;
      },
      5,
    );
    if (fate === 'cancelled') {
      await watcher.query('cancel', 'select pg_cancel_backend($1)', [backend?.pid]);
      await inserted;
    }
    return { row, warnings: writer.warnings() };
  } finally {
    watcher.destroy();
    // A backend that waits goes on waiting, as one whose client has gone does.
    writer.destroy();
  }
}

/** Whether such a row is in the table of a box. */
export async function hasRow(box: BoxName, row: number): Promise<boolean> {
  return inDatabase(box, 'app', 10_000, async (session) => {
    const rows = await session.query('has', 'select 1 from rows where n = $1', [row]);
    return rows.length > 0;
  });
}
