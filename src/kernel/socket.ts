// Sockets that node:net and node:dgram do not offer: AF_PACKET, netlink, and datagrams bound to a
// device. All are nonblocking; what is sent or received returns a length or a negative errno.

import { getRawPointer } from 'node:ffi';
import { parseIpAddress } from '../protocol/ipAddress.ts';
import { kernelError, lastErrno, libc } from './libc.ts';
import { packetSocketAddress } from './socketAddress.ts';

export const FAMILY = { unix: 1, ipv4: 2, ipv6: 10, netlink: 16, packet: 17 } as const;
export const KIND = { stream: 1, datagram: 2, raw: 3 } as const;

const NONBLOCK = 0o4000;
const CLOSE_ON_EXEC = 0o2000000;
const SEND_FLAGS = 0x40 | 0x4000; // MSG_DONTWAIT | MSG_NOSIGNAL
const RECEIVE_FLAGS = 0x40 | 0x20; // MSG_DONTWAIT | MSG_TRUNC: the true length of what was cut

const GET_INTERFACE_INDEX = 0x8933n; // SIOCGIFINDEX

export const OPTION = {
  level: { socket: 1, ip: 0, ipv6: 41, packet: 263, netlink: 270 },
  socket: { receiveBuffer: 8, priority: 12, bindToDevice: 25, attachFilter: 26 },
  ip: { typeOfService: 1, pathMtuDiscovery: 10, freeBind: 15 },
  ipv6: {
    multicastInterface: 17,
    multicastHops: 18,
    multicastLoop: 19,
    joinGroup: 20,
    pathMtuDiscovery: 23,
    onlyIpv6: 26,
    trafficClass: 67,
  },
  packet: { addMembership: 1 },
} as const;

/** A descriptor that does not block and is not inherited. Throws HotpairError KERNEL_<errno>. */
export function openSocket(family: number, kind: number, protocol: number): number {
  const fd = libc.socket(family, kind | NONBLOCK | CLOSE_ON_EXEC, protocol);
  if (fd < 0) throw kernelError('a socket', lastErrno());
  return fd;
}

/** Throws HotpairError KERNEL_<errno>; `what` names the address in its sentence. */
export function bindSocket(fd: number, address: Buffer, what: string): void {
  if (libc.bind(fd, address, address.length) !== 0)
    throw kernelError(`to bind ${what}`, lastErrno());
}

/** 0 or a negative errno: a peer that is not there is no surprise. */
export function connectSocket(fd: number, address: Buffer): number {
  return libc.connect(fd, address, address.length) === 0 ? 0 : -lastErrno();
}

/** Throws HotpairError KERNEL_<errno>. A number is passed as a C int. */
export function setOption(fd: number, level: number, option: number, value: number | Buffer): void {
  const bytes = Buffer.allocUnsafeSlow(128).fill(0);
  const length = typeof value === 'number' ? 4 : value.length;
  if (typeof value === 'number') bytes.writeInt32LE(value, 0);
  else value.copy(bytes);
  if (libc.setsockopt(fd, level, option, bytes, length) !== 0) {
    throw kernelError(`socket option ${level}/${option}`, lastErrno());
  }
}

/** SO_BINDTODEVICE: only this port sends and receives. Throws HotpairError KERNEL_<errno>. */
export function bindToDevice(fd: number, device: string): void {
  const { level, socket } = OPTION;
  setOption(fd, level.socket, socket.bindToDevice, Buffer.from(`${device}\0`, 'latin1'));
}

/** SO_ATTACH_FILTER with a program of packetFilter.ts. Throws HotpairError KERNEL_<errno>. */
export function attachFilter(fd: number, program: Buffer): void {
  const descriptor = Buffer.alloc(16);
  descriptor.writeUInt16LE(program.length / 8, 0);
  descriptor.writeBigUInt64LE(getRawPointer(program), 8);
  setOption(fd, OPTION.level.socket, OPTION.socket.attachFilter, descriptor);
}

