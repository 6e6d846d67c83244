// ARP frames for IPv4 over Ethernet (RFC 826): the probe with sender address zero and the two forms
// of announcement (RFC 5227), and what came back. Addresses are text, see ipAddress.ts.

import { formatIpAddress, formatMac, parseIpAddress, parseMac } from './ipAddress.ts';

export const ETHERTYPE_ARP = 0x0806;
const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const NOBODY = '00:00:00:00:00:00';
const HEADER_BYTES = 14;
const FRAME_BYTES = HEADER_BYTES + 28;

/** What an ARP frame says: `sender` has `senderMac`, and `target` is asked for or told. */
export type ArpPacket = {
  readonly operation: 'request' | 'reply';
  readonly senderMac: string;
  readonly sender: string;
  readonly targetMac: string;
  readonly target: string;
};

/** The question "who has `target`?" of a node that claims no address itself (RFC 5227, 2.1.1). */
export function encodeArpProbe(ownMac: string, target: string): Buffer {
  const packet = { operation: 'request', senderMac: ownMac, sender: '0.0.0.0' } as const;
  return encodeArp(BROADCAST, { ...packet, targetMac: NOBODY, target });
}

/**
 * "`address` is at `ownMac`" for everybody, in both forms: some hosts learn only from requests
 * (RFC 5227, 3), others only from replies.
 */
export function encodeArpAnnouncements(ownMac: string, address: string): readonly Buffer[] {
  const claim = { senderMac: ownMac, sender: address, target: address };
  return [
    encodeArp(BROADCAST, { ...claim, operation: 'request', targetMac: NOBODY }),
    encodeArp(BROADCAST, { ...claim, operation: 'reply', targetMac: BROADCAST }),
  ];
}

/** An Ethernet frame of 42 bytes; the port pads it. */
export function encodeArp(destinationMac: string, packet: ArpPacket): Buffer {
  const senderMac = parseMac(packet.senderMac);
  return Buffer.concat([
    parseMac(destinationMac),
    senderMac,
    Buffer.from([0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, packet.operation === 'request' ? 1 : 2]),
    senderMac,
    parseIpAddress(packet.sender),
    parseMac(packet.targetMac),
    parseIpAddress(packet.target),
  ]);
}

/** What an Ethernet frame says if it is ARP for IPv4 and whole; otherwise null. */
export function decodeArp(frame: Buffer): ArpPacket | null {
  if (frame.length < FRAME_BYTES || frame.readUInt16BE(12) !== ETHERTYPE_ARP) return null;
  const arp = frame.subarray(HEADER_BYTES);
  if (arp.readUInt32BE(0) !== 0x00010800 || arp.readUInt16BE(4) !== 0x0604) return null;
  const operation = arp.readUInt16BE(6);
  if (operation !== 1 && operation !== 2) return null;
  return {
    operation: operation === 1 ? 'request' : 'reply',
    senderMac: formatMac(arp.subarray(8, 14)),
    sender: formatIpAddress(arp.subarray(14, 18)),
    targetMac: formatMac(arp.subarray(18, 24)),
    target: formatIpAddress(arp.subarray(24, 28)),
  };
}
