// Datagrams with any sender's address, many in one call, and what passes a port: what somebody with a socket on the heartbeat
// cable could do. Own calls, not the product's. The layouts are those of 64-bit Linux.

import { dlopen, getRawPointer } from 'node:ffi';
import { LabError } from './labError.ts';

const { functions: libc } = dlopen(null, {
  socket: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
  setsockopt: { arguments: ['int32', 'int32', 'int32', 'buffer', 'uint32'], return: 'int32' },
  bind: { arguments: ['int32', 'buffer', 'uint32'], return: 'int32' },
  sendmmsg: { arguments: ['int32', 'buffer', 'uint32', 'int32'], return: 'int32' },
  recv: { arguments: ['int32', 'buffer', 'uint64', 'int32'], return: 'int64' },
  if_nametoindex: { arguments: ['string'], return: 'uint32' },
});

const AF_INET = 2;
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_BINDTODEVICE = 25;
const SO_SNDBUFFORCE = 32;
const IP_TRANSPARENT = 19;
const SOL_PACKET = 263;
const PACKET_IGNORE_OUTGOING = 23;
const ETH_P_ALL = 3;
const MSG_DONTWAIT = 0x40;

const addressBytes = 16;
const vectorBytes = 16;
const messageBytes = 64;
const sendBufferBytes = 8 << 20;
/** How many datagrams one call takes, and room for the longest. */
export const batchSize = 64;
const slotBytes = 65_536;

export type Sender = {
  /** Puts a datagram into the batch. @throws {RangeError} it is full */
  readonly put: (bytes: Buffer, to: string, port: number) => void;
  /** Sends the batch; how many of it the kernel took. */
  readonly flush: () => number;
};

/** Sends from an address that need not be one of this machine's. */
export function openSender(device: string, from: string, port: number): Sender {
  const fd = opened(AF_INET, SOCK_DGRAM, 0);
  set(fd, SOL_SOCKET, SO_REUSEADDR, number(1));
  set(fd, SOL_SOCKET, SO_SNDBUFFORCE, number(sendBufferBytes));
  set(fd, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${device}\0`, 'latin1'));
  set(fd, 0, IP_TRANSPARENT, number(1));
  if (libc.bind(fd, internetAddress(from, port), addressBytes) !== 0)
    throw new LabError(`${from}:${port} on ${device} cannot be sent from`);
  const data = Buffer.allocUnsafeSlow(batchSize * slotBytes);
  const addresses = Buffer.allocUnsafeSlow(batchSize * addressBytes).fill(0);
  const vectors = Buffer.allocUnsafeSlow(batchSize * vectorBytes).fill(0);
  const messages = Buffer.allocUnsafeSlow(batchSize * messageBytes).fill(0);
  for (let slot = 0; slot < batchSize; slot += 1) {
    const vector = slot * vectorBytes;
    const message = slot * messageBytes;
    vectors.writeBigUInt64LE(getRawPointer(data) + BigInt(slot * slotBytes), vector);
    messages.writeBigUInt64LE(getRawPointer(addresses) + BigInt(slot * addressBytes), message);
    messages.writeUInt32LE(addressBytes, message + 8);
    messages.writeBigUInt64LE(getRawPointer(vectors) + BigInt(vector), message + 16);
    messages.writeBigUInt64LE(1n, message + 24);
  }
  let used = 0;
  return {
    put: (bytes, to, toPort) => {
      if (used === batchSize) throw new RangeError('the batch is full');
      bytes.copy(data, used * slotBytes);
      internetAddress(to, toPort).copy(addresses, used * addressBytes);
      vectors.writeBigUInt64LE(BigInt(bytes.length), used * vectorBytes + 8);
      used += 1;
    },
    flush: () => {
      const taken = used === 0 ? 0 : libc.sendmmsg(fd, messages, used, MSG_DONTWAIT);
      used = 0;
      return Math.max(0, taken);
    },
  };
}

/** Gives what comes out of a box through a port since the last call, from the IP header on, at most so many packets. */
export function openRecorder(port: string): (most: number) => readonly Buffer[] {
  const fd = opened(AF_PACKET, SOCK_DGRAM, 0);
  set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, number(1));
  const address = Buffer.alloc(20); // struct sockaddr_ll
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  address.writeInt32LE(libc.if_nametoindex(port), 4);
  if (libc.bind(fd, address, address.length) !== 0)
    throw new LabError(`what passes ${port} cannot be recorded`);
  const space = Buffer.allocUnsafeSlow(slotBytes);
  return (most) => {
    const packets: Buffer[] = [];
    while (packets.length < most) {
      const got = Number(libc.recv(fd, space, BigInt(space.length), MSG_DONTWAIT));
      if (got < 0) break;
      packets.push(Buffer.from(space.subarray(0, got)));
    }
    return packets;
  };
}

function opened(family: number, kind: number, protocol: number): number {
  const fd = libc.socket(family, kind, protocol);
  if (fd < 0) throw new LabError('no socket for forged datagrams: it takes root');
  return fd;
}

function set(fd: number, level: number, option: number, value: Buffer): void {
  if (libc.setsockopt(fd, level, option, value, value.length) !== 0)
    throw new LabError(`the socket option ${level}/${option} is refused`);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function internetAddress(address: string, port: number): Buffer {
  const bytes = Buffer.alloc(addressBytes); // struct sockaddr_in
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  Buffer.from(address.split('.').map(Number)).copy(bytes, 4);
  return bytes;
}
