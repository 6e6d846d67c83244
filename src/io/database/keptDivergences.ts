// What was kept of logs that only this node had: one directory each, with the log, a description, and the
// rows as CSV. Read without a database and without the agent.
import { constants, existsSync } from 'node:fs';
import { copyFile, mkdir, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HotpairError } from '../../protocol/hotpairError.ts';
import type { ControlData } from './controlFile.ts';
import { syncDirectory } from './durableFile.ts';
import type { KeptRows, KeptTable } from './keptRows.ts';
import { formatLsn } from './lsn.ts';

/** Where the log left the peer's. */
export type ForkDescription = {
  readonly systemId: string;
  readonly timeline: number;
  readonly from: string;
  /** False: `from` is only where the last checkpoint began. */
  readonly hasCommonPast: boolean;
  readonly sourceTimeline: number;
};

export type DivergenceDescription = ForkDescription & {
  readonly keptAt: string;
  readonly controlCheckpoint: string;
  /** After the rows were read: the scratch server ends with a checkpoint of its own. */
  readonly settledCheckpoint: string;
  readonly segments: readonly string[];
  readonly isWhole: boolean;
  readonly walBytes: number;
  /** Null: the rows were not asked for. */
  readonly rows: KeptRows | null;
};

export type KeptDivergence = DivergenceDescription & { readonly name: string };

export const descriptionFile = 'divergence.json';
const mostKept = 8;
const nameForm = /^\d{8}T\d{6}Z-tl\d+$/;

/** All that was kept, the oldest first; what cannot be read is left out. */
export async function listDivergences(directory: string): Promise<readonly KeptDivergence[]> {
  const kept: KeptDivergence[] = [];
  for (const name of await keptNames(directory)) {
    const description = await readDescription(join(directory, name));
    if (description !== null) kept.push({ name, ...description });
  }
  return kept;
}

/**
 * Copies rows and a manifest into a new directory, with a script for psql that loads them into tables beside
 * the real ones. Refuses with DIVERGENCE_ROWS (there are none), DIVERGENCE_TARGET (it is there already).
 */
export async function exportDivergence(
  directory: string,
  kept: KeptDivergence,
  target: string,
): Promise<readonly KeptTable[]> {
  const { rows } = kept;
  if (rows === null) {
    throw new HotpairError('DIVERGENCE_ROWS', 'of this one only the log was kept, no rows', {
      seen: kept.name,
    });
  }
  await makeTarget(target);
  const tables = rows.tables.filter(({ file }) => file !== null);
  for (const { file } of tables) {
    if (file === null || !/^\d+-\w*\.csv$/.test(file)) continue;
    await copyFile(join(directory, kept.name, file), join(target, file), constants.COPYFILE_EXCL);
  }
  const { segments: _segments, ...told } = kept;
  await writeFile(join(target, 'manifest.json'), `${JSON.stringify(told, null, 2)}\n`);
  await writeFile(join(target, 'load.sql'), loadScript(tables));
  await syncDirectory(target);
  return tables;
}

async function makeTarget(target: string): Promise<void> {
  try {
    // A new one: nothing that is there is ever written over.
    await mkdir(target, { mode: 0o700 });
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new HotpairError('DIVERGENCE_TARGET', `the directory cannot be made: ${why}`, {
      seen: target,
    });
  }
}

/** Not into the real tables: what a client has stored again since then is for a person to compare. */
function loadScript(tables: readonly KeptTable[]): string {
  const perDatabase = Map.groupBy(tables, ({ database }) => database);
  const parts = [...perDatabase].flatMap(([database, list]) => [
    String.raw`\connect ${quoteName(database)}`,
    'CREATE SCHEMA IF NOT EXISTS divergence;',
    ...list.flatMap(loadOne),
  ]);
  return [
    '-- psql -f load.sql, in this directory: the rows go into tables in the schema "divergence".',
    String.raw`\set ON_ERROR_STOP on`,
    ...parts,
    '',
  ].join('\n');
}

function loadOne({ schema, table, file, columns }: KeptTable): readonly string[] {
  const place = `divergence.${quoteName(file?.replace(/\.csv$/, '') ?? '')}`;
  const source = `${quoteName(schema)}.${quoteName(table)}`;
  return [
    `CREATE TABLE ${place} (LIKE ${source});`,
    String.raw`\copy ${place} (${columns.map(quoteName).join(', ')}) FROM '${file}' WITH (FORMAT csv, HEADER)`,
  ];
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A step that is repeated after a crash of the agent finds what it kept before. */
export async function keptAlready(
  directory: string,
  fork: ForkDescription,
  control: ControlData,
): Promise<string | null> {
  const checkpoint = formatLsn(control.checkpoint);
  for (const { name, ...known } of await listDivergences(directory)) {
    const isSameFork = Object.entries(fork).every(
      ([key, value]) => known[key as keyof ForkDescription] === value,
    );
    const isSameLog =
      known.controlCheckpoint === checkpoint || known.settledCheckpoint === checkpoint;
    if (isSameFork && isSameLog) return join(directory, name);
  }
  return null;
}

export async function dropOldest(directory: string): Promise<void> {
  const names = await keptNames(directory);
  for (const name of names.slice(0, Math.max(0, names.length - mostKept))) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
}

export async function dropUnfinished(directory: string): Promise<void> {
  if (!existsSync(directory)) return;
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.part')) continue;
    await rm(join(directory, name), { recursive: true, force: true });
  }
}

const longestDescription = 4 * 1024 * 1024;

async function readDescription(directory: string): Promise<DivergenceDescription | null> {
  try {
    const file = await open(join(directory, descriptionFile));
    try {
      if ((await file.stat()).size > longestDescription) return null;
    } finally {
      await file.close();
    }
    const text = await readFile(join(directory, descriptionFile), 'utf8');
    const read = JSON.parse(text) as Partial<DivergenceDescription>;
    if (typeof read.timeline !== 'number' || typeof read.from !== 'string') return null;
    if (!Array.isArray(read.segments)) return null;
    // A description of an earlier version knows less.
    return { ...unknown, ...read } as DivergenceDescription;
  } catch {
    return null;
  }
}

const unknown = {
  keptAt: '',
  hasCommonPast: true,
  settledCheckpoint: '',
  walBytes: 0,
  rows: null,
} as const;

async function keptNames(directory: string): Promise<string[]> {
  if (!existsSync(directory)) return [];
  return (await readdir(directory)).filter((name) => nameForm.test(name)).toSorted();
}
