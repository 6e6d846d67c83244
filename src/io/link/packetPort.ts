// The packet sockets of one port: ARP, and neighbour discovery where IPv6 addresses are served.
// They work without any address on the port, which is what a probe needs.

import { decodeArp, ETHERTYPE_ARP } from '../../protocol/arp.ts';
import type { ArpPacket } from '../../protocol/arp.ts';
import { ALL_NODES_MAC, decodeNeighbour, ETHERTYPE_IPV6 } from '../../protocol/neighbour.ts';
import { solicitedNodeMac } from '../../protocol/neighbour.ts';
import type { NeighbourPacket } from '../../protocol/neighbour.ts';
import { parseIpAddress } from '../../protocol/ipAddress.ts';
import { encodeFilter } from '../../protocol/packetFilter.ts';
import { errnoName } from '../../kernel/libc.ts';
import { watchReadable } from '../../kernel/readable.ts';
import { attachFilter, closeDescriptor, joinEthernetGroup } from '../../kernel/socket.ts';
import { openPacketSocket } from '../../kernel/socket.ts';
import { receiveBytes, receiveSpace, sendBytes } from '../../kernel/socket.ts';

const FRAMES_PER_TURN = 32;
const FRAMES_PER_DRAIN = 512;
const LONGEST_FRAME_BYTES = 2048;
// Offsets in an Ethernet frame.
const ETHERTYPE_AT = { width: 16, offset: 12 } as const;
const ARP_SENDER_AT = { width: 32, offset: 28 } as const;
const ARP_TARGET_AT = { width: 32, offset: 38 } as const;
const NEXT_HEADER_AT = { width: 8, offset: 20 } as const;
const NEIGHBOUR_TARGET_END_AT = { width: 32, offset: 74 } as const;
const ICMPV6 = 58;
// struct sockaddr_ll: what the frame was to the port (linux/if_packet.h).
const PACKET_TYPE_AT = 10;
const TO_ANOTHER_HOST = 3;
const OUTGOING = 4;

/** Counts since the agent's start, kept by the owner of the port across reopening. */
export type PacketCounts = { received: number; malformed: number; sendFailures: number };

export type PacketPortOptions = {
  readonly index: number;
  /** ARP of these IPv4 addresses is heard. */
  readonly arpSenders: readonly string[];
  /** ARP that asks for these IPv4 addresses is heard. */
  readonly arpTargets: readonly string[];
  /** Neighbour discovery about these IPv6 addresses is heard. */
  readonly neighbourTargets: readonly string[];
  readonly onArp: (packet: ArpPacket) => void;
  readonly onNeighbour: (packet: NeighbourPacket) => void;
  readonly counts: PacketCounts;
};

export type PacketPort = {
  /** Sends one Ethernet frame; null, or the errno name of the refusal. */
  sendArp(frame: Buffer): string | null;
  sendNeighbour(frame: Buffer): string | null;
  /** Hears ARP of other senders from now on; the sockets stay, so that no answer is lost. Throws KERNEL_<errno>. */
  hearArpSenders(senders: readonly string[]): void;
  /** Takes in what has already arrived, before somebody concludes from silence. */
  drain(): void;
  close(): void;
};

type Tap = { send(frame: Buffer): string | null; read(limit: number): void; close(): void };

/** Opens the sockets on a port. Throws HotpairError KERNEL_<errno>. */
export function openPacketPort(options: PacketPortOptions): PacketPort {
  const { index, counts, neighbourTargets } = options;
  const arpSocket = openPacketSocket(index, ETHERTYPE_ARP, arpFilter(options));
  const arp = openTap(arpSocket, counts, (frame) =>
    deliver(decodeArp(frame), options.onArp, counts),
  );
  const neighbour = neighbourTargets.length === 0 ? null : openNeighbourTap(options);
  const taps = neighbour === null ? [arp] : [arp, neighbour];
  return {
    sendArp: (frame) => arp.send(frame),
    sendNeighbour: (frame) => (neighbour === null ? 'EAFNOSUPPORT' : neighbour.send(frame)),
    // The kernel exchanges one filter for the other in a single step.
    hearArpSenders: (arpSenders) => attachFilter(arpSocket, arpFilter({ ...options, arpSenders })),
    drain: () => taps.forEach((tap) => tap.read(FRAMES_PER_DRAIN)),
    close: () => taps.forEach((tap) => tap.close()),
  };
}

function openNeighbourTap(options: PacketPortOptions): Tap {
  const { index, neighbourTargets, counts } = options;
  const fd = openPacketSocket(index, ETHERTYPE_IPV6, neighbourFilter(neighbourTargets));
  // Answers to a question without a source address go to all nodes, and a port whose kernel has no
  // IPv6 address may not listen to that group.
  const groups = new Set([ALL_NODES_MAC, ...neighbourTargets.map(solicitedNodeMac)]);
  for (const group of groups) joinEthernetGroup(fd, index, group);
  return openTap(fd, counts, (frame) =>
    deliver(decodeNeighbour(frame), options.onNeighbour, counts),
  );
}

function openTap(fd: number, counts: PacketCounts, onFrame: (frame: Buffer) => void): Tap {
  const space = receiveSpace(LONGEST_FRAME_BYTES);
  let open = true;
  const read = (limit: number): void => {
    for (let frames = 0; open && frames < limit; frames += 1) {
      const length = receiveBytes(fd, space);
      // Other errors (the port went down) are told once and are known from the link's events.
      if (length < 0 && errnoName(-length) === 'EAGAIN') return;
      if (length >= 0 && isForThisBox(space.from)) onFrame(frameOf(space.bytes, length));
    }
  };
  const watch = watchReadable(fd, () => read(FRAMES_PER_TURN));
  return {
    read,
    send(frame) {
      const sent = sendBytes(fd, frame);
      if (sent >= 0) return null;
      counts.sendFailures += 1;
      return errnoName(-sent);
    },
    close() {
      if (!open) return;
      open = false;
      watch.close();
      closeDescriptor(fd);
    },
  };
}

function deliver<T>(packet: T | null, listener: (packet: T) => void, counts: PacketCounts): void {
  counts.received += 1;
  if (packet === null) counts.malformed += 1;
  else listener(packet);
}

function frameOf(bytes: Buffer, length: number): Buffer {
  return bytes.subarray(0, Math.min(length, bytes.length));
}

function isForThisBox(sender: Buffer): boolean {
  const type = sender.readUInt8(PACKET_TYPE_AT);
  return type !== TO_ANOTHER_HOST && type !== OUTGOING;
}

function arpFilter({ arpSenders, arpTargets }: PacketPortOptions): Buffer {
  return encodeFilter({
    all: [{ ...ETHERTYPE_AT, value: ETHERTYPE_ARP }],
    any: [
      { ...ARP_SENDER_AT, values: arpSenders.map(lastFourBytes) },
      { ...ARP_TARGET_AT, values: arpTargets.map(lastFourBytes) },
    ],
  });
}

function neighbourFilter(targets: readonly string[]): Buffer {
  return encodeFilter({
    all: [
      { ...ETHERTYPE_AT, value: ETHERTYPE_IPV6 },
      { ...NEXT_HEADER_AT, value: ICMPV6 },
    ],
    any: [{ ...NEIGHBOUR_TARGET_END_AT, values: targets.map(lastFourBytes) }],
  });
}

function lastFourBytes(address: string): number {
  const bytes = parseIpAddress(address);
  return bytes.readUInt32BE(bytes.length - 4);
}
