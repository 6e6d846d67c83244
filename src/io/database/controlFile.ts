// PostgreSQL's control file, read as bytes: no process is started for it, so that it can be looked
// at on every observation. Layout: src/include/catalog/pg_control.h, versions 1300 (13 to 17) and
// 1800 (18), native byte order, which is little-endian on both of our machines.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crcEnd, crcNext, crcStart } from './crc32c.ts';

export type ControlState =
  | 'startingUp'
  | 'shutDown'
  | 'shutDownInRecovery'
  | 'shuttingDown'
  | 'inCrashRecovery'
  | 'inArchiveRecovery'
  | 'inProduction';

export type ControlData = {
  /** The cluster's identity, a decimal of 64 bits. */
  readonly systemId: string;
  readonly state: ControlState;
  /** Where the latest checkpoint record begins. */
  readonly checkpoint: bigint;
  readonly redo: bigint;
  readonly timeline: number;
  /** A standby is consistent from here on; 0 on a primary. */
  readonly minRecovery: bigint;
  readonly minRecoveryTimeline: number;
  readonly walSegmentSize: number;
  readonly walPageSize: number;
  readonly checksums: boolean;
  readonly walLogHints: boolean;
  /** Settings of the primary that a standby must not have lower, or it does not start. */
  readonly limits: Readonly<Record<string, number>>;
};

const states: readonly ControlState[] = [
  'startingUp',
  'shutDown',
  'shutDownInRecovery',
  'shuttingDown',
  'inCrashRecovery',
  'inArchiveRecovery',
  'inProduction',
];

/** Reads a data directory's control file; null where there is none that is whole. */
export function readControlFile(dataDirectory: string): ControlData | null {
  // A running server may be writing it just now: a torn read is read again.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    let bytes: Buffer;
    try {
      bytes = readFileSync(join(dataDirectory, 'global/pg_control'));
    } catch {
      return null;
    }
    const data = decodeControlFile(bytes);
    if (data !== null) return data;
  }
  return null;
}

/** True when the server ended in order: nothing is left to be recovered. */
export function isCleanlyShut(data: ControlData): boolean {
  return data.state === 'shutDown' || data.state === 'shutDownInRecovery';
}

/** Decodes a control file; null when its checksum does not fit. */
export function decodeControlFile(bytes: Buffer): ControlData | null {
  if (bytes.length < 320 || !hasChecksum(bytes)) return null;
  const state = states[bytes.readUInt32LE(16)];
  if (state === undefined) return null;
  return {
    systemId: bytes.readBigUInt64LE(0).toString(),
    state,
    checkpoint: bytes.readBigUInt64LE(32),
    redo: bytes.readBigUInt64LE(40),
    timeline: bytes.readUInt32LE(48),
    minRecovery: bytes.readBigUInt64LE(136),
    minRecoveryTimeline: bytes.readUInt32LE(144),
    walLogHints: bytes.readUInt8(176) !== 0,
    limits: {
      max_connections: bytes.readInt32LE(180),
      max_worker_processes: bytes.readInt32LE(184),
      max_wal_senders: bytes.readInt32LE(188),
      max_prepared_transactions: bytes.readInt32LE(192),
      max_locks_per_transaction: bytes.readInt32LE(196),
    },
    walPageSize: bytes.readUInt32LE(224),
    walSegmentSize: bytes.readUInt32LE(228),
    checksums: bytes.readUInt32LE(252) !== 0,
  };
}

// The checksum stands behind the last field, whose place moved with the versions: it is looked for.
function hasChecksum(bytes: Buffer): boolean {
  let crc = crcNext(crcStart, bytes.subarray(0, 256));
  for (let at = 256; at <= 312; at += 4) {
    if (crcEnd(crc) === bytes.readUInt32LE(at)) return true;
    crc = crcNext(crc, bytes.subarray(at, at + 4));
  }
  return false;
}
