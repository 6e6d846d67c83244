// What rsync says that it does or would do: one line for each difference in a form that we ask for, and figures at the end.
import type { ListedFile, Listing } from '../../core/guardian/syncPlan.ts';

/** What changes, size, time, name: names come last because they may hold anything. */
export const outputFormat = '%i|%l|%M|%n';

/** More names than this are not held in memory. */
const mostNamed = 100_000;

export type PullFigures = {
  readonly copied: number;
  readonly removed: number;
  readonly bytes: number;
};

export type ListingReader = {
  readonly take: (line: string) => void;
  readonly listing: () => Listing;
  readonly figures: () => PullFigures;
};

export function openListingReader(): ListingReader {
  const files: ListedFile[] = [];
  const extra: string[] = [];
  const replacedLinks: string[] = [];
  const numbers = new Map<string, number>();
  const others: string[] = [];
  let hasDirectories = false;
  let isCut = false;

  function put<T>(list: T[], value: T): void {
    if (list.length < mostNamed) list.push(value);
    else isCut = true;
  }

  function takeDifference(what: string, size: string, time: string, name: string): void {
    if (what.startsWith('*deleting')) {
      put(extra, decodedName(name));
    } else if (what.startsWith('>f')) {
      const isNew = what.startsWith('>f+');
      put(files, {
        path: decodedName(name),
        size: Number(size),
        version: `${size} ${time}`,
        isNew,
      });
    } else {
      takeOther(what, decodedName(name));
    }
  }

  function takeOther(what: string, path: string): void {
    const isDirectory = path.endsWith('/');
    if (isDirectory) hasDirectories = true;
    // Directories that are here already get their rights and times with the removals.
    if (!isDirectory || what.startsWith('cd')) put(others, path.replace(/\/$/, ''));
    if (/^cL(?!\+)/.test(what)) put(replacedLinks, path);
  }

  return {
    take(line) {
      const [, what, size, time, name] = /^([^|]{11})\|(\d+)\|([^|]*)\|(.*)$/s.exec(line) ?? [];
      if (what !== undefined && size !== undefined && time !== undefined && name !== undefined) {
        takeDifference(what, size, time, name);
        return;
      }
      const [, label, number] = /^([A-Z][\w ]+): ([\d,]+)/.exec(line) ?? [];
      if (label === undefined || number === undefined) return;
      numbers.set(label, (numbers.get(label) ?? 0) + plain(number));
      const [, regular] = /^Number of files: .*\breg: ([\d,]+)/.exec(line) ?? [];
      if (regular !== undefined) numbers.set('regular files', plain(regular));
    },
    listing: () => {
      const filesThere = numbers.get('regular files') ?? 0;
      return { files, extra, others, hasDirectories, replacedLinks, isCut, filesThere };
    },
    figures: () => ({
      copied: numbers.get('Number of regular files transferred') ?? 0,
      removed: numbers.get('Number of deleted files') ?? 0,
      bytes: numbers.get('Total transferred file size') ?? 0,
    }),
  };
}

function plain(number: string): number {
  return Number(number.replaceAll(',', ''));
}

/** rsync writes bytes that are not printable, and a backslash that would look like such a byte, as `\#ooo`. */
function decodedName(name: string): string {
  return name.replaceAll(/\\#([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
