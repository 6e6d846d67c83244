// Route netlink messages (rtnetlink(7)): links and addresses asked for, changed and told. Fields of
// the headers are in the byte order of the machine; both supported machines are little-endian.

import { formatIpAddress, formatMac } from './ipAddress.ts';
import type { PrefixedAddress } from './ipAddress.ts';

const HEADER_BYTES = 16;
const LINK_BYTES = 16;
const ADDRESS_BYTES = 8;

// linux/netlink.h and linux/rtnetlink.h
const MESSAGE = { error: 2, done: 3, newLink: 16, delLink: 17, getLink: 18 } as const;
const ADDRESS = { added: 20, removed: 21, get: 22 } as const;
const FLAG = { request: 1, ack: 4, dump: 0x300, exclusive: 0x200, create: 0x400 } as const;
const LINK_ATTRIBUTE = { mac: 1, name: 3, filter: 29, carrierChanges: 35 } as const;
const ADDRESS_ATTRIBUTE = { address: 1, local: 2, broadcast: 4, flags: 8 } as const;
const UP = 1; // IFF_UP
const LOWER_UP = 0x10000; // IFF_LOWER_UP: the port has carrier, as the driver knows it now
const NO_DUPLICATE_DETECTION = 0x02; // IFA_F_NODAD
const SKIP_STATISTICS = 8; // RTEXT_FILTER_SKIP_STATS
const FAMILY = { 4: 2, 6: 10 } as const;

/** What a link is, from a question or an event. */
export type LinkReport = {
  readonly type: 'link';
  readonly index: number;
  readonly device: string;
  /** False in the event of a device that went away. */
  readonly present: boolean;
  readonly up: boolean;
  /** Always false while the link is down. */
  readonly carrier: boolean;
  /** Counts every change of carrier since the device exists. */
  readonly carrierChanges: number;
  readonly mac: string | null;
};

/** An address on a link, or gone from it. */
export type AddressReport = {
  readonly type: 'address';
  readonly index: number;
  readonly added: boolean;
  /** Canonical text, without the prefix. */
  readonly address: string;
  readonly prefixLength: number;
};

export type NetlinkMessage =
  | LinkReport
  | AddressReport
  /** The answer to a request: 0, or the positive number of the error. */
  | { readonly type: 'result'; readonly sequence: number; readonly errno: number }
  /** The end of a list. */
  | { readonly type: 'listEnd'; readonly sequence: number; readonly errno: number }
  | { readonly type: 'other' };

/** Asks for one link by name; answered by a LinkReport or a result. */
export function encodeLinkQuery(sequence: number, device: string): Buffer {
  const wanted = [attribute(LINK_ATTRIBUTE.filter, uint32(SKIP_STATISTICS)), nameOf(device)];
  return message(MESSAGE.getLink, FLAG.request, sequence, [Buffer.alloc(LINK_BYTES), ...wanted]);
}

/** Sets a link up or down; answered by a result. */
export function encodeLinkSwitch(sequence: number, index: number, up: boolean): Buffer {
  const body = Buffer.alloc(LINK_BYTES);
  body.writeInt32LE(index, 4);
  body.writeUInt32LE(up ? UP : 0, 8);
  body.writeUInt32LE(UP, 12);
  return message(MESSAGE.newLink, FLAG.request | FLAG.ack, sequence, [body]);
}

/**
 * Puts an address on a link or takes it off; answered by a result. IPv6 comes without duplicate
 * address detection, which would hold the address back for a second.
 */
export function encodeAddressChange(
  sequence: number,
  index: number,
  address: PrefixedAddress,
  added: boolean,
): Buffer {
  const parts = [
    addressHeader(index, address),
    attribute(ADDRESS_ATTRIBUTE.local, address.bytes),
    attribute(ADDRESS_ATTRIBUTE.address, address.bytes),
  ];
  if (address.family === 6) {
    parts.push(attribute(ADDRESS_ATTRIBUTE.flags, uint32(NO_DUPLICATE_DETECTION)));
  } else if (address.prefixLength <= 30) {
    parts.push(attribute(ADDRESS_ATTRIBUTE.broadcast, broadcastOf(address)));
  }
  const flags = FLAG.request | FLAG.ack | (added ? FLAG.create | FLAG.exclusive : 0);
  return message(added ? ADDRESS.added : ADDRESS.removed, flags, sequence, parts);
}

