// The worst moment for a standby to lose power: a gigabyte of dirty pages in its memory and a
// restartpoint under way.

import { until } from './clock.ts';
import { databaseSession, inDatabase } from './databaseSession.ts';
import { LabError } from './labError.ts';
import type { BoxName } from './layout.ts';

/** Enough for the pages and everything else; what `--during-checkpoint` needs a site built with. */
export const largeBuffers = '1536MB';

const filler = 'x'.repeat(900);
const pages = 131_072;
const rowsPerPage = 8;

/** Fills a table of 1 GB on the primary and waits until the standby has replayed it. */
export async function dirtyStandby(primary: BoxName): Promise<void> {
  await inDatabase(primary, 'app', 180_000, async (session) => {
    const [setting] = (await session.query(
      'buffers',
      `select setting::bigint * 8192 >=
      pg_size_bytes('${largeBuffers}') as enough from pg_settings where name = 'shared_buffers'`,
    )) as readonly { readonly enough: boolean }[];
    if (setting?.enough !== true) {
      throw new LabError(`the site was not built with shared_buffers of ${largeBuffers}`);
    }
    await session.query('drop', 'drop table if exists bulk');
    await session.query(
      'fill',
      `create table bulk as select g, '${filler}'::text as t
       from generate_series(1, ${pages * rowsPerPage}) g`,
    );
    await session.query('checkpoint', 'checkpoint');
    await until('the standby has replayed everything', 120_000, async () => {
      const [row] = (await session.query(
        'replayed',
        `select coalesce(bool_and(replay_lsn >= pg_current_wal_lsn() - 1000000), false) as done
         from pg_stat_replication`,
      )) as readonly { readonly done: boolean }[];
      return row?.done === true;
    });
  });
}

/** Starts a restartpoint on the standby and returns while it writes. */
export async function restartpointUnderWay(primary: BoxName, standby: BoxName): Promise<void> {
  const session = await databaseSession(standby, 'postgres');
  let ended = false;
  // The power cut ends it; only an end before that matters.
  const noteEnd = (): void => {
    ended = true;
  };
  void session.query('restartpoint', 'checkpoint').catch(noteEnd).then(noteEnd);
  await inDatabase(standby, 'postgres', 30_000, async (second) => {
    await until('the restartpoint writes', 20_000, async () => {
      if (ended) throw new LabError(`${standby} had nothing left to write (primary ${primary})`);
      const [row] = (await second.query(
        'event',
        `select wait_event is not null as busy from pg_stat_activity
         where backend_type = 'checkpointer' and wait_event_type = 'IO'`,
      )) as readonly { readonly busy: boolean }[];
      return row?.busy === true;
    });
  });
}
