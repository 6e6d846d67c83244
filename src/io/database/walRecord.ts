// One record of the write-ahead log, read from the segment files of a stopped server: whether a
// valid one stands at a position, and where it ends. It answers "does this log go past the fork?"
// and "where does the log of a cleanly stopped primary end?" without starting a process.
// Layout: src/include/access/xlogrecord.h and xlog_internal.h.
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { crcEnd, crcNext, crcStart } from './crc32c.ts';
import { walFileName } from './lsn.ts';

const shortPageHeader = 24;
const longPageHeader = 40;
const recordHeader = 24;
const crcOffset = 20;
const isContinuation = 0x01;
const largestRecord = 1 << 30;
const switchRecord = 0x40;

export type WalPlace = {
  readonly dataDirectory: string;
  readonly timeline: number;
  readonly walSegmentSize: number;
  readonly walPageSize: number;
};

type Cursor = { lsn: bigint; page: Buffer | null };

/** Where the valid record at `lsn` ends, or null when no valid record stands there. */
export function walRecordEnd(place: WalPlace, lsn: bigint): bigint | null {
  const cursor: Cursor = { lsn, page: null };
  if (!enterPage(place, cursor, null)) return null;
  const header = take(place, cursor, recordHeader, recordHeader);
  if (header === null) return null;
  const total = header.readUInt32LE(0);
  if (total < recordHeader || total > largestRecord) return null;
  let crc = crcStart;
  let left = total - recordHeader;
  while (left > 0) {
    const piece = take(place, cursor, Math.min(left, place.walPageSize), left);
    if (piece === null) return null;
    crc = crcNext(crc, piece);
    left -= piece.length;
  }
  crc = crcNext(crc, header.subarray(0, crcOffset));
  if (crcEnd(crc) !== header.readUInt32LE(crcOffset)) return null;
  return isSwitch(header) ? segmentEnd(place, cursor.lsn) : align(cursor.lsn);
}

// The rest of a segment behind a switch record is empty: the log goes on with the next segment.
function isSwitch(header: Buffer): boolean {
  return header.readUInt8(17) === 0 && (header.readUInt8(16) & 0xf0) === switchRecord;
}

function segmentEnd(place: WalPlace, lsn: bigint): bigint {
  const size = BigInt(place.walSegmentSize);
  return ((lsn - 1n) / size + 1n) * size;
}

function align(lsn: bigint): bigint {
  return (lsn + 7n) & ~7n;
}

/**
 * Reads up to `length` bytes at the cursor, all from one page except for a record's header, which
 * may be split. `left` is what the record still has to come, which a page's header must confirm.
 */
function take(place: WalPlace, cursor: Cursor, length: number, left: number): Buffer | null {
  const pieces: Buffer[] = [];
  let missing = length;
  let rest = left;
  while (missing > 0) {
    const offset = Number(cursor.lsn % BigInt(place.walPageSize));
    // Only the record's first page is entered by the caller, so a page start here is a continuation.
    if (offset === 0 && !enterPage(place, cursor, headerMayBeSplit(length) ? null : rest))
      return null;
    if (cursor.page === null) return null;
    const from = Number(cursor.lsn % BigInt(place.walPageSize));
    const count = Math.min(missing, place.walPageSize - from);
    pieces.push(cursor.page.subarray(from, from + count));
    cursor.lsn += BigInt(count);
    missing -= count;
    rest -= count;
  }
  return Buffer.concat(pieces);
}

// While the header itself is being read, the record's length is not known yet.
function headerMayBeSplit(length: number): boolean {
  return length === recordHeader;
}

// Loads the page under the cursor, checks that it belongs here, and steps over its header.
// A page of a recycled segment carries the address it had in its former life.
function enterPage(place: WalPlace, cursor: Cursor, continued: number | null): boolean {
  const pageSize = BigInt(place.walPageSize);
  const start = (cursor.lsn / pageSize) * pageSize;
  const page = readPage(place, start);
  if (page === null || page.readBigUInt64LE(8) !== start) return false;
  if (page.readUInt32LE(4) > place.timeline) return false;
  if (continued !== null) {
    if ((page.readUInt16LE(2) & isContinuation) === 0) return false;
    if (page.readUInt32LE(16) !== continued) return false;
  }
  const isSegmentStart = start % BigInt(place.walSegmentSize) === 0n;
  if (cursor.lsn === start) cursor.lsn += BigInt(isSegmentStart ? longPageHeader : shortPageHeader);
  cursor.page = page;
  return true;
}

function readPage(place: WalPlace, start: bigint): Buffer | null {
  const name = walFileName(place.timeline, start, place.walSegmentSize);
  const page = Buffer.alloc(place.walPageSize);
  let file: number;
  try {
    file = openSync(join(place.dataDirectory, 'pg_wal', name), 'r');
  } catch {
    return null;
  }
  try {
    const offset = Number(start % BigInt(place.walSegmentSize));
    return readSync(file, page, 0, page.length, offset) === page.length ? page : null;
  } finally {
    closeSync(file);
  }
}
