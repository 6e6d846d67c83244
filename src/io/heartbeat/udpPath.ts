// A heartbeat path over UDP, bound to its device: opaque datagrams to one peer and from it. It
// never blocks and lives through ports that go down, lose their address, or disappear.
import { bindSocket, bindToDevice, closeDescriptor } from '../../kernel/socket.ts';
import { FAMILY, KIND, openSocket, OPTION, setOption } from '../../kernel/socket.ts';
import { ipv4SocketAddress } from '../../kernel/socketAddress.ts';
import { datagramReader } from './datagramReader.ts';
import { noPathCounts, openDeviceSocket } from './deviceSocket.ts';
import type { DatagramPath } from './deviceSocket.ts';

const NETWORK_CONTROL = 6; // SO_PRIORITY: the first band of the default queue
const CLASS_SELECTOR_6 = 0xc0; // DSCP CS6 for switches in between
const NEVER_FRAGMENT = 2; // IP_PMTUDISC_DO: a large probe passes whole or not at all

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

/** Never throws for a path that cannot work now: `send` says false and it is tried again. */
export function openUdpPath(options: UdpPathOptions): DatagramPath {
  const { device, onDatagram, onError } = options;
  const peer = ipv4SocketAddress(options.peerAddress, options.port);
  const counts = noPathCounts();
  const isFromPeer = (from: Buffer): boolean => isFrom(from, peer);
  return openDeviceSocket({
    device,
    counts,
    onError,
    open: () => openBoundSocket(options),
    receiver: () => peer,
    read: datagramReader({ counts, isFromPeer, onDatagram }),
  });
}

function openBoundSocket({ device, localAddress, port }: UdpPathOptions): number {
  const fd = openSocket(FAMILY.ipv4, KIND.datagram, 0);
  try {
    bindToDevice(fd, device);
    setOption(fd, OPTION.level.ip, OPTION.ip.freeBind, 1);
    setOption(fd, OPTION.level.ip, OPTION.ip.pathMtuDiscovery, NEVER_FRAGMENT);
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
