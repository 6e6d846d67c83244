// A heartbeat path over the service port, which needs no address of its own: IPv6 from link-local to a multicast group that
// follows from the pair's id, so that nothing is configured and other pairs of the LAN are not even heard. The kernel drops
// what did not begin on this very link (RFC 5082: a hop limit of 255 cannot come through a router) or is of another pair.
import { attachFilter, bindSocket, bindToDevice, closeDescriptor } from '../../kernel/socket.ts';
import { deviceIndex, joinIpv6Group } from '../../kernel/socket.ts';
import { FAMILY, KIND, openSocket, OPTION, setOption } from '../../kernel/socket.ts';
import { ipv6SocketAddress } from '../../kernel/socketAddress.ts';
import { setPortSetting } from '../../kernel/sysctl.ts';
import { kernelError } from '../../kernel/libc.ts';
import { encodeFilter } from '../../protocol/packetFilter.ts';
import { datagramReader } from './datagramReader.ts';
import { noPathCounts, openDeviceSocket } from './deviceSocket.ts';
import type { DatagramPath } from './deviceSocket.ts';

const NETWORK_CONTROL = 6;
const CLASS_SELECTOR_6 = 0xc0;
const NEVER_FRAGMENT = 2;
const HOP_LIMIT = 255;
// Offsets of a filter on a UDP socket: from the UDP header on, or with this base from the IP header on (linux/filter.h).
const NETWORK_HEADER = -0x10_0000;
const HOP_LIMIT_AT = { width: 8, offset: NETWORK_HEADER + 7 } as const;
const UDP_HEADER_BYTES = 8;
const PAIR_ID_AT = UDP_HEADER_BYTES + 8; // protocol/heartbeat.ts

export type LanPathOptions = {
  readonly device: string;
  readonly port: number;
  /** 32 lower-case hexadecimal digits; it stands in every datagram behind magic, version and length. */
  readonly pairId: string;
  readonly onDatagram: (bytes: Buffer, receivedAtMs: number) => void;
  readonly onError: (errno: string | null) => void;
};

/** A transient group of link-local scope with a dynamic group id (RFC 4291, RFC 3307 section 4.3). */
export function lanGroupOf(pairId: string): string {
  const id = (Number.parseInt(pairId.slice(0, 8), 16) | 0x8000_0000) >>> 0;
  return `ff12::${(id >>> 16).toString(16)}:${(id & 0xffff).toString(16)}`;
}

/** Never throws for a path that cannot work now: `send` says false and it is tried again. */
export function openLanPath(options: LanPathOptions): DatagramPath {
  const { device, port, onDatagram, onError } = options;
  const group = lanGroupOf(options.pairId);
  const counts = noPathCounts();
  return openDeviceSocket({
    device,
    counts,
    onError,
    open: () => openGroupSocket(options, group),
    // IPv6 that was switched off, or had too small an MTU, took the address and the group with it.
    reopensUpon: ['ENETUNREACH', 'EADDRNOTAVAIL', 'ENODEV'],
    receiver: (index) => ipv6SocketAddress(group, port, index),
    // Who may send is for the signature to say: the group, the hop limit and the pair were looked at by the kernel.
    read: datagramReader({ counts, isFromPeer: () => true, onDatagram }),
  });
}

function openGroupSocket(options: LanPathOptions, group: string): number {
  const { device, port, pairId } = options;
  settleLinkLocal(device);
  const fd = openSocket(FAMILY.ipv6, KIND.datagram, 0);
  try {
    attachFilter(fd, ofThisPair(pairId));
    bindToDevice(fd, device);
    const index = deviceIndex(fd, device);
    if (index < 0) throw kernelError(`the port ${device}`, -index);
    const { level, ipv6, socket } = OPTION;
    setOption(fd, level.ipv6, ipv6.onlyIpv6, 1);
    setOption(fd, level.ipv6, ipv6.multicastInterface, index);
    setOption(fd, level.ipv6, ipv6.multicastHops, HOP_LIMIT);
    setOption(fd, level.ipv6, ipv6.multicastLoop, 0);
    setOption(fd, level.ipv6, ipv6.pathMtuDiscovery, NEVER_FRAGMENT);
    setOption(fd, level.ipv6, ipv6.trafficClass, CLASS_SELECTOR_6);
    setOption(fd, level.socket, socket.priority, NETWORK_CONTROL);
    joinIpv6Group(fd, index, group);
    bindSocket(fd, ipv6SocketAddress(group, port, index), `${group} port ${port} on ${device}`);
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

/**
 * IPv6 on, its link-local address usable at once (RFC 4862 would wait a second for duplicates), and none from a router: the
 * service addresses are the only ones that may appear. What is refused shows when nothing can be sent.
 */
function settleLinkLocal(device: string): void {
  for (const [name, value] of Object.entries({ autoconf: '0', accept_dad: '0', disable_ipv6: '0' }))
    setPortSetting('ipv6', device, name, value);
}

function ofThisPair(pairId: string): Buffer {
  return encodeFilter({
    all: [{ ...HOP_LIMIT_AT, value: HOP_LIMIT }],
    any: [{ width: 32, offset: PAIR_ID_AT, values: [Number.parseInt(pairId.slice(0, 8), 16)] }],
  });
}
