// IP and MAC addresses between the text that people write and the bytes that go on the wire.
// Text is canonical both ways, so that equal addresses are equal strings.

import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { HotpairError } from './hotpairError.ts';

export type AddressFamily = 4 | 6;

/** An address of a port, with the length of its network prefix in bits. */
export type PrefixedAddress = {
  readonly family: AddressFamily;
  /** Canonical text, without the prefix. */
  readonly address: string;
  /** 4 or 16 bytes in network order. */
  readonly bytes: Buffer;
  readonly prefixLength: number;
};

/** 4 or 16 bytes in network order. Throws HotpairError ADDRESS_MALFORMED. */
export function parseIpAddress(text: string): Buffer {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  if (isIPv6(text) && !text.includes('%')) return parseIpv6(text);
  throw new HotpairError('ADDRESS_MALFORMED', 'This is not an IP address.', { seen: text });
}

/** The canonical text of 4 or 16 bytes; throws HotpairError ADDRESS_MALFORMED for another length. */
export function formatIpAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) {
    throw new HotpairError('ADDRESS_MALFORMED', 'An IP address has 4 or 16 bytes.', {
      seen: `${bytes.length} bytes`,
    });
  }
  const groups = (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
  return new SocketAddress({ address: groups, family: 'ipv6' }).address;
}

/** Reads `192.0.2.10/24` or `2001:db8::10/64`. Throws HotpairError ADDRESS_MALFORMED. */
export function parsePrefixedAddress(text: string): PrefixedAddress {
  const [, host = '', digits = ''] = /^([^/]+)\/([0-9]{1,3})$/.exec(text) ?? [];
  const prefixLength = Number(digits);
  if (host === '' || prefixLength > (isIPv4(host) ? 32 : 128)) {
    throw new HotpairError('ADDRESS_MALFORMED', 'This is not an address with a prefix length.', {
      seen: text,
      allowed: '192.0.2.10/24 or 2001:db8::10/64',
    });
  }
  const bytes = parseIpAddress(host);
  const family = bytes.length === 4 ? 4 : 6;
  return { family, address: formatIpAddress(bytes), bytes, prefixLength };
}

/** `02:00:5e:10:00:01` as 6 bytes. Throws HotpairError ADDRESS_MALFORMED. */
export function parseMac(text: string): Buffer {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) {
    throw new HotpairError('ADDRESS_MALFORMED', 'This is not a MAC address.', { seen: text });
  }
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}

/** Six bytes as lower-case pairs with colons. */
export function formatMac(bytes: Buffer): string {
  return (bytes.toString('hex').match(/.{2}/g) ?? []).join(':');
}

function parseIpv6(text: string): Buffer {
  const bytes = Buffer.alloc(16);
  const [head = '', tail] = withoutDottedEnd(text).split('::');
  const first = groupsOf(head);
  const last = tail === undefined ? [] : groupsOf(tail);
  first.forEach((group, index) => bytes.writeUInt16BE(group, index * 2));
  last.forEach((group, index) => bytes.writeUInt16BE(group, 16 - (last.length - index) * 2));
  return bytes;
}

// `::ffff:192.0.2.1` is written as `::ffff:c000:201`.
function withoutDottedEnd(text: string): string {
  const cut = text.lastIndexOf(':') + 1;
  const end = text.slice(cut);
  if (!isIPv4(end)) return text;
  const hex = Buffer.from(end.split('.').map(Number)).toString('hex');
  return `${text.slice(0, cut)}${hex.slice(0, 4)}:${hex.slice(4)}`;
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
