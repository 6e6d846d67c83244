// ICMPv6 neighbour discovery frames (RFC 4861): the question of duplicate address detection
// (RFC 4862) and the unsolicited advertisement that takes an address over.

import { formatIpAddress, formatMac, parseIpAddress, parseMac } from './ipAddress.ts';

export const ETHERTYPE_IPV6 = 0x86dd;
export const ALL_NODES_MAC = '33:33:00:00:00:01';
const ALL_NODES = 'ff02::1';
const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const ICMPV6 = 58;
const TARGET_LINK_LAYER_ADDRESS = 2;
const OVERRIDE = 0x20000000;
const ICMP_OFFSET = 14 + 40;
const ICMP_BYTES = 24;

export type NeighbourPacket = {
  readonly type: 'solicitation' | 'advertisement';
  /** The source of the IPv6 header; `::` in duplicate address detection. */
  readonly source: string;
  readonly target: string;
  /** The link-layer option where it is there, otherwise the sender of the frame. */
  readonly mac: string;
};

/** "Who has `target`?" from a node without an address: `::` to the solicited-node group. */
export function encodeNeighbourProbe(ownMac: string, target: string): Buffer {
  const bytes = parseIpAddress(target);
  const group = Buffer.concat([
    parseIpAddress('ff02::1:ff00:0').subarray(0, 13),
    bytes.subarray(13),
  ]);
  const body = Buffer.concat([Buffer.from([SOLICITATION, 0, 0, 0, 0, 0, 0, 0]), bytes]);
  return frame(ownMac, solicitedNodeMac(target), parseIpAddress('::'), group, body);
}

/** "`address` is at `ownMac`, forget what you knew" for all nodes (RFC 4861, 7.2.6). */
export function encodeNeighbourAnnouncement(ownMac: string, address: string): Buffer {
  const bytes = parseIpAddress(address);
  const start = Buffer.alloc(8);
  start.writeUInt8(ADVERTISEMENT, 0);
  start.writeUInt32BE(OVERRIDE, 4);
  const option = Buffer.from([TARGET_LINK_LAYER_ADDRESS, 1]);
  const body = Buffer.concat([start, bytes, option, parseMac(ownMac)]);
  return frame(ownMac, ALL_NODES_MAC, bytes, parseIpAddress(ALL_NODES), body);
}

/** The Ethernet group on which questions for `address` arrive (RFC 2464, 7; RFC 4291, 2.7.1). */
export function solicitedNodeMac(address: string): string {
  return `33:33:ff:${formatMac(parseIpAddress(address).subarray(13))}`;
}

/**
 * What an Ethernet frame says if it is a valid solicitation or advertisement; otherwise null. A hop
 * limit other than 255 came through a router and proves nothing about this link (RFC 4861, 7.1).
 */
export function decodeNeighbour(bytes: Buffer): NeighbourPacket | null {
  if (bytes.length < ICMP_OFFSET + ICMP_BYTES) return null;
  if (bytes.readUInt16BE(12) !== ETHERTYPE_IPV6 || bytes.readUInt8(14) >> 4 !== 6) return null;
  const length = bytes.readUInt16BE(18);
  if (bytes.readUInt8(20) !== ICMPV6 || bytes.readUInt8(21) !== 255) return null;
  if (length < ICMP_BYTES || ICMP_OFFSET + length > bytes.length) return null;
  const body = bytes.subarray(ICMP_OFFSET, ICMP_OFFSET + length);
  const kind = body.readUInt8(0);
  if ((kind !== SOLICITATION && kind !== ADVERTISEMENT) || body.readUInt8(1) !== 0) return null;
  const source = bytes.subarray(22, 38);
  if (checksum(source, bytes.subarray(38, 54), body) !== 0) return null;
  return {
    type: kind === SOLICITATION ? 'solicitation' : 'advertisement',
    source: formatIpAddress(source),
    target: formatIpAddress(body.subarray(8, 24)),
    mac: linkLayerOption(body.subarray(ICMP_BYTES)) ?? formatMac(bytes.subarray(6, 12)),
  };
}

function frame(from: string, to: string, source: Buffer, group: Buffer, body: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(0x60, 0);
  header.writeUInt16BE(body.length, 4);
  header.writeUInt8(ICMPV6, 6);
  header.writeUInt8(255, 7);
  body.writeUInt16BE(checksum(source, group, body), 2);
  const ethertype = Buffer.from([0x86, 0xdd]);
  return Buffer.concat([parseMac(to), parseMac(from), ethertype, header, source, group, body]);
}

// RFC 4443, 2.3: over a pseudo header and the message. A message that carries its checksum sums up
// to zero.
function checksum(source: Buffer, destination: Buffer, body: Buffer): number {
  const pseudo = Buffer.from([0, 0, body.length >> 8, body.length & 0xff, 0, 0, 0, ICMPV6]);
  let sum = 0;
  for (const part of [source, destination, pseudo, body]) {
    for (let at = 0; at < part.length; at += 2) {
      sum += (part.readUInt8(at) << 8) | (at + 1 < part.length ? part.readUInt8(at + 1) : 0);
    }
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function linkLayerOption(options: Buffer): string | null {
  let at = 0;
  while (at + 8 <= options.length) {
    const units = options.readUInt8(at + 1);
    if (units === 0) return null;
    const kind = options.readUInt8(at);
    if (kind === TARGET_LINK_LAYER_ADDRESS) return formatMac(options.subarray(at + 2, at + 8));
    at += units * 8;
  }
  return null;
}
