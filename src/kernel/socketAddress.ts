// The bytes of struct sockaddr in its kinds. Each lives outside the JavaScript heap (a small typed
// array would not), because the kernel is handed its address.

import { parseIpAddress, parseMac } from '../protocol/ipAddress.ts';
import { HotpairError } from '../protocol/hotpairError.ts';

const PATH_BYTES = 108;

/** struct sockaddr_in, 16 bytes. */
export function ipv4SocketAddress(address: string, port: number): Buffer {
  const bytes = outside(16);
  bytes.writeUInt16LE(2, 0);
  bytes.writeUInt16BE(port, 2);
  parseIpAddress(address).copy(bytes, 4, 0, 4);
  return bytes;
}

/** struct sockaddr_in6, 28 bytes; `index` is the port of a link-local address. */
export function ipv6SocketAddress(address: string, port: number, index = 0): Buffer {
  const bytes = outside(28);
  bytes.writeUInt16LE(10, 0);
  bytes.writeUInt16BE(port, 2);
  parseIpAddress(address).copy(bytes, 8, 0, 16);
  bytes.writeUInt32LE(index, 24);
  return bytes;
}

/** struct sockaddr_nl, 12 bytes; `groups` is the mask of events wanted. */
export function netlinkSocketAddress(groups: number): Buffer {
  const bytes = outside(12);
  bytes.writeUInt16LE(16, 0);
  bytes.writeUInt32LE(groups, 8);
  return bytes;
}

/** struct sockaddr_ll, 20 bytes, for a port and an ethertype; `mac` is the receiver of a frame. */
export function packetSocketAddress(index: number, ethertype: number, mac?: string): Buffer {
  const bytes = outside(20);
  bytes.writeUInt16LE(17, 0);
  bytes.writeUInt16BE(ethertype, 2);
  bytes.writeInt32LE(index, 4);
  if (mac !== undefined) {
    bytes.writeUInt8(6, 11);
    parseMac(mac).copy(bytes, 12);
  }
  return bytes;
}

/** struct sockaddr_un for a path. Throws HotpairError PATH_TOO_LONG beyond 107 bytes. */
export function unixSocketAddress(path: string): Buffer {
  const text = Buffer.from(path);
  if (text.length >= PATH_BYTES) {
    throw new HotpairError('PATH_TOO_LONG', 'The path of the socket is too long.', {
      seen: path,
      allowed: `${PATH_BYTES - 1} bytes`,
    });
  }
  const bytes = outside(2 + PATH_BYTES);
  bytes.writeUInt16LE(1, 0);
  text.copy(bytes, 2);
  return bytes;
}

/** struct sockaddr_un for a name without a file (unix(7)). Throws HotpairError PATH_TOO_LONG beyond 107 bytes. */
export function abstractSocketAddress(name: string): Buffer {
  const path = unixSocketAddress(`/${name}`);
  path.writeUInt8(0, 2);
  return path.subarray(0, 2 + 1 + Buffer.byteLength(name));
}

function outside(length: number): Buffer {
  return Buffer.allocUnsafeSlow(128).fill(0).subarray(0, length);
}
