// A datagram socket that belongs to a network device: it never blocks, and is opened anew when the device was replaced.
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
  /** The errno name of a failure and when the next kind of failure differs; null: it works again. */
  readonly onError: (errno: string | null) => void;
};

type OpenSocket = {
  readonly fd: number;
  readonly index: number;
  readonly watch: Watch;
  readonly receiver: Buffer;
};

export function noPathCounts(): PathCounts {
  return { sent: 0, sendFailures: 0, received: 0, tooLong: 0, foreign: 0 };
}

/** Never throws for a path that cannot work now: `send` says false and it is tried again. */
export function openDeviceSocket(options: DeviceSocketOptions): DatagramPath {
  const { device, counts } = options;
  let socket: OpenSocket | null = null;
  let failure: string | null = null;
  let closed = false;

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
    try {
      const fd = options.open();
      const index = deviceIndex(fd, device);
      const watch = watchReadable(fd, () => options.read(fd, () => socket?.fd === fd));
      socket = { fd, index, watch, receiver: options.receiver(index) };
    } catch (error) {
      tell(refusalName(error));
    }
  };
  const fail = (errno: string): false => {
    counts.sendFailures += 1;
    tell(errno);
    // A device that came back has another index, to which the old socket is not bound.
    const isStale = socket === null || deviceIndex(socket.fd, device) !== socket.index;
    if (isStale && !closed) reopen();
    return false;
  };
  reopen();

  return {
    send(bytes) {
      if (socket === null) return fail(failure ?? 'EBADF');
      if (bytes.length > LONGEST_DATAGRAM_BYTES) return fail('EMSGSIZE');
      const sent = sendBytesTo(socket.fd, bytes, socket.receiver);
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
