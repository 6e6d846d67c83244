// The files of a flight record: NUMBER.flight in a directory of their own, the oldest first. What else lies there is left
// alone.
import { linkSync, mkdirSync, promises as fs, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

const ending = '.flight';
const numbered = /^(\d{10})\.flight$/;
const crashPattern = /^crash-/;
const keptCrashes = 5;

/** All records in a directory, `A-2.flight` before `A-10.flight`. Throws the system's error. */
export function flightFilesIn(directory: string): readonly string[] {
  const byNumber = new Intl.Collator('en', { numeric: true });
  return readdirSync(directory)
    .filter((name) => name.endsWith(ending))
    .toSorted((left, right) => byNumber.compare(left, right))
    .map((name) => join(directory, name));
}

/** The name after all of `names`. */
export function nextSegmentName(names: readonly string[]): string {
  const numbers = names.map((name) => Number(numbered.exec(name)?.[1] ?? 0));
  return `${String(Math.max(0, ...numbers) + 1).padStart(10, '0')}${ending}`;
}

export type Bounds = {
  /** A segment is closed at this size. */
  readonly segmentBytes: number;
  /** All segments together, the one being written at its full size. */
  readonly totalBytes: number;
  /** An agent that ends again and again fills no directory with beginnings. */
  readonly files: number;
};

/** Removes the oldest segments until one more has room. */
export async function makeRoom(
  directory: string,
  names: readonly string[],
  { segmentBytes, totalBytes, files }: Bounds,
): Promise<void> {
  const segments = names.filter((name) => numbered.test(name)).toSorted();
  const sizes = await Promise.all(segments.map((name) => sizeOf(join(directory, name))));
  let total = sizes.reduce((sum, size) => sum + size, 0);
  let count = segments.length;
  for (const [place, name] of segments.entries()) {
    if (total + segmentBytes <= totalBytes && count < files) return;
    await fs.rm(join(directory, name), { force: true });
    total -= sizes[place] ?? 0;
    count -= 1;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await fs.stat(path)).size;
  } catch {
    return 0;
  }
}

/**
 * Keeps the newest segments of an agent that broke out of the ring's reach: as links in `<directory>/crash-<UTC>/`, the
 * oldest of these making room. Synchronous, because the process is about to end. Returns the new directory's path.
 */
export function keepCrash(directory: string, segments: readonly string[]): string {
  const crashes = readdirSync(directory).filter((name) => crashPattern.test(name));
  for (const name of crashes.toSorted().slice(0, Math.max(0, crashes.length - keptCrashes + 1)))
    rmSync(join(directory, name), { force: true, recursive: true });
  const time = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const path = join(directory, `crash-${time}`);
  mkdirSync(path, { mode: 0o700 });
  for (const segment of segments) linkSync(segment, join(path, basename(segment)));
  return path;
}

/** Throws the system's error. */
export function readFlightFile(path: string): Buffer {
  return readFileSync(path);
}
