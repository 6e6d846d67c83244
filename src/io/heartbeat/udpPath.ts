// A heartbeat path over UDP, bound to its device: opaque datagrams to one peer and from it. It
// never blocks and lives through ports that go down, lose their address, or disappear.

import { monotonicMs } from '../../kernel/clock.ts';
import { errnoName, refusalName } from '../../kernel/libc.ts';
import { watchReadable } from '../../kernel/readable.ts';
import type { Watch } from '../../kernel/readable.ts';
import { bindSocket, bindToDevice, closeDescriptor, deviceIndex } from '../../kernel/socket.ts';
import {
  FAMILY,
  KIND,
  openSocket,
  OPTION,
  receiveBytes,
  receiveSpace,
} from '../../kernel/socket.ts';
import { sendBytesTo, setOption } from '../../kernel/socket.ts';
import { ipv4SocketAddress } from '../../kernel/socketAddress.ts';

/** Longest datagram of the path in bytes; longer ones are dropped. */
export const LONGEST_DATAGRAM_BYTES = 1200;
const DATAGRAMS_PER_TURN = 64;
const NETWORK_CONTROL = 6; // SO_PRIORITY: the first band of the default queue
const CLASS_SELECTOR_6 = 0xc0; // DSCP CS6 for switches in between

export type UdpPathOptions = {
  readonly device: string;
  /** IPv4, without prefix; it need not be on the device yet. */
  readonly localAddress: string;
  readonly peerAddress: string;
  readonly port: number;
  /** `bytes` is the receiver's to keep; the instant is that of reading, monotonic. */
  readonly onDatagram: (bytes: Buffer, receivedAtMs: number) => void;
  /** The errno name of a failure and when the next kind of failure differs; null: it works again. */
  readonly onError: (errno: string | null) => void;
};

export type UdpPathCounts = {
  sent: number;
  sendFailures: number;
  received: number;
  /** Longer than LONGEST_DATAGRAM_BYTES. */
  tooLong: number;
  /** From another address or port than the peer's. */
  foreign: number;
};

export type UdpPath = {
  /** False if the kernel did not take it (port down, no route, queue full); nothing is kept. */
  send(bytes: Buffer): boolean;
  counts(): Readonly<UdpPathCounts>;
  close(): void;
};

type OpenSocket = { readonly fd: number; readonly index: number; readonly watch: Watch };

/** Never throws for a path that cannot work now: `send` says false and it is tried again. */
export function openUdpPath(options: UdpPathOptions): UdpPath {
  const peer = ipv4SocketAddress(options.peerAddress, options.port);
  const space = receiveSpace(LONGEST_DATAGRAM_BYTES + 1);
  const counts = { sent: 0, sendFailures: 0, received: 0, tooLong: 0, foreign: 0 };
  let socket: OpenSocket | null = null;
  let failure: string | null = null;

  const tell = (errno: string | null): void => {
    if (errno === failure) return;
    failure = errno;
    options.onError(errno);
  };
  const read = (fd: number): void => {
    for (let datagrams = 0; datagrams < DATAGRAMS_PER_TURN; datagrams += 1) {
      if (socket?.fd !== fd) return;
      const length = receiveBytes(fd, space);
      if (length < 0 && errnoName(-length) === 'EAGAIN') return;
      if (length < 0) continue; // a pending error of the port; sending tells it as well
      if (length > LONGEST_DATAGRAM_BYTES) counts.tooLong += 1;
      else if (!isFrom(space.from, peer)) counts.foreign += 1;
      else {
        counts.received += 1;
        options.onDatagram(Buffer.from(space.bytes.subarray(0, length)), monotonicMs());
      }
    }
  };
  const shut = (): void => {
    socket?.watch.close();
    if (socket !== null) closeDescriptor(socket.fd);
    socket = null;
  };
  const reopen = (): void => {
    shut();
    try {
      const fd = openBoundSocket(options);
      const index = deviceIndex(fd, options.device);
      socket = { fd, index, watch: watchReadable(fd, () => read(fd)) };
    } catch (error) {
      tell(refusalName(error));
    }
  };
  const fail = (errno: string): false => {
    counts.sendFailures += 1;
    tell(errno);
    // A device that came back has another index, to which the old socket is not bound.
    const isStale = socket === null || deviceIndex(socket.fd, options.device) !== socket.index;
    if (isStale && !closed) reopen();
    return false;
  };
  let closed = false;
  reopen();

  return {
    send(bytes) {
      if (socket === null) return fail(failure ?? 'EBADF');
      if (bytes.length > LONGEST_DATAGRAM_BYTES) return fail('EMSGSIZE');
      const sent = sendBytesTo(socket.fd, bytes, peer);
      if (sent < 0) return fail(errnoName(-sent));
      counts.sent += 1;
      tell(null);
      return true;
    },
    counts: () => ({ ...counts }),
    close() {
      closed = true;
      shut();
    },
  };
}

function openBoundSocket({ device, localAddress, port }: UdpPathOptions): number {
  const fd = openSocket(FAMILY.ipv4, KIND.datagram, 0);
  try {
    bindToDevice(fd, device);
    setOption(fd, OPTION.level.ip, OPTION.ip.freeBind, 1);
    setOption(fd, OPTION.level.ip, OPTION.ip.typeOfService, CLASS_SELECTOR_6);
    setOption(fd, OPTION.level.socket, OPTION.socket.priority, NETWORK_CONTROL);
    bindSocket(fd, ipv4SocketAddress(localAddress, port), `${localAddress}:${port} on ${device}`);
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

// Port and address of struct sockaddr_in.
function isFrom(sender: Buffer, peer: Buffer): boolean {
  return sender.subarray(2, 8).equals(peer.subarray(2, 8));
}
