// The files of a flight record: NUMBER.flight in a directory of their own, the oldest first. What else lies there is left
// alone.
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  promises as fs,
  readdirSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { flightRefusal } from '../../protocol/flightRecord.ts';

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

/** A segment of the ring is 1 MiB; a simulated run is one file for all its hours. */
const largestFlightFile = 128 << 20;

/**
 * Reads a whole record, as long as it was when it was looked at: the agent may be writing it. Throws the system's error, or
 * HotpairError FLIGHT_READ for what is no regular file and FLIGHT_SIZE for what is too large to be a record.
 */
export function readFlightFile(path: string): Buffer {
  // Asked before it is opened: that alone starts a watchdog device, and waits for the other end of a pipe.
  const stats = statSync(path);
  const { size } = stats;
  if (!stats.isFile())
    throw flightRefusal(
      'FLIGHT_READ',
      'the flight record cannot be read: it is no regular file',
      path,
    );
  if (size > largestFlightFile)
    throw flightRefusal(
      'FLIGHT_SIZE',
      `this is no flight record: it has ${size} bytes, and none has more than ${largestFlightFile}`,
      path,
    );
  const file = openSync(path, 'r');
  try {
    return readUpTo(file, size);
  } finally {
    closeSync(file);
  }
}

function readUpTo(file: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const more = readSync(file, bytes, length, size - length, length);
    if (more === 0) break;
    length += more;
  }
  return bytes.subarray(0, length);
}
