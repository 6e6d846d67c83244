// The key that both boxes share: reading and writing its file, and the secrets derived from it.
// The file is one text line: hotpair-pair-v1 PAIRID KEY, both in lower-case hex.
import { hkdfSync, randomBytes } from 'node:crypto';
import { HotpairError } from '../protocol/hotpairError.ts';
import { systemErrorName, writePrivateFile } from './durableFile.ts';
import { readSecretFile } from './secretFile.ts';

const format = 'hotpair-pair-v1';
const secretBytes = 32;
const lineRegExp = /^hotpair-pair-v1 ([0-9a-f]{32}) ([0-9a-f]{64})\n?$/;

/** The second line of the file, see pairKeys.ts. */
const exchangeRegExp = /^(?:next|previous) [0-9a-f]{64}\n?$/;

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

  /** For the key file and the sealed offer to the other box only. */
  secretHex(): string {
    return this.#secret.toString('hex');
  }

  /** The content of the key file; for that file only. */
  toLine(): string {
    return `${format} ${this.pairId} ${this.#secret.toString('hex')}\n`;
  }
}

/** A random key, for a fresh pair with a random id where none is given. */
export function newPairKey(pairId = randomBytes(16).toString('hex')): PairKey {
  return new PairKey(pairId, randomBytes(secretBytes));
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
  const text = readSecretFile(path, {
    name: 'pair key',
    codes: 'KEY',
    from: 'the file that hotpair init or hotpair join writes',
    longest: 512,
  });
  // During an exchange a second line holds another key; this is the one that is sent with.
  const [line = '', second] = text.split(/(?<=\n)/);
  return parsePairKey(second === undefined || exchangeRegExp.test(second) ? line : text, path);
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
