// A question about one heartbeat path and its answer: does this path carry a datagram of this length there and back? Signed
// like a heartbeat, and never a statement about anything else.
//
// | offset | size | field |
// |---|---|---|
// | 0 | 4 | magic, "hpPP" |
// | 4 | 2 | version, 1 |
// | 6 | 2 | length of the datagram |
// | 8 | 16 | pairId |
// | 24 | 16 | sender |
// | 40 | 1 | 1 question, 2 answer |
// | 41 | 3 | zero |
// | 44 | 8 | nonce |
// | 52 | any | zero |
// | length - 32 | 32 | HMAC-SHA-256 with the pair's key over everything before it |
import { createHmac, timingSafeEqual } from 'node:crypto';
import { ByteReader } from './byteReader.ts';
import { ByteWriter } from './byteWriter.ts';

export type PathProbe = {
  readonly sender: string;
  readonly kind: 'question' | 'answer';
  /** 16 lower-case hexadecimal digits. */
  readonly nonce: string;
  /** Of the whole datagram, in bytes. */
  readonly length: number;
};

/** Shorter than a heartbeat; and as long as an Ethernet frame carries over IPv4 and IPv6. */
export const smallProbeLength = 96;
export const largeProbeLength = 1400;

const magic = 0x68_70_50_50;
const version = 1;
const signatureLength = 32;
const kinds: readonly ['', ...PathProbe['kind'][]] = ['', 'question', 'answer'];

export function isPathProbe(bytes: Buffer): boolean {
  return bytes.length >= smallProbeLength && bytes.readUInt32BE(0) === magic;
}

export function encodePathProbe(probe: PathProbe, pairId: string, key: Buffer): Buffer {
  const writer = new ByteWriter(probe.length);
  writer.uint32(magic);
  writer.uint16(version);
  writer.uint16(probe.length);
  writer.hex(pairId, 16);
  writer.hex(probe.sender, 16);
  writer.uint8(kinds.indexOf(probe.kind));
  writer.skip(3);
  writer.hex(probe.nonce, 8);
  signature(writer.bytes, key).copy(writer.bytes, probe.length - signatureLength);
  return writer.bytes;
}

/** Null for whatever is not a probe of this pair; never throws. */
export function decodePathProbe(bytes: Buffer, pairId: string, key: Buffer): PathProbe | null {
  if (!isPathProbe(bytes) || bytes.length > largeProbeLength) return null;
  if (bytes.readUInt16BE(4) !== version || bytes.readUInt16BE(6) !== bytes.length) return null;
  if (bytes.toString('hex', 8, 24) !== pairId) return null;
  const signed = bytes.subarray(bytes.length - signatureLength);
  if (!timingSafeEqual(signature(bytes, key), signed)) return null;
  const reader = new ByteReader(bytes, 24);
  const sender = reader.hex(16);
  const kind = reader.oneOf(kinds);
  reader.zeros(3);
  const nonce = reader.hex(8);
  if (!reader.sound || kind === '') return null;
  return { sender, kind, nonce, length: bytes.length };
}

function signature(bytes: Buffer, key: Buffer): Buffer {
  return createHmac('sha256', key)
    .update(bytes.subarray(0, bytes.length - signatureLength))
    .digest();
}
