// What pg_waldump tells of a log that only this node has: which transactions were committed in it, and
// which tables and pages they touched. Text in, facts out; how each version words a record is here.

/** A relation by PostgreSQL's three numbers, `tablespace/database/file`. */
export type RelationKey = string;

export type RelationChange = {
  inserted: number;
  updated: number;
  deleted: number;
  /** Pages on which new versions of rows may be. */
  readonly pages: Set<number>;
};

export type CommittedLog = {
  /** Numbers of the transactions that were committed, their parts included. */
  readonly transactions: Set<number>;
  commits: number;
  firstCommit: string | null;
  lastCommit: string | null;
};

export type LogChanges = {
  readonly relations: Map<RelationKey, RelationChange>;
  /** The first transaction whose records were all read; null where the log does not say. */
  wholeFrom: number | null;
  /** More than is counted: what is told is a part. */
  isCut: boolean;
};

const mostTransactions = 200_000;
const mostPages = 200_000;

export const noCommits = (): CommittedLog => ({
  transactions: new Set(),
  commits: 0,
  firstCommit: null,
  lastCommit: null,
});

export const noChanges = (): LogChanges => ({
  relations: new Map(),
  wholeFrom: null,
  isCut: false,
});

/** First reading: notes a commit. Returns false where there are more than can be kept. */
export function noteCommit(line: string, log: CommittedLog): boolean {
  if (!line.startsWith('rmgr: Transaction')) return true;
  const said = /\btx:\s*(\d+),.*desc: COMMIT(?:_PREPARED)?(?: (\d+):)? ([^;]*)(.*)/.exec(line);
  if (said === null) return true;
  const [, own, prepared, time = '', rest = ''] = said;
  const parts = /subxacts:((?: \d+)+)/.exec(rest)?.[1]?.trim().split(' ') ?? [];
  log.commits += 1;
  log.firstCommit ??= time.trim();
  log.lastCommit = time.trim();
  if (log.transactions.size + parts.length >= mostTransactions) return false;
  for (const number of [prepared ?? own, ...parts]) log.transactions.add(Number(number));
  // A transaction that wrote nothing has no number.
  log.transactions.delete(0);
  return true;
}

/** Second reading: notes what the committed transactions did to which table. */
export function noteChange(line: string, { transactions }: CommittedLog, log: LogChanges): void {
  if (log.wholeFrom === null) {
    const next = /\bnextXid (\d+)|; xid \d+:(\d+);/.exec(line);
    if (next !== null) log.wholeFrom = Number(next[1] ?? next[2]);
  }
  if (!line.startsWith('rmgr: Heap')) return;
  const said = /\btx:\s*(\d+),.*desc: (\w+)(?:\+INIT)?(.*)/.exec(line);
  if (said === null || !transactions.has(Number(said[1]))) return;
  const [, , what = '', rest = ''] = said;
  const count = counted(what, rest);
  if (count === null) return;
  // The first reference is the page with the new version; an update's second one has the old version.
  const place = /blkref #0: rel (\d+\/\d+\/\d+)(?: fork main)? blk (\d+)/.exec(rest);
  if (place === null) return;
  const change = changeOf(log, place[1] ?? '');
  change[count.kind] += count.rows;
  if (count.kind === 'deleted') return;
  if (change.pages.size < mostPages) change.pages.add(Number(place[2]));
  else log.isCut = true;
}

function counted(
  what: string,
  rest: string,
): { readonly kind: 'inserted' | 'updated' | 'deleted'; readonly rows: number } | null {
  switch (what) {
    case 'INSERT':
      return { kind: 'inserted', rows: 1 };
    case 'MULTI_INSERT': {
      const rows = /(\d+) tuples|ntuples: (\d+)/.exec(rest);
      return { kind: 'inserted', rows: Number(rows?.[1] ?? rows?.[2] ?? 0) };
    }
    case 'UPDATE':
    case 'HOT_UPDATE':
      return { kind: 'updated', rows: 1 };
    case 'DELETE':
      return { kind: 'deleted', rows: 1 };
    default:
      return null;
  }
}

function changeOf(log: LogChanges, key: RelationKey): RelationChange {
  const known = log.relations.get(key);
  if (known !== undefined) return known;
  const change = { inserted: 0, updated: 0, deleted: 0, pages: new Set<number>() };
  log.relations.set(key, change);
  return change;
}
