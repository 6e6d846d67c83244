// What the boxes ask each other about their configurations: a question for a page, and the page. Datagrams beside the heartbeats,
// big-endian, sealed with a key derived from the pair's, so that whoever listens on the LAN reads nothing and nobody else can ask.
//
// | offset | size | field |
// |---|---|---|
// | 0 | 4 | magic, "hpCF" |
// | 4 | 2 | version, 1 |
// | 6 | 2 | length of the datagram |
// | 8 | 16 | pairId |
// | 24 | 12 | nonce |
// | 36 | any | sealed by AES-256-GCM, with everything before as additional data |
// | length - 16 | 16 | tag |
//
// Sealed: kind (1 question, 2 page), number of the page, pages in all (0 in a question), zero; sender (16); question (8), drawn by
// who asks and repeated in every page; then the content of the page.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ByteReader } from './byteReader.ts';
import { ByteWriter } from './byteWriter.ts';

export type ConfigPage = {
  readonly kind: 'question' | 'page';
  readonly page: number;
  readonly pages: number;
  /** 32 lower-case hexadecimal digits. */
  readonly sender: string;
  /** 16 lower-case hexadecimal digits. */
  readonly question: string;
  readonly content: Buffer;
};

/** Longest content of a page: the whole datagram is shorter than the path probe that tells whether large ones pass. */
export const pageBytes = 1_200;

const magic = 0x68_70_43_46;
const version = 1;
const headLength = 36;
const tagLength = 16;
const fixedLength = 28;
const shortest = headLength + fixedLength + tagLength;
const longest = shortest + pageBytes;
const kinds: readonly ['', ...ConfigPage['kind'][]] = ['', 'question', 'page'];

export function isConfigPage(bytes: Buffer): boolean {
  return bytes.length >= shortest && bytes.readUInt32BE(0) === magic;
}

/** `key`: 32 bytes. */
export function encodeConfigPage(page: ConfigPage, pairId: string, key: Buffer): Buffer {
  const head = new ByteWriter(headLength);
  head.uint32(magic);
  head.uint16(version);
  head.uint16(shortest + page.content.length);
  head.hex(pairId, 16);
  const nonce = randomBytes(12);
  nonce.copy(head.bytes, 24);
  const fixed = new ByteWriter(fixedLength);
  fixed.uint8(kinds.indexOf(page.kind));
  fixed.uint8(page.page);
  fixed.uint8(page.pages);
  fixed.skip(1);
  fixed.hex(page.sender, 16);
  fixed.hex(page.question, 8);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
  cipher.setAAD(head.bytes);
  const sealed = [cipher.update(fixed.bytes), cipher.update(page.content), cipher.final()];
  return Buffer.concat([head.bytes, ...sealed, cipher.getAuthTag()]);
}

/** Null for whatever this pair did not seal with one of `keys`; never throws. */
export function decodeConfigPage(
  bytes: Buffer,
  pairId: string,
  keys: readonly Buffer[],
): ConfigPage | null {
  if (!isConfigPage(bytes) || bytes.length > longest) return null;
  if (bytes.readUInt16BE(4) !== version || bytes.readUInt16BE(6) !== bytes.length) return null;
  if (bytes.toString('hex', 8, 24) !== pairId) return null;
  for (const key of keys) {
    const opened = unsealed(bytes, key);
    if (opened !== null) return pageOf(opened);
  }
  return null;
}

function unsealed(bytes: Buffer, key: Buffer): Buffer | null {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(24, headLength), {
    authTagLength: tagLength,
  });
  decipher.setAAD(bytes.subarray(0, headLength));
  decipher.setAuthTag(bytes.subarray(-tagLength));
  try {
    const opened = decipher.update(bytes.subarray(headLength, -tagLength));
    return Buffer.concat([opened, decipher.final()]);
  } catch {
    return null;
  }
}

function pageOf(opened: Buffer): ConfigPage | null {
  const kind = kinds[opened[0] ?? 0];
  if (kind === undefined || kind === '') return null;
  const reader = new ByteReader(opened, 4);
  const sender = reader.hex(16);
  const question = reader.hex(8);
  if (!reader.sound) return null;
  const [, page = 0, pages = 0] = opened;
  return { kind, page, pages, sender, question, content: opened.subarray(fixedLength) };
}
