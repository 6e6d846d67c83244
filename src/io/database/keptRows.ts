// The rows that only this node has, read before a rewind or a clone throws them away: by which transactions
// the kept log committed, and then from the data directory itself, started as a scratch server. Whatever
// goes wrong here costs rows in the export, never the way back into the pair.
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { asDatabaseError } from './databaseError.ts';
import { deadlineIn, isOver, leftOf } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import type { Instance } from './instance.ts';
import { formatLsn, walFileName } from './lsn.ts';
import { lastComplaint, runProgram } from './program.ts';
import { withScratchServer } from './scratchServer.ts';
import type { ScratchServer } from './scratchServer.ts';
import { localSpans, stretchesOfFiles, timelineOfSegment } from './timelineHistory.ts';
import type { FileStretch } from './timelineHistory.ts';
import { noChanges, noCommits, noteChange, noteCommit } from './walSummary.ts';
import type { CommittedLog, LogChanges, RelationChange } from './walSummary.ts';

export type KeptTable = {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  /** Rows written to `file`; null where they were not read. */
  readonly rows: number | null;
  readonly columns: readonly string[];
  readonly file: string | null;
};

export type KeptRows = {
  readonly transactions: number;
  readonly firstCommit: string | null;
  readonly lastCommit: string | null;
  readonly tables: readonly KeptTable[];
  /** Relations of the system or of tables that are gone, with pages touched. */
  readonly otherRelations: number;
  /** Why there may be more than this; null: this is all of it. */
  readonly missing: string | null;
  readonly tookMs: number;
};

/** The branch of the log that only this node has. */
export type OwnBranch = {
  readonly timeline: number;
  readonly fork: bigint;
  readonly walSegmentSize: number;
};

const limitMs = 45_000;
/** Transactions that committed after the fork may have begun before it. */
const readBefore = 64n * 1024n * 1024n;

/** Reads the rows into files in `directory`. Never rejects. */
export async function keepRows(
  instance: Instance,
  branch: OwnBranch,
  directory: string,
  limit: Deadline,
): Promise<KeptRows> {
  const beganAt = performance.now();
  // The rest of the time is the keeping's own.
  const deadline = deadlineIn(Math.min(limitMs, leftOf(limit) / 2));
  const commits = noCommits();
  const changes = noChanges();
  const tables: KeptTable[] = [];
  let others = 0;
  let missing: string | null = null;
  try {
    missing = await readLog(instance, branch, commits, changes, deadline);
    const budget = { bytes: (instance.options.slotDiskBudgetMb * 1024 * 1024) / 4 };
    if (changes.relations.size > 0) {
      await withScratchServer(instance, deadline, async (server) => {
        const reader = { server, commits, directory, deadline, budget };
        others = await readTables(reader, changes, tables);
      });
    }
  } catch (error) {
    const { code, message } = asDatabaseError(error);
    missing = `${code}: ${message}`;
  }
  return {
    transactions: commits.commits,
    firstCommit: commits.firstCommit,
    lastCommit: commits.lastCommit,
    tables,
    otherRelations: others,
    missing,
    tookMs: Math.round(performance.now() - beganAt),
  };
}

/** Two readings: first which transactions were committed after the fork, then what they did and where. */
async function readLog(
  instance: Instance,
  branch: OwnBranch,
  commits: CommittedLog,
  changes: LogChanges,
  deadline: Deadline,
): Promise<string | null> {
  const cut = { isCut: false };
  await dumpLog(instance, branch, branch.fork, deadline, (line) => {
    if (!noteCommit(line, commits)) cut.isCut = true;
  });
  if (commits.transactions.size === 0) return null;
  const start = await firstToRead(instance, branch);
  await dumpLog(instance, branch, start, deadline, (line) => noteChange(line, commits, changes));
  if (cut.isCut || changes.isCut) return 'there was more than is read';
  const { wholeFrom } = changes;
  const isWhole = wholeFrom !== null && [...commits.transactions].every((one) => one >= wholeFrom);
  return isWhole
    ? null
    : 'a transaction that began before the log that was read may have more rows';
}

/** A little before the fork, as far as the log is there. */
async function firstToRead(
  { options }: Instance,
  { timeline, fork, walSegmentSize }: OwnBranch,
): Promise<bigint> {
  const names = new Set(await readdir(join(options.dataDirectory, 'pg_wal')));
  const spans = localSpans(options.dataDirectory, timeline);
  const segment = BigInt(walSegmentSize);
  let start = fork - (fork % segment);
  while (fork - start < readBefore && start > segment) {
    const before = start - segment;
    const name = walFileName(timelineOfSegment(spans, before, segment), before, walSegmentSize);
    if (!names.has(name)) break;
    start = before;
  }
  return start;
}

/** A box that was promoted has what it wrote before under the number of the timeline from which it came. */
async function dumpLog(
  instance: Instance,
  { timeline, walSegmentSize }: OwnBranch,
  start: bigint,
  deadline: Deadline,
  onLine: (line: string) => void,
): Promise<void> {
  const spans = localSpans(instance.options.dataDirectory, timeline);
  let records = 0;
  let complaint = '';
  for (const stretch of stretchesOfFiles(spans, start, BigInt(walSegmentSize))) {
    complaint = await dumpStretch(instance, stretch, deadline, (line) => {
      if (line.startsWith('rmgr: ')) records += 1;
      onLine(line);
    });
  }
  // It always ends with a complaint: the log has an end, and nothing says where.
  if (records > 0) return;
  throw new HotpairError('DATABASE_WAL', `the log cannot be read: ${complaint}`);
}

