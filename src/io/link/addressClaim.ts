// Signs that somebody else has, or wants, one of our addresses (RFC 5227, 2.1.1 and 2.4).

import type { ArpPacket } from '../../protocol/arp.ts';
import type { NeighbourPacket } from '../../protocol/neighbour.ts';

export type ClaimKind = 'announced' | 'probed' | 'answered';

/** Told of a claim: the claimant's MAC, our address, and how it showed. */
export type ClaimListener = (mac: string, address: string, kind: ClaimKind) => void;

export type Claim = { readonly address: string; readonly kind: ClaimKind };

/** The claim in a packet of somebody else; null where it concerns none of `addresses`. */
export function claimOfArp(
  packet: ArpPacket,
  addresses: ReadonlySet<string>,
  ownMacs: ReadonlySet<string>,
): Claim | null {
  if (addresses.has(packet.sender)) {
    const answered = packet.operation === 'reply' && ownMacs.has(packet.targetMac);
    return { address: packet.sender, kind: answered ? 'answered' : 'announced' };
  }
  const probes = packet.operation === 'request' && packet.sender === '0.0.0.0';
  return probes && addresses.has(packet.target) ? { address: packet.target, kind: 'probed' } : null;
}

/**
 * The same for IPv6. The answer to a question without a source address goes to everybody, so
 * `weAsk` tells an answer from an announcement.
 */
export function claimOfNeighbour(
  packet: NeighbourPacket,
  addresses: ReadonlySet<string>,
  weAsk: boolean,
): Claim | null {
  if (!addresses.has(packet.target)) return null;
  if (packet.type === 'advertisement') {
    return { address: packet.target, kind: weAsk ? 'answered' : 'announced' };
  }
  return packet.source === '::' ? { address: packet.target, kind: 'probed' } : null;
}
