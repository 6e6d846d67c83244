// The database of the lab's client: its role, its table of numbered rows, and the comparison at the
// end of a trial.

import { inDatabase } from './databaseSession.ts';
import type { BoxName } from './layout.ts';
import type { RowRange } from './siteState.ts';

/** A password that protects nothing: the site's addresses exist in its namespaces only. */
export const appPassword = 'lab';

/** Makes role, database and tables where they are missing. */
export async function createTables(primary: BoxName): Promise<void> {
  await inDatabase(primary, 'postgres', 20_000, async (session) => {
    const [known] = (await session.query(
      'known',
      `select exists (select from pg_roles where rolname = 'app') as role,
              exists (select from pg_database where datname = 'app') as database`,
    )) as readonly { readonly role: boolean; readonly database: boolean }[];
    if (known?.role !== true) {
      await session.query('role', `create role app login password '${appPassword}'`);
    }
    if (known?.database !== true) await session.query('database', 'create database app');
  });
  await inDatabase(primary, 'app', 20_000, async (session) => {
    await session.query(
      'rows',
      'create table if not exists rows (n bigint primary key, at timestamptz default now())',
    );
    await session.query('grant', 'grant select, insert on rows to app');
    await session.query('writes', 'create table if not exists observer_writes (n bigint not null)');
    await session.query(
      'first',
      'insert into observer_writes select 0 where not exists (select from observer_writes)',
    );
  });
}

/** The numbers of one writer's rows that are in the table. */
export async function storedRows(primary: BoxName, range: RowRange): Promise<ReadonlySet<number>> {
  return inDatabase(primary, 'app', 20_000, async (session) => {
    const rows = (await session.query('stored', 'select n from rows where n >= $1 and n < $2', [
      range.first,
      range.end,
    ])) as readonly { readonly n: string }[];
    return new Set(rows.map((row) => Number(row.n)));
  });
}
