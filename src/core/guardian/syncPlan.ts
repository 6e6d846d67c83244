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
  /** Links, new directories, and files of which only rights, owner or time differ. */
  readonly others: readonly string[];
  /** Directories differ, at least in their time. */
  readonly hasDirectories: boolean;
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
  /** What is copied: nothing else is, whatever has appeared on the primary since it was looked at. */
  readonly copies: readonly string[];
  /** What is no longer there is removed here, and directories become as they are there. */
  readonly removes: boolean;
  /** Files that wait. */
  readonly heldBack: readonly string[];
  readonly sightings: Sightings;
  /** What was complete on the primary then is here after this pull; null: not known. */
  readonly wholeAt: number | null;
  /** Some files were seen for the first time, so that it is worth while to look again soon. */
  readonly isNews: boolean;
  /** What the pull replaces and removes is put aside. */
  readonly keeps: boolean;
  /** All files come into their places at the end, in quick succession. */
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
  const ready: string[] = [];
  const heldBack: string[] = [];
  let bytes = 0;
  // What is not named may have been complete for long.
  let wholeAt: number | null = listing.isCut ? null : lookedAt;
  let isNews = false;
  for (const { path, size, version } of listing.files) {
    const known = seen.get(path);
    const sighting =
      known?.version === version ? known : { version, firstAt: lookedAt, unseenAt: before };
    sightings.set(path, sighting);
    if (lookedAt - sighting.firstAt >= settleMs) {
      ready.push(path);
      bytes += size;
    } else {
      heldBack.push(path);
      wholeAt = earlier(wholeAt, sighting.unseenAt);
      isNews ||= known === undefined;
    }
  }
  const half = Math.floor(filesHere(listing) / 2);
  const gone = listing.extra.length;
  return {
    copies: [...ready, ...listing.others],
    removes: gone > 0 || listing.hasDirectories,
    heldBack,
    sightings,
    wholeAt,
    isNews,
    // The files of a disk that is not mounted seem to be removed, all of them.
    keeps: !isCopy || gone > half,
    together: ready.length <= mostTogether.files && bytes <= mostTogether.bytes,
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