/**
 * A socket for whole Ethernet frames of one type on one port, deaf until its filter is attached.
 * Throws HotpairError KERNEL_<errno>.
 */
export function openPacketSocket(index: number, ethertype: number, filter: Buffer): number {
  const fd = openSocket(FAMILY.packet, KIND.raw, 0);
  try {
    attachFilter(fd, filter);
    bindSocket(fd, packetSocketAddress(index, ethertype), 'a packet socket');
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

/** Joins an IPv6 multicast group on a port for as long as the socket is open. Throws HotpairError KERNEL_<errno>. */
export function joinIpv6Group(fd: number, index: number, group: string): void {
  const request = Buffer.alloc(20); // struct ipv6_mreq
  parseIpAddress(group).copy(request);
  request.writeInt32LE(index, 16);
  setOption(fd, OPTION.level.ipv6, OPTION.ipv6.joinGroup, request);
}

/** Makes a port accept frames for an Ethernet group while the socket is open. */
export function joinEthernetGroup(fd: number, index: number, mac: string): void {
  const request = Buffer.alloc(16); // struct packet_mreq, type PACKET_MR_MULTICAST
  request.writeInt32LE(index, 0);
  packetSocketAddress(index, 0, mac).copy(request, 8, 12, 18);
  request.writeUInt16LE(6, 6);
  setOption(fd, OPTION.level.packet, OPTION.packet.addMembership, request);
}

/** Sends on a bound or connected socket: the length, or a negative errno. */
export function sendBytes(fd: number, bytes: Buffer): number {
  const sent = Number(libc.send(fd, bytes, BigInt(bytes.length), SEND_FLAGS));
  return sent < 0 ? -lastErrno() : sent;
}

/** Sends to an address: the length, or a negative errno. */
export function sendBytesTo(fd: number, bytes: Buffer, address: Buffer): number {
  const length = BigInt(bytes.length);
  const sent = Number(libc.sendto(fd, bytes, length, SEND_FLAGS, address, address.length));
  return sent < 0 ? -lastErrno() : sent;
}

/** Where a receiver puts what comes in; one serves for the life of a socket. */
export type ReceiveSpace = {
  readonly bytes: Buffer;
  /** struct sockaddr of the sender of the last datagram. */
  readonly from: Buffer;
  readonly fromLength: Buffer;
};

/** Room for datagrams of up to `length` bytes; longer ones are cut and report their true length. */
export function receiveSpace(length: number): ReceiveSpace {
  return {
    bytes: Buffer.allocUnsafeSlow(Math.max(length, 128)),
    from: Buffer.allocUnsafeSlow(128).fill(0),
    fromLength: Buffer.allocUnsafeSlow(128),
  };
}

/** The true length of the next datagram, or a negative errno (EAGAIN: nothing there). */
export function receiveBytes(fd: number, space: ReceiveSpace): number {
  const { bytes, from, fromLength } = space;
  fromLength.writeUInt32LE(from.length, 0);
  const room = BigInt(bytes.length);
  const length = Number(libc.recvfrom(fd, bytes, room, RECEIVE_FLAGS, from, fromLength));
  return length < 0 ? -lastErrno() : length;
}

/** ioctl(2): 0 or above, or a negative errno. `argument` is read and written by the kernel. */
export function controlDevice(fd: number, request: bigint, argument: Buffer): number {
  const result = libc.ioctl(fd, request, argument);
  return result < 0 ? -lastErrno() : result;
}

/** The index of a network device, or a negative errno; any socket will do to ask. */
export function deviceIndex(fd: number, device: string): number {
  const request = Buffer.allocUnsafeSlow(128).fill(0); // struct ifreq
  request.write(device, 0, 15, 'latin1');
  const result = controlDevice(fd, GET_INTERFACE_INDEX, request);
  return result < 0 ? result : request.readInt32LE(16);
}

/** Closes a descriptor; its watch must have been closed before. */
export function closeDescriptor(fd: number): void {
  libc.close(fd);
}
