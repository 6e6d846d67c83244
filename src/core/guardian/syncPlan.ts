// What one pull does, decided from what rsync says that it would do: which files are still being written on the primary and wait,
// whether what is lost here is put aside first, and whether everything comes into its place at once.

export type ListedFile = {
  /** Below the directory of the set, in bytes of Latin-1: names need not be UTF-8. */
  readonly path: string;
  readonly size: number;
  /** Size and time of the last change, as the primary has them. */
  readonly version: string;
  /** Here it is not there yet. */
  readonly isNew: boolean;
};

export type Listing = {
  /** Regular files that differ; the first ones where there are too many. */
  readonly files: readonly ListedFile[];
  /** What is here and not there; directories end in a slash. */
  readonly extra: readonly string[];
  /** Other differences: directories, links, rights, owners. */
  readonly others: number;
  /** Links that would be replaced here. */
  readonly replacedLinks: readonly string[];
  /** There were more than are named. */
  readonly isCut: boolean;
  /** Regular files that the primary has. */
  readonly filesThere: number;
};

/** When a version of a file was first seen, and the look before that: its writing may have ended at any time since then. */
export type Sighting = {
  readonly version: string;
  readonly firstAt: number;
  readonly unseenAt: number | null;
};

export type Sightings = ReadonlyMap<string, Sighting>;

export type PlanSettings = {
  /** A file that has not changed for so long counts as complete; 0: every one does. */
  readonly settleMs: number;
  /** The files of this box are nothing but a copy of the primary's. */
  readonly isCopy: boolean;
};

export type PullPlan = {
  readonly isNeeded: boolean;
  /** Files that wait. */
  readonly heldBack: readonly string[];
  readonly sightings: Sightings;
  /** What was complete on the primary then is here after this pull; null: not known, because nobody looked before. */
  readonly wholeAt: number | null;
  /** Some files were seen for the first time, so that it is worth while to look again soon. */
  readonly isNews: boolean;
  /** What the pull replaces and removes is put aside. */
  readonly keeps: boolean;
  /** Everything comes into its place at the end, in quick succession. */
  readonly together: boolean;
  /** Bytes that the pull brings at most. */
  readonly bytes: number;
  /** More than this is not removed: the primary has changed since it was looked at. */
  readonly mostRemoved: number;
};

/** So many more than were seen to be gone may have gone since. */
const removedSince = 100;

/** Above this, files are of use one by one, long before the last one is here. */
const mostTogether = { files: 5_000, bytes: 256 * 1024 * 1024 };

/**
 * `lookedAt`: begin of the look that gave the listing; `before`: of the look before it, null where there was none.
 * Sightings of files that no longer differ are forgotten.
 */
export function planPull(
  listing: Listing,
  seen: Sightings,
  { lookedAt, before }: { readonly lookedAt: number; readonly before: number | null },
  { settleMs, isCopy }: PlanSettings,
): PullPlan {
  const sightings = new Map<string, Sighting>();
  const heldBack: string[] = [];
  let bytes = 0;
  let wholeAt: number | null = lookedAt;
  let isNews = false;
  for (const { path, size, version } of listing.files) {
    const known = seen.get(path);
    const sighting =
      known?.version === version ? known : { version, firstAt: lookedAt, unseenAt: before };
    sightings.set(path, sighting);
    if (lookedAt - sighting.firstAt >= settleMs) {
      bytes += size;
    } else {
      heldBack.push(path);
      wholeAt = earlier(wholeAt, sighting.unseenAt);
      isNews ||= known === undefined;
    }
  }
  const ready = listing.files.length - heldBack.length;
  const half = Math.floor(filesHere(listing) / 2);
  const gone = listing.extra.length;
  return {
    isNeeded:
      ready + gone + listing.others > 0 ||
      listing.isCut ||
      // What waits and is here already is put aside, even if nothing else is to be done.
      (!isCopy && losses(listing).length > 0),
    heldBack,
    sightings,
    wholeAt,
    isNews,
    // The files of a disk that is not mounted seem to be removed, all of them.
    keeps: !isCopy || gone > half,
    together: ready <= mostTogether.files && bytes <= mostTogether.bytes && !listing.isCut,
    bytes,
    mostRemoved: Math.max(gone, Math.min(half, gone + removedSince)),
  };
}

function earlier(left: number | null, right: number | null): number | null {
  return left === null || right === null ? null : Math.min(left, right);
}

function filesHere({ filesThere, files, extra }: Listing): number {
  const missing = files.filter(({ isNew }) => isNew).length;
  return Math.max(0, filesThere - missing) + extra.length;
}

/** What a pull that keeps nothing back would take away from this box: paths of files and links. */
export function losses({ files, extra, replacedLinks }: Listing): readonly string[] {
  return [
    ...extra.filter((path) => !path.endsWith('/')),
    ...files.filter(({ isNew }) => !isNew).map(({ path }) => path),
    ...replacedLinks,
  ];
}