/** Asks for every address of every link; answered by AddressReports and a listEnd. */
export function encodeAddressList(sequence: number): Buffer {
  const body = Buffer.alloc(ADDRESS_BYTES);
  return message(ADDRESS.get, FLAG.request | FLAG.dump, sequence, [body]);
}

/** Every message of a datagram; null where its lengths do not fit together. */
export function decodeNetlink(datagram: Buffer): readonly NetlinkMessage[] | null {
  const messages: NetlinkMessage[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= datagram.length) {
    const length = datagram.readUInt32LE(at);
    if (length < HEADER_BYTES || at + length > datagram.length) return null;
    const decoded = decodeMessage(datagram.subarray(at, at + length));
    if (decoded === null) return null;
    messages.push(decoded);
    at += aligned(length);
  }
  return messages;
}

function decodeMessage(bytes: Buffer): NetlinkMessage | null {
  const kind = bytes.readUInt16LE(4);
  const sequence = bytes.readUInt32LE(8);
  const body = bytes.subarray(HEADER_BYTES);
  switch (kind) {
    case MESSAGE.error:
    case MESSAGE.done: {
      const errno = body.length < 4 ? 0 : -body.readInt32LE(0);
      return { type: kind === MESSAGE.done ? 'listEnd' : 'result', sequence, errno };
    }
    case MESSAGE.newLink:
    case MESSAGE.delLink:
      return decodeLink(body, kind === MESSAGE.newLink);
    case ADDRESS.added:
    case ADDRESS.removed:
      return decodeAddress(body, kind === ADDRESS.added);
    default:
      return { type: 'other' };
  }
}

function decodeLink(body: Buffer, present: boolean): NetlinkMessage | null {
  if (body.length < LINK_BYTES) return null;
  const attributes = decodeAttributes(body.subarray(LINK_BYTES));
  const flags = body.readUInt32LE(8);
  const name = attributes?.get(LINK_ATTRIBUTE.name);
  if (attributes === null || name === undefined) return { type: 'other' };
  const mac = attributes.get(LINK_ATTRIBUTE.mac);
  const changes = attributes.get(LINK_ATTRIBUTE.carrierChanges);
  const up = (flags & UP) !== 0;
  return {
    type: 'link',
    index: body.readInt32LE(4),
    device: name.toString('latin1').replace(/\0.*$/s, ''),
    present,
    up: up && present,
    carrier: up && present && (flags & LOWER_UP) !== 0,
    carrierChanges: changes === undefined || changes.length < 4 ? 0 : changes.readUInt32LE(0),
    mac: mac?.length === 6 ? formatMac(mac) : null,
  };
}

function decodeAddress(body: Buffer, added: boolean): NetlinkMessage | null {
  if (body.length < ADDRESS_BYTES) return null;
  const attributes = decodeAttributes(body.subarray(ADDRESS_BYTES));
  const bytes =
    attributes?.get(ADDRESS_ATTRIBUTE.local) ?? attributes?.get(ADDRESS_ATTRIBUTE.address);
  if (bytes === undefined || (bytes.length !== 4 && bytes.length !== 16)) return { type: 'other' };
  return {
    type: 'address',
    index: body.readUInt32LE(4),
    added,
    address: formatIpAddress(bytes),
    prefixLength: body.readUInt8(1),
  };
}

function decodeAttributes(bytes: Buffer): ReadonlyMap<number, Buffer> | null {
  const found = new Map<number, Buffer>();
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) return null;
    found.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += aligned(length);
  }
  return found;
}

function addressHeader(index: number, address: PrefixedAddress): Buffer {
  const body = Buffer.alloc(ADDRESS_BYTES);
  body.writeUInt8(FAMILY[address.family], 0);
  body.writeUInt8(address.prefixLength, 1);
  body.writeUInt32LE(index, 4);
  return body;
}

function broadcastOf(address: PrefixedAddress): Buffer {
  const hosts = 0xffffffff >>> address.prefixLength;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((address.bytes.readUInt32BE(0) | hosts) >>> 0, 0);
  return bytes;
}

function message(kind: number, flags: number, sequence: number, parts: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const body = Buffer.concat(parts);
  header.writeUInt32LE(HEADER_BYTES + body.length, 0);
  header.writeUInt16LE(kind, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(sequence, 8);
  return Buffer.concat([header, body]);
}

function attribute(kind: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(aligned(4 + value.length));
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(kind, 2);
  value.copy(bytes, 4);
  return bytes;
}

function nameOf(device: string): Buffer {
  return attribute(LINK_ATTRIBUTE.name, Buffer.from(`${device}\0`, 'latin1'));
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}
