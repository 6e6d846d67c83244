// A flight record on disk: segments that are appended to and never rewritten, bounded in all. Nothing here is waited for.
// What is given is written once a second by the thread pool, one write at a time, and synced when it matters; a disk that
// refuses or hangs costs the record and nothing else.
import { closeSync, constants, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { promises as fs, readdirSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { monotonicMs } from '../../kernel/clock.ts';
import { makeDirectories, makeDirectoriesLater } from '../../kernel/directories.ts';
import { longestEntry } from '../../protocol/flightRecord.ts';
import { makeRoom, nextSegmentName } from './flightFiles.ts';
import type { Bounds } from './flightFiles.ts';

export const bounds: Bounds = { segmentBytes: 1 << 20, totalBytes: 8 << 20, files: 64 };

const writeEveryMs = 1000;
/** Calm is synced seldom, because every sync wears a flash memory; what happens then is synced at once. */
const syncEveryMs = 5000;
const maximumWaitingBytes = 512 * 1024;
/** A write that is under way for longer hangs: who is about to end does not wait behind it. */
const hangsAfterMs = 1000;

/** `path` is null until its file is open. Pieces have their places, so that writing one twice does no harm. */
type Segment = { path: string | null; size: number };
type Piece = { readonly segment: Segment; readonly at: number; readonly bytes: Buffer };

export class FlightRing {
  readonly #directory: string;
  readonly #bounds: Bounds;
  #segment: Segment | null = null;
  #waiting: Piece[] = [];
  #waitingBytes = 0;
  /** What is being written now. */
  #inHand: readonly Piece[] = [];
  #file: { readonly segment: Segment; readonly handle: FileHandle } | null = null;
  #older: string | null = null;
  #busySince: number | null = null;
  #draining: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #syncedAt = 0;
  #mustSync = false;
  #dropped = 0;
  #problem: string | null = null;

  constructor(directory: string, limits: Bounds = bounds) {
    this.#directory = directory;
    this.#bounds = limits;
  }

  /** Pieces that were taken and could not be written. */
  get dropped(): number {
    return this.#dropped;
  }

  /** What the disk said last, or null where it takes everything. */
  get problem(): string | null {
    return this.#problem;
  }

  /** A segment is there that takes pieces. */
  get isOpen(): boolean {
    return this.#segment !== null;
  }

  /** It may not take another one of the longest: the next segment is to begin. */
  get isFull(): boolean {
    return this.#segment !== null && this.#segment.size + longestEntry > this.#bounds.segmentBytes;
  }

  /** Begins a segment. False: too much waits already, nothing was taken. */
  begin(opening: Buffer): boolean {
    this.#segment = { path: null, size: 0 };
    this.#mustSync = true;
    return this.append(opening);
  }

  /** What was begun cannot go on; what was given so far is still written. */
  end(): void {
    this.#segment = null;
  }

  /** False: too much waits already, or no segment is open; then another one has to begin. */
  append(bytes: Buffer): boolean {
    const segment = this.#segment;
    if (segment === null || this.#waitingBytes + bytes.length > maximumWaitingBytes) {
      this.#segment = null;
      return false;
    }
    this.#waiting.push({ segment, at: segment.size, bytes });
    this.#waitingBytes += bytes.length;
    segment.size += bytes.length;
    this.#timer ??= this.#later();
    return true;
  }

  /** Something happened that must outlive a power cut: what waits is written and synced now. */
  hurry(): void {
    this.#mustSync = true;
    this.#drainSoon();
  }

  /** Resolves when everything is on disk or refused, or after `deadlineMs`. */
  async flush(deadlineMs: number): Promise<void> {
    this.hurry();
    if (this.#draining === null) return;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs);
    });
    await Promise.race([this.#draining, deadline]);
    clearTimeout(timer);
  }

  /** The same, and nothing is taken any more. */
  async close(deadlineMs: number): Promise<void> {
    this.#segment = null;
    await this.flush(deadlineMs);
    if (this.#draining === null) await this.#closeQuietly();
  }

  /**
   * Writes what waits before it returns, for a process that is about to end. Returns the newest two segments, the older
   * first. Throws what the disk refuses; does not even try behind a write that hangs.
   */
  finishNow(): readonly string[] {
    if (this.#busySince !== null && monotonicMs() - this.#busySince > hangsAfterMs)
      throw new Error('a write hangs');
    let newest: string | null = null;
    for (const piece of [...this.#inHand, ...this.#waiting]) {
      newest = piece.segment.path ??= this.#freePath();
      writeAt(newest, piece);
    }
    this.#waiting = [];
    newest ??= this.#file?.segment.path ?? null;
    const older = newest === this.#file?.segment.path ? this.#older : this.#file?.segment.path;
    return [older ?? null, newest].filter((path) => path !== null);
  }

  #freePath(): string {
    makeDirectories(this.#directory, 0o700);
    return join(this.#directory, nextSegmentName(readdirSync(this.#directory)));
  }

  #later(): NodeJS.Timeout {
    return setTimeout(() => this.#drainSoon(), writeEveryMs).unref();
  }

  #drainSoon(): void {
    if (this.#waiting.length === 0 && !this.#mustSync) return;
    this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.#waiting.length > 0 || this.#mustSync) {
      this.#inHand = this.#waiting;
      this.#waiting = [];
      this.#waitingBytes = 0;
      this.#busySince = monotonicMs();
      try {
        await this.#write(this.#inHand);
        if (this.#inHand.length > 0) this.#problem = null;
      } catch (error) {
        await this.#fail(error);
      }
      this.#inHand = [];
      this.#busySince = null;
    }
    this.#draining = null;
  }

  async #write(pieces: readonly Piece[]): Promise<void> {
    for (const run of bySegment(pieces)) {
      const [{ segment, at }] = run;
      const handle = await this.#handleOf(segment);
      const bytes = Buffer.concat(run.map((piece) => piece.bytes));
      let written = 0;
      while (written < bytes.length)
        written += (await handle.write(bytes, written, bytes.length - written, at + written))
          .bytesWritten;
    }
    const now = monotonicMs();
    if (!this.#mustSync && now - this.#syncedAt < syncEveryMs) return;
    this.#mustSync = false;
    await this.#file?.handle.datasync();
    this.#syncedAt = now;
  }

  async #handleOf(segment: Segment): Promise<FileHandle> {
    if (this.#file?.segment === segment) return this.#file.handle;
    await this.#close();
    await makeDirectoriesLater(this.#directory, 0o700);
    const names = await fs.readdir(this.#directory);
    await makeRoom(this.#directory, names, this.#bounds);
    const path = join(this.#directory, nextSegmentName(names));
    const handle = await fs.open(path, 'wx', 0o600);
    segment.path = path;
    this.#file = { segment, handle };
    await syncDirectory(this.#directory);
    await syncDirectory(dirname(this.#directory));
    return handle;
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    if (file === null) return;
    this.#older = file.segment.path;
    try {
      await file.handle.datasync();
    } finally {
      await file.handle.close();
    }
  }

  /** What a segment misses in its middle ends it: the rest could not be replayed. */
  async #fail(error: unknown): Promise<void> {
    this.#problem = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    this.#dropped += this.#inHand.length + this.#waiting.length;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#mustSync = false;
    this.#segment = null;
    await this.#closeQuietly();
  }

  async #closeQuietly(): Promise<void> {
    try {
      await this.#close();
    } catch {
      // The disk has refused already, or is not asked again.
    }
  }
}

/** Pieces that follow one another in one file. */
function bySegment(pieces: readonly Piece[]): readonly [Piece, ...Piece[]][] {
  const runs: [Piece, ...Piece[]][] = [];
  for (const piece of pieces) {
    const last = runs.at(-1);
    if (last !== undefined && last[0].segment === piece.segment) last.push(piece);
    else runs.push([piece]);
  }
  return runs;
}

function writeAt(path: string, { at, bytes }: Piece): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    let written = 0;
    while (written < bytes.length)
      written += writeSync(file, bytes, written, bytes.length - written, at + written);
    fdatasyncSync(file);
  } finally {
    closeSync(file);
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await fs.open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
