// Takes datagrams from a socket, so many in a turn that a flood cannot keep the loop from anything else.
import { monotonicMs } from '../../kernel/clock.ts';
import { errnoName } from '../../kernel/libc.ts';
import { receiveBytes, receiveSpace } from '../../kernel/socket.ts';

/** Longest datagram of a path in bytes; longer ones are dropped. What fits into an Ethernet frame unfragmented, IPv6 included. */
export const LONGEST_DATAGRAM_BYTES = 1452;
const DATAGRAMS_PER_TURN = 64;

export type ReaderCounts = {
  received: number;
  /** Longer than LONGEST_DATAGRAM_BYTES. */
  tooLong: number;
  /** From another address or port than the peer's. */
  foreign: number;
};

export type DatagramReaderOptions = {
  readonly counts: ReaderCounts;
  /** The first bytes of the socket address of a datagram. */
  readonly isFromPeer: (from: Buffer) => boolean;
  /** `bytes` is the receiver's to keep; the instant is that of reading, monotonic. */
  readonly onDatagram: (bytes: Buffer, receivedAtMs: number) => void;
};

/** Returns what reads a socket that may be read; `isOpen` is asked before each datagram. */
export function datagramReader(
  options: DatagramReaderOptions,
): (fd: number, isOpen: () => boolean) => void {
  const space = receiveSpace(LONGEST_DATAGRAM_BYTES + 1);
  const { counts } = options;
  return (fd, isOpen) => {
    for (let datagrams = 0; datagrams < DATAGRAMS_PER_TURN; datagrams += 1) {
      if (!isOpen()) return;
      const length = receiveBytes(fd, space);
      if (length < 0 && errnoName(-length) === 'EAGAIN') return;
      if (length < 0) continue; // a pending error of the port; sending tells it as well
      if (length > LONGEST_DATAGRAM_BYTES) counts.tooLong += 1;
      else if (!options.isFromPeer(space.from)) counts.foreign += 1;
      else {
        counts.received += 1;
        options.onDatagram(Buffer.from(space.bytes.subarray(0, length)), monotonicMs());
      }
    }
  };
}
