// The pair's keys while one takes the place of another: which one this box sends with, and which one it accepts beside it. The
// key file holds one line, and during an exchange a second one: `next` or `previous`, and the key.
import { HotpairError } from '../protocol/hotpairError.ts';
import { readSecretFile } from './secretFile.ts';
import { newPairKey, PairKey, parsePairKey } from './secrets.ts';

export type OtherKey = { readonly key: PairKey; readonly role: 'next' | 'previous' };

export type PairKeys = { readonly sends: PairKey; readonly other: OtherKey | null };

const otherRegExp = /^(next|previous) ([0-9a-f]{64})$/;

/** Reads the key file with both of its lines. Throws HotpairError KEY_MISSING, KEY_PERMISSIONS or KEY_FORMAT. */
export function readPairKeys(path: string): PairKeys {
  const text = readSecretFile(path, {
    name: 'pair key',
    codes: 'KEY',
    from: 'the file that hotpair init or hotpair join writes',
    longest: 512,
  });
  return parsePairKeys(text, path);
}

/** Throws HotpairError KEY_FORMAT; `from` says where the text came from. */
export function parsePairKeys(text: string, from: string): PairKeys {
  const [first = '', second = '', ...rest] = text.split('\n');
  const sends = parsePairKey(first, from);
  if (second === '' && rest.every((line) => line === '')) return { sends, other: null };
  const [, role, secret = ''] = otherRegExp.exec(second) ?? [];
  if ((role === 'next' || role === 'previous') && rest.join('') === '') {
    return { sends, other: { role, key: new PairKey(sends.pairId, Buffer.from(secret, 'hex')) } };
  }
  throw new HotpairError('KEY_FORMAT', `${from} does not hold the keys of a pair.`, {
    seen: `${text.length} characters of another form`,
    allowed: 'the line of the pair key, and during an exchange next or previous with another one',
  });
}

/** The content of the key file; for that file only. */
export function keyFileText({ sends, other }: PairKeys): string {
  if (other === null) return sends.toLine();
  return `${sends.toLine()}${other.role} ${other.key.secretHex()}\n`;
}

/** What a key may be called where people and the other box see it: 16 hex digits that tell nothing of it. */
export function fingerprintOf(key: PairKey): string {
  return key.derive('hotpair fingerprint 1').toString('hex', 0, 8);
}

/** A fresh key for the same pair. */
export function nextPairKey({ pairId }: PairKey): PairKey {
  return newPairKey(pairId);
}
