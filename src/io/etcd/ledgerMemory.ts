// What this box remembers of the ledger: its cluster, how far it had come, and which lives of its entry are over. An etcd that
// comes back with less than it had (wiped, restored from an older copy, another cluster) is recognized by it. It is a doubt,
// never a permission: what it does not see is what the arbiter's assumption is for.

export type Memory = {
  /** Id of the cluster; empty where its ledger was asked at other addresses than now. */
  readonly cluster: string;
  /** Where it was asked. */
  readonly endpoints: readonly string[];
  /** Highest revision of the whole etcd that was seen in this cluster. */
  readonly revision: bigint;
  /** Life of the entry; null where there was no entry. */
  readonly life: string | null;
  /** Revision of the last change of the entry that was seen in this life. */
  readonly modified: bigint;
  /** Highest epoch that was seen in this cluster, and in any other one. */
  readonly epoch: number;
  readonly elsewhere: number;
  /** Lives that are over, the newest last. */
  readonly ended: readonly string[];
};

/** What an answer says beside the entry itself. */
export type At = { readonly cluster: string; readonly revision: bigint };
export type Seen = At & {
  readonly life: string;
  readonly modified: bigint;
  readonly epoch: number;
};

export const mostEnded = 32;

/** Nothing is known yet. */
export function firstMemory(endpoints: readonly string[]): Memory {
  const nothing = { revision: 0n, life: null, modified: 0n, epoch: 0, elsewhere: 0, ended: [] };
  return { cluster: '', endpoints, ...nothing };
}

/**
 * The memory of an agent that asks at `endpoints`. A ledger at none of the old addresses is another one, whatever its id says:
 * etcds that were set up alike have the same.
 */
export function askingAt(kept: Memory | null, endpoints: readonly string[]): Memory {
  if (kept === null) return firstMemory(endpoints);
  if (kept.endpoints.some((url) => endpoints.includes(url))) return { ...kept, endpoints };
  return { ...movedTo(kept, ''), endpoints };
}

/** Why an entry says less than etcd knew once; null where nothing speaks against it. A life never seen before was made since. */
export function doubtAbout(known: Memory, seen: Seen): string | null {
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

/**
 * Whether a paired epoch may be made known in the cluster that was seen. One that was known to another cluster may still be
 * claimed there, by a box that asks there: the pair needs a new epoch first.
 */
export function mayPublish(known: Memory, epoch: number): boolean {
  return epoch > known.elsewhere;
}

/** Nothing speaks against what was seen. */
export function afterLook(before: Memory, seen: Seen): Memory {
  const { cluster, revision, life, modified, epoch } = seen;
  const known = movedTo(before, cluster);
  const isSame = known.cluster === before.cluster && known.life === life;
  return {
    ...known,
    // An answer that came late takes nothing back.
    revision: isSame ? larger(revision, known.revision) : revision,
    modified: isSame ? larger(modified, known.modified) : modified,
    epoch: Math.max(epoch, known.epoch),
    life,
    ended: withEnded(known, known.life === life ? null : known.life),
  };
}

/** There is no entry: the one that was there is over. */
export function afterNothing(before: Memory, { cluster, revision }: At): Memory {
  const known = movedTo(before, cluster);
  return { ...known, revision, life: null, modified: 0n, ended: withEnded(known, known.life) };
}

/** The entry that was seen is not to be believed, never again. */
export function afterLoss(before: Memory, { cluster, revision }: At, life: string): Memory {
  const known = movedTo(before, cluster);
  return { ...known, revision, life: null, modified: 0n, ended: withEnded(known, life) };
}

function movedTo(known: Memory, cluster: string): Memory {
  if (known.cluster === cluster) return known;
  // The first cluster that a box asks is no other one.
  const elsewhere = Math.max(known.elsewhere, known.epoch);
  return { ...known, cluster, epoch: 0, elsewhere };
}

function withEnded({ ended }: Memory, life: string | null): readonly string[] {
  return life === null || ended.includes(life) ? ended : [...ended, life].slice(-mostEnded);
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
