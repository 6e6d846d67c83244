// A row that only the primary has: nothing passes Eth1, and a commit is seen waiting for the standby. It is in the primary's
// log, and nobody was told of it.

import { until } from './clock.ts';
import { databaseSession } from './databaseSession.ts';
import { silenceEth1 } from './faults.ts';
import type { BoxName } from './layout.ts';

const waiting = `select count(*)::int as commits from pg_stat_activity
where wait_event = 'SyncRep' and pid = $1`;

/** No client has it: those count from 1. */
const unsentRow = -1;

/** Silences Eth1 and resolves when a commit on the primary waits for what can no longer come. */
export async function leaveCommitUnsent(primary: BoxName): Promise<void> {
  const session = await databaseSession(primary, 'postgres');
  const writer = await databaseSession(primary, 'app');
  try {
    const [own] = (await writer.query('pid', 'select pg_backend_pid() as pid')) as readonly Own[];
    await silenceEth1();
    // One of its own: of a client's commit that waits, the standby may have the row, and only its word was lost.
    const insert = 'insert into rows (n) values ($1) on conflict (n) do update set at = now()';
    void writer.query('insert', insert, [unsentRow]).catch(() => undefined);
    await until(
      'a commit that waits for the standby',
      3000,
      async () => {
        const [row] = (await session.query('waiting', waiting, [own?.pid])) as readonly Waiting[];
        return row !== undefined && row.commits > 0;
      },
      10,
    );
  } finally {
    session.destroy();
    writer.destroy();
  }
}

type Own = { readonly pid: number };
type Waiting = { readonly commits: number };
