// What was kept of a log that only this box had, in plain words.
import type { KeptDivergence } from '../io/database/keptDivergences.ts';
import type { KeptRows, KeptTable } from '../io/database/keptRows.ts';
import { localTime } from '../words/localTime.ts';

/** One line for each. */
export function listText(kept: readonly KeptDivergence[]): string {
  if (kept.length === 0) return 'nothing was kept on this box\n';
  return kept.map((each) => `${each.name}  ${forkText(each)}; ${sizeText(each)}\n`).join('');
}

/** Where it forked, what was committed, and a line for each table. */
export function showText(kept: KeptDivergence): string {
  const { rows } = kept;
  const lines = [
    kept.name,
    `  kept ${kept.keptAt === '' ? 'at a time that is not known' : localTime(kept.keptAt)}`,
    `  ${forkText(kept)}`,
    `  log: ${kept.segments.length} files, ${megabytes(kept.walBytes)}${kept.isWhole ? '' : ', not all of it'}`,
    ...(rows === null ? ['  the rows were not read'] : rowLines(rows)),
  ];
  return `${lines.join('\n')}\n`;
}

function forkText({ timeline, from, hasCommonPast, sourceTimeline }: KeptDivergence): string {
  if (!hasCommonPast) return `timeline ${timeline} has nothing in common with the other box`;
  const others = `the other box went on with timeline ${sourceTimeline}`;
  return timeline === sourceTimeline
    ? `timeline ${timeline} went on beyond ${from}, where the other box's log ended`
    : `timeline ${timeline} went on beyond ${from}, where ${others}`;
}

function sizeText({ rows, walBytes }: KeptDivergence): string {
  if (rows === null) return `${megabytes(walBytes)} of log, no rows`;
  const count = rows.tables.reduce((sum, table) => sum + (table.rows ?? 0), 0);
  return `${rows.transactions} transactions, ${count} rows of ${rows.tables.length} tables, ${megabytes(walBytes)} of log`;
}

function rowLines(rows: KeptRows): readonly string[] {
  const { transactions, firstCommit, lastCommit, missing, otherRelations } = rows;
  const span = firstCommit === null ? '' : `, from ${firstCommit} to ${String(lastCommit)}`;
  return [
    `  ${transactions} transactions${span}`,
    ...rows.tables.map((table) => `  ${tableText(table)}`),
    ...(otherRelations === 0 ? [] : [`  ${otherRelations} other relations (system or dropped)`]),
    ...(missing === null ? [] : [`  not complete: ${missing}`]),
  ];
}

function tableText(table: KeptTable): string {
  const { database, schema, inserted, updated, deleted, rows } = table;
  const counts = `${inserted} inserted, ${updated} updated, ${deleted} deleted`;
  return `${database}: ${schema}.${table.table}: ${counts}; ${rows ?? 'no'} rows can be exported`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}
