// What this box remembers of the ledger: its cluster, how far it had come, and which lives of its entry are over. An etcd that
// comes back with less than it had (wiped, restored from an older copy, another cluster) is recognized by it. It is a doubt,
// never a permission: what it does not see is what the arbiter's assumption is for.

export type Memory = {
  readonly cluster: string;
  /** Highest revision of the whole etcd that was seen in this cluster. */
  readonly revision: bigint;
  /** Life of the entry; null where there was no entry. */
  readonly life: string | null;
  /** Revision of the last change of the entry that was seen in this life. */
  readonly modified: bigint;
  /** Lives that are over, the newest last. */
  readonly ended: readonly string[];
};

export type Seen = {
  readonly cluster: string;
  readonly revision: bigint;
  readonly life: string;
  readonly modified: bigint;
};
type At = Pick<Seen, 'cluster' | 'revision'>;

export const mostEnded = 32;

/** Why an entry says less than etcd knew once; null where nothing speaks against it. A life never seen before was made since. */
export function doubtAbout(known: Memory | null, seen: Seen): string | null {
  if (known === null) return null;
  if (known.ended.includes(seen.life)) return 'an entry is back that was gone from etcd';
  if (known.life !== seen.life) return null;
  if (known.cluster !== seen.cluster) return 'another cluster of etcd shows the old entry';
  if (seen.modified < known.modified) {
    return `the entry is of revision ${seen.modified} and had been of ${known.modified}`;
  }
  if (seen.revision < known.revision) {
    return `etcd is at revision ${seen.revision} and had been at ${known.revision}`;
  }
  return null;
}

/** Nothing speaks against what was seen. */
export function afterLook(
  known: Memory | null,
  { cluster, revision }: At,
  life: string,
  modified: bigint,
): Memory {
  const ended = known === null || known.life === life ? null : known.life;
  const memory = { cluster, revision, life, modified, ended: withEnded(known, ended) };
  if (known === null || known.cluster !== cluster || known.life !== life) return memory;
  // An answer that came late takes nothing back.
  return {
    ...memory,
    revision: larger(revision, known.revision),
    modified: larger(modified, known.modified),
  };
}

/** The entry was changed by this box, at that very revision. */
export function afterChange(known: Memory | null, at: At, life: string): Memory {
  return afterLook(known, at, life, at.revision);
}

/** There is no entry: the one that was there is over. */
export function afterNothing(known: Memory | null, cluster: string, revision: bigint): Memory {
  const ended = withEnded(known, known?.life ?? null);
  return { cluster, revision, life: null, modified: 0n, ended };
}

/** The entry that was seen is not to be believed, never again. */
export function afterLoss(known: Memory | null, { cluster, revision }: At, life: string): Memory {
  return { cluster, revision, life: null, modified: 0n, ended: withEnded(known, life) };
}

function withEnded(known: Memory | null, life: string | null): readonly string[] {
  const ended = known?.ended ?? [];
  return life === null || ended.includes(life) ? ended : [...ended, life].slice(-mostEnded);
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
