// What a box says of the pair's keys while they are exchanged for new ones: a datagram of its own beside the heartbeats, on the
// same paths, big-endian, signed with the key that this box sends with.
//
// | offset | size | field |
// |---|---|---|
// | 0 | 4 | magic, "hpKY" |
// | 4 | 2 | version, 1 |
// | 6 | 2 | length of the datagram, 184 |
// | 8 | 16 | pairId |
// | 24 | 16 | sender |
// | 40 | 8 | fingerprint of the key that it sends with |
// | 48 | 8 | fingerprint of the other key that it accepts, or zero |
// | 56 | 1 | the other key: 0 none, 1 next, 2 previous |
// | 57 | 1 | 1: a sealed key follows |
// | 58 | 2 | zero |
// | 60 | 32 | public key of this agent (X25519) |
// | 92 | 12 | nonce of the sealed key, or zero |
// | 104 | 48 | the next key, sealed by AES-256-GCM, or zero |
// | 152 | 32 | HMAC-SHA-256 over everything before it |
//
// Statements may be repeated and come late: what a box says here it never takes back, except a next key for a lower one.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { ByteWriter } from './byteWriter.ts';

/** Length of every statement in bytes. */
export const keyStatementLength = 184;

export type OtherRole = 'next' | 'previous';

export type KeyStatement = {
  /** 32 lower-case hexadecimal digits. */
  readonly sender: string;
  /** 16 lower-case hexadecimal digits, as all fingerprints. */
  readonly sends: string;
  readonly other: { readonly fingerprint: string; readonly role: OtherRole } | null;
  /** 32 bytes of X25519 (RFC 7748), in hex. */
  readonly publicKey: string;
  readonly offer: Sealed | null;
};

/** A nonce of 12 bytes; 32 bytes sealed, and their tag of 16 bytes; in hex. */
export type Sealed = { readonly nonce: string; readonly box: string };

const magic = 0x68_70_4b_59;
/** Of what is sent and understood. */
export const keyStatementVersion = 1;
const signedLength = keyStatementLength - 32;
const roles: readonly ['none', ...OtherRole[]] = ['none', 'next', 'previous'];

/** Whether a datagram calls itself a statement about keys; nothing is believed by that. */
export function isKeyStatement(bytes: Buffer): boolean {
  return bytes.length >= 4 && bytes.readUInt32BE(0) === magic;
}

/** `key`: 32 bytes of the key that is sent with. */
export function encodeKeyStatement(said: KeyStatement, pairId: string, key: Buffer): Buffer {
  const writer = new ByteWriter(keyStatementLength);
  writer.uint32(magic);
  writer.uint16(keyStatementVersion);
  writer.uint16(keyStatementLength);
  writer.hex(pairId, 16);
  writer.hex(said.sender, 16);
  writer.hex(said.sends, 8);
  writer.hex(said.other?.fingerprint ?? '00'.repeat(8), 8);
  writer.uint8(roles.indexOf(said.other?.role ?? 'none'));
  writer.uint8(said.offer === null ? 0 : 1);
  writer.skip(2);
  writer.hex(said.publicKey, 32);
  writer.hex(said.offer?.nonce ?? '00'.repeat(12), 12);
  writer.hex(said.offer?.box ?? '00'.repeat(48), 48);
  signature(writer.bytes, key).copy(writer.bytes, signedLength);
  return writer.bytes;
}

/** Null where the datagram is not of this pair, not signed with one of `keys`, or no statement. Never throws. */
export function decodeKeyStatement(
  bytes: Buffer,
  pairId: string,
  keys: readonly Buffer[],
): KeyStatement | null {
  if (bytes.length !== keyStatementLength || !isKeyStatement(bytes)) return null;
  if (bytes.readUInt16BE(4) !== keyStatementVersion || bytes.readUInt16BE(6) !== keyStatementLength)
    return null;
  const hex = (from: number, size: number): string => bytes.toString('hex', from, from + size);
  if (hex(8, 16) !== pairId) return null;
  const signed = bytes.subarray(signedLength);
  if (!keys.some((key) => timingSafeEqual(signature(bytes, key), signed))) return null;
  const role = roles[bytes[56] ?? 0];
  if (role === undefined || (bytes[57] ?? 0) > 1) return null;
  return {
    sender: hex(24, 16),
    sends: hex(40, 8),
    other: role === 'none' ? null : { fingerprint: hex(48, 8), role },
    publicKey: hex(60, 32),
    offer: bytes[57] === 1 ? { nonce: hex(92, 12), box: hex(104, 48) } : null,
  };
}

function signature(bytes: Buffer, key: Buffer): Buffer {
  return createHmac('sha256', key).update(bytes.subarray(0, signedLength)).digest();
}