/** Resolves with the last complaint. */
async function dumpStretch(
  instance: Instance,
  { timeline, start, end }: FileStretch,
  deadline: Deadline,
  onLine: (line: string) => void,
): Promise<string> {
  const { directory } = await instance.binaries();
  const { output } = await runProgram({
    path: join(directory, 'pg_waldump'),
    args: [
      `--path=${join(instance.options.dataDirectory, 'pg_wal')}`,
      `--timeline=${timeline}`,
      `--start=${formatLsn(start)}`,
      ...(end === null ? [] : [`--end=${formatLsn(end)}`]),
    ],
    user: instance.user,
    deadline,
    onLine,
  });
  return lastComplaint(output);
}

type Reader = {
  readonly server: ScratchServer;
  readonly commits: CommittedLog;
  readonly directory: string;
  readonly deadline: Deadline;
  readonly budget: { bytes: number };
};

/** Reads every table that was touched; returns how many relations were no table of a user. */
async function readTables(
  reader: Reader,
  { relations }: LogChanges,
  tables: KeptTable[],
): Promise<number> {
  const named = await reader.server.inDatabase('postgres', async (client) => {
    const text = 'SELECT oid::text AS oid, datname FROM pg_database WHERE datallowconn';
    return (await client.query<{ oid: string; datname: string }>(text)).rows;
  });
  let others = 0;
  const perDatabase = Map.groupBy(relations, ([key]) => key.split('/')[1] ?? '');
  for (const [oid, touched] of perDatabase) {
    const database = named.find((each) => each.oid === oid)?.datname;
    if (database === undefined) {
      others += touched.length;
      continue;
    }
    await reader.server.inDatabase(database, async (client) => {
      for (const [key, change] of touched) {
        const table = await readTable(reader, { client, database }, key, change, tables.length);
        if (table === null) others += 1;
        else tables.push(table);
      }
    });
  }
  return others;
}

type Place = { readonly client: pg.Client; readonly database: string };

type Named = { readonly nspname: string; readonly relname: string; readonly columns: string };

async function readTable(
  reader: Reader,
  { client, database }: Place,
  key: string,
  change: RelationChange,
  index: number,
): Promise<KeptTable | null> {
  const [tablespace, , file] = key.split('/').map(Number);
  const { rows } = await client.query<Named>(
    `SELECT n.nspname, c.relname, (
       SELECT json_agg(a.attname ORDER BY a.attnum)::text FROM pg_attribute a WHERE a.attrelid = c.oid
       AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = pg_filenode_relation($1, $2) AND c.relkind = 'r'
       AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')`,
    [tablespace, file],
  );
  const [named] = rows;
  if (named === undefined) return null;
  const columns = JSON.parse(named.columns) as string[];
  const { inserted, updated, deleted } = change;
  const table = { database, schema: named.nspname, table: named.relname, columns };
  const counts = { inserted, updated, deleted };
  if (change.pages.size === 0 || columns.length === 0)
    return { ...table, ...counts, rows: 0, file: null };
  const name = `${index + 1}-${plainName(named.relname)}.csv`;
  const path = join(reader.directory, name);
  const written = await writeRows(reader, client, queryOf(named, columns, reader, change), {
    path,
    columns,
  });
  return { ...table, ...counts, rows: written, file: name };
}

/** A file's name is for people; what table it is stands in the manifest. */
function plainName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, '_').slice(0, 60);
}

const mostPagesByPlace = 2_000;

/** New versions by their pages and their transactions; of very many pages the whole table is read. */
function queryOf(
  { nspname, relname }: Named,
  columns: readonly string[],
  { commits }: Reader,
  { pages }: RelationChange,
): string {
  const list = columns.map(quoteName).join(', ');
  const numbers = `'{${[...commits.transactions].join(',')}}'::xid[]`;
  // A page of the largest size holds fewer rows than this.
  const places = `ctid = ANY (ARRAY(SELECT format('(%s,%s)', page, item)::tid
    FROM unnest('{${[...pages].join(',')}}'::bigint[]) page, generate_series(1, 1200) item))`;
  const where = pages.size <= mostPagesByPlace ? `${places} AND ` : '';
  const from = `ONLY ${quoteName(nspname)}.${quoteName(relname)}`;
  return `SELECT ${list} FROM ${from} WHERE ${where}xmin = ANY (${numbers})`;
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

const rowsAtOnce = 200;

/** Writes the rows as PostgreSQL's own COPY does in CSV: what has no value is empty, an empty text is quoted. */
async function writeRows(
  { budget, deadline }: Reader,
  client: pg.Client,
  query: string,
  target: { readonly path: string; readonly columns: readonly string[] },
): Promise<number> {
  const file = await open(target.path, 'wx', 0o600);
  let written = 0;
  try {
    await file.write(`${target.columns.map(csvField).join(',')}\n`);
    await client.query('BEGIN READ ONLY');
    await client.query(`DECLARE kept NO SCROLL CURSOR FOR ${query}`);
    for (;;) {
      const fetch = { text: `FETCH ${rowsAtOnce} FROM kept`, rowMode: 'array' as const };
      const { rows } = await client.query<(string | null)[]>(fetch);
      if (rows.length === 0) break;
      const text = rows.map((row) => `${row.map(csvField).join(',')}\n`).join('');
      budget.bytes -= Buffer.byteLength(text);
      if (budget.bytes < 0 || isOver(deadline)) {
        throw new HotpairError('DATABASE_ROWS', 'more rows than there is room or time for');
      }
      await file.write(text);
      written += rows.length;
    }
    await client.query('COMMIT');
    await file.sync();
    return written;
  } catch (error) {
    await rm(target.path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

function csvField(value: string | null): string {
  if (value === null) return '';
  return value === '' || /[",\r\n]|^\\\.$|^\s|\s$/.test(value)
    ? `"${value.replaceAll('"', '""')}"`
    : value;
}
