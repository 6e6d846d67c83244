// A datagram socket that belongs to a network device: it never blocks, and is opened anew when the device was replaced.
import { monotonicMs } from '../../kernel/clock.ts';
import { errnoName, refusalName } from '../../kernel/libc.ts';
import { watchReadable } from '../../kernel/readable.ts';
import type { Watch } from '../../kernel/readable.ts';
import { closeDescriptor, deviceIndex, sendBytesTo } from '../../kernel/socket.ts';
import { LONGEST_DATAGRAM_BYTES } from './datagramReader.ts';
import type { ReaderCounts } from './datagramReader.ts';

export type PathCounts = ReaderCounts & { sent: number; sendFailures: number };

export type DatagramPath = {
  /** False if the kernel did not take it (port down, no route, queue full); nothing is kept. */
  send(bytes: Buffer): boolean;
  counts(): Readonly<PathCounts>;
  close(): void;
};

export type DeviceSocketOptions = {
  readonly device: string;
  /** A bound descriptor. Throws HotpairError KERNEL_<errno>. */
  readonly open: () => number;
  /** Where a datagram goes, for the device with this index. */
  readonly receiver: (index: number) => Buffer;
  readonly read: (fd: number, isOpen: () => boolean) => void;
  readonly counts: PathCounts;
  /** Failures after which the socket is opened anew, once a second at most: it has lost what no waiting gives back. */
  readonly reopensUpon?: readonly string[];
  /** The errno name of a failure and when the next kind of failure differs; null: it works again. */
  readonly onError: (errno: string | null) => void;
};

type OpenSocket = {
  readonly fd: number;
  readonly index: number;
  readonly watch: Watch;
  readonly receiver: Buffer;
};

const reopenMs = 1000;

export function noPathCounts(): PathCounts {
  return { sent: 0, sendFailures: 0, received: 0, tooLong: 0, foreign: 0 };
}

/** Never throws for a path that cannot work now: `send` says false and it is tried again. */
export function openDeviceSocket(options: DeviceSocketOptions): DatagramPath {
  const { device, counts } = options;
  let socket: OpenSocket | null = null;
  let failure: string | null = null;
  let closed = false;
  let openedAt = -Infinity;

  const tell = (errno: string | null): void => {
    if (errno === failure) return;
    failure = errno;
    options.onError(errno);
  };
  const shut = (): void => {
    socket?.watch.close();
    if (socket !== null) closeDescriptor(socket.fd);
    socket = null;
  };
  const reopen = (): void => {
    shut();
    openedAt = monotonicMs();
    try {
      const fd = options.open();
      const index = deviceIndex(fd, device);
      const watch = watchReadable(fd, () => options.read(fd, () => socket?.fd === fd));
      socket = { fd, index, watch, receiver: options.receiver(index) };
    } catch (error) {
      tell(refusalName(error));
    }
  };
  const refuse = (): false => {
    counts.sendFailures += 1;
    return false;
  };
  const fail = (errno: string): false => {
    counts.sendFailures += 1;
    tell(errno);
    // A device that came back has another index, to which the old socket is not bound.
    const isStale = socket === null || deviceIndex(socket.fd, device) !== socket.index;
    const isLame = options.reopensUpon?.includes(errno) && monotonicMs() - openedAt >= reopenMs;
    if ((isStale || isLame === true) && !closed) reopen();
    return false;
  };
  reopen();

  return {
    send(bytes) {
      if (socket === null) return fail(failure ?? 'EBADF');
      if (bytes.length > LONGEST_DATAGRAM_BYTES) return refuse();
      const sent = sendBytesTo(socket.fd, bytes, socket.receiver);
      // Of this datagram alone: a large probe finds a small MTU, and its missing answer says so.
      if (sent < 0 && errnoName(-sent) === 'EMSGSIZE') return refuse();
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
