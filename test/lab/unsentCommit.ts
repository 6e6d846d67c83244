// A row that only the primary has: nothing passes Eth1, and a commit of the client is seen waiting for the standby. It is in
// the primary's log, and nobody was told of it.

import { until } from './clock.ts';
import { databaseSession } from './databaseSession.ts';
import { silenceEth1 } from './faults.ts';
import type { BoxName } from './layout.ts';

const waiting = `select count(*)::int as commits from pg_stat_activity
where wait_event = 'SyncRep' and application_name not like 'hotpair%'`;

/** Silences Eth1 and resolves when a commit on the primary waits for what can no longer come. */
export async function leaveCommitUnsent(primary: BoxName): Promise<void> {
  const session = await databaseSession(primary, 'postgres');
  try {
    await silenceEth1();
    let seen = 0;
    await until(
      'a commit that waits for the standby',
      3000,
      async () => {
        const [row] = (await session.query('waiting', waiting)) as readonly { commits: number }[];
        // Seen three times in a row: one that waits for a moment is everyday life.
        seen = row !== undefined && row.commits > 0 ? seen + 1 : 0;
        return seen >= 3;
      },
      25,
    );
  } finally {
    session.destroy();
  }
}
