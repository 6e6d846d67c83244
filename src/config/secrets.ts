// The key that both boxes share: reading and writing its file, and the secrets derived from it.
// The file is one text line: hotpair-pair-v1 PAIRID KEY, both in lower-case hex.
import { hkdfSync, randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { HotpairError } from '../protocol/hotpairError.ts';
import { systemErrorName, writePrivateFile } from './durableFile.ts';

const format = 'hotpair-pair-v1';
const secretBytes = 32;
const lineRegExp = /^hotpair-pair-v1 ([0-9a-f]{32}) ([0-9a-f]{64})\n?$/;

/** The pair's id and secret. The secret stays out of logs, JSON and inspection. */
export class PairKey {
  /** 32 lower-case hex digits; no secret. */
  readonly pairId: string;
  readonly #secret: Buffer;

  /** `secret` has 32 bytes. */
  constructor(pairId: string, secret: Buffer) {
    this.pairId = pairId;
    this.#secret = secret;
  }

  /** 32 bytes for one purpose, by HKDF-SHA-256 (RFC 5869) without salt. */
  derive(info: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, Buffer.alloc(0), info, secretBytes));
  }

  /** The content of the key file; for that file only. */
  toLine(): string {
    return `${format} ${this.pairId} ${this.#secret.toString('hex')}\n`;
  }
}

/** A fresh pair with a random id and key. */
export function newPairKey(): PairKey {
  return new PairKey(randomBytes(16).toString('hex'), randomBytes(secretBytes));
}

/** Password of the replication role: 64 hex digits. */
export function replicationPassword(key: PairKey): string {
  return key.derive('hotpair replication').toString('hex');
}

/** Key of the heartbeats' HMAC-SHA-256: 32 bytes. */
export function heartbeatKey(key: PairKey): Buffer {
  return key.derive('hotpair heartbeat 1');
}

/** Reads the text of a key file. Throws HotpairError KEY_FORMAT; `from` says where the text came from. */
export function parsePairKey(text: string, from: string): PairKey {
  const [, pairId, secret] = lineRegExp.exec(text) ?? [];
  if (pairId === undefined || secret === undefined) {
    throw new HotpairError('KEY_FORMAT', `${from} does not hold a pair key.`, {
      seen: `${text.length} characters of another form`,
      allowed: `one line: ${format}, 32 hex digits, 64 hex digits`,
    });
  }
  return new PairKey(pairId, Buffer.from(secret, 'hex'));
}

/**
 * Reads the pair key file. It must be a regular file of root or of the own user that nobody else
 * may read. Throws HotpairError KEY_MISSING, KEY_PERMISSIONS or KEY_FORMAT.
 */
export function readPairKey(path: string): PairKey {
  const descriptor = openKeyFile(path);
  try {
    // Asked of the open file, not of its name: it cannot be exchanged in between.
    const stats = fstatSync(descriptor);
    checkKind(path, stats);
    checkOwner(path, stats);
    checkMode(path, stats);
    return parsePairKey(readStart(descriptor), path);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes the key file, 0600 and durable. A file with the same key may be there. Throws HotpairError
 * KEY_EXISTS where another key is there (a pair whose key is lost cannot be joined again), or
 * KEY_WRITE.
 */
export function writePairKey(path: string, key: PairKey): void {
  try {
    writePrivateFile(path, key.toLine(), 'refuse');
  } catch (error) {
    if (systemErrorName(error) !== 'EEXIST') {
      throw new HotpairError('KEY_WRITE', `The pair key cannot be written to ${path}.`, {
        seen: systemErrorName(error),
      });
    }
    if (readPairKey(path).toLine() === key.toLine()) return;
    throw new HotpairError('KEY_EXISTS', `${path} holds the key of another pair.`, {
      allowed: 'no key file, or the one of this pair; remove it by hand if that pair is gone',
    });
  }
}

function openKeyFile(path: string): number {
  try {
    // Without O_NONBLOCK a pipe in the place of the file would hang the agent's start.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new HotpairError('KEY_MISSING', `The pair key ${path} cannot be read.`, {
      seen: systemErrorName(error),
      allowed: 'the file that hotpair init or hotpair join writes',
    });
  }
}

function checkKind(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  throw new HotpairError('KEY_FORMAT', `The pair key ${path} is not a regular file.`, {
    seen: stats.isDirectory() ? 'a directory' : 'a device or pipe',
    allowed: 'a regular file',
  });
}

function checkOwner(path: string, stats: Stats): void {
  if (stats.uid === 0 || stats.uid === process.getuid?.()) return;
  throw new HotpairError('KEY_PERMISSIONS', `The pair key ${path} belongs to somebody else.`, {
    seen: `user ${stats.uid}`,
    allowed: 'root or the user that runs hotpair',
  });
}

function checkMode(path: string, stats: Stats): void {
  const mode = stats.mode & 0o7777;
  if ((mode & 0o077) === 0) return;
  throw new HotpairError('KEY_PERMISSIONS', `Others may read or change the pair key ${path}.`, {
    seen: `mode ${mode.toString(8).padStart(4, '0')}`,
    allowed: '0600 or 0400',
  });
}

/** The first bytes of the file: enough for a key and to see that there is more. */
function readStart(descriptor: number): string {
  const bytes = Buffer.alloc(256);
  return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, bytes.length, 0));
}
