// Much log in a short time: a table that is filled and dropped again.

import { inDatabase } from './databaseSession.ts';
import type { BoxName } from './layout.ts';

const rowBytes = 1000;
const filler = 'x'.repeat(rowBytes - 40);

/** Writes so many megabytes of log on a primary. */
export async function writeBulk(primary: BoxName, megabytes: number): Promise<void> {
  const rows = Math.round((megabytes * 1024 * 1024) / rowBytes);
  await inDatabase(primary, 'app', 180_000, async (session) => {
    await session.query('drop', 'drop table if exists bulk');
    await session.query(
      'fill',
      `create table bulk as select g, '${filler}'::text as t from generate_series(1, ${rows}) g`,
    );
    await session.query('clear', 'drop table bulk');
  });
}
