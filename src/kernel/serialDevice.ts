// A serial port opened through node-serialport: 8N1, raw, no flow control, and the lines that the other end drives.
// Reading and writing are system calls on its descriptor, in line: the package's own go through the pool of threads, where a
// disk that hangs or a busy processor would delay them, and its reader never notices a device that was unplugged.
import { readSync, writeSync } from 'node:fs';
import { watchReadable } from './readable.ts';

const readBytes = 1024;

/** What the other end drives; null on a port without such lines (a pseudo terminal, some adaptors). */
export type SerialLines = {
  readonly cts: boolean;
  readonly dsr: boolean;
  readonly dcd: boolean;
} | null;

export type SerialDevice = {
  /** How many bytes the kernel took at once, 0 if it has no room. Throws the error of a port that is gone. */
  write(bytes: Buffer): number;
  lines(): Promise<SerialLines>;
  /** Ends the use of the port; never rejects. */
  close(): Promise<void>;
};

export type SerialDeviceOptions = {
  readonly path: string;
  readonly baudRate: number;
  /** `bytes` are the receiver's only during the call. */
  readonly onBytes: (bytes: Buffer) => void;
  /** The port is gone; the code is that of the system call, `EOF` for a device that hung up. */
  readonly onGone: (code: string) => void;
};

/** Rejects with the error of the system call. The package is loaded here: a box without a serial path never pays for it. */
export async function openSerialDevice(options: SerialDeviceOptions): Promise<SerialDevice> {
  const { SerialPort } = await import('serialport');
  const { path, baudRate } = options;
  const settings = { dataBits: 8, stopBits: 1, parity: 'none', rtscts: false } as const;
  const port = await SerialPort.binding.open({ path, baudRate, ...settings });
  const fd = descriptorOf(port);
  const space = Buffer.alloc(readBytes);
  let isGone = false;

  function gone(code: string): void {
    if (isGone) return;
    isGone = true;
    watch.close();
    options.onGone(code);
  }

  /** Once in a turn of the loop: what is left brings it back, and a line that is flooded keeps nothing waiting. */
  function read(): void {
    try {
      const length = readSync(fd, space);
      if (length === 0) gone('EOF');
      else options.onBytes(space.subarray(0, length));
    } catch (error) {
      if (!isRefusalForNow(error)) gone(codeOf(error));
    }
  }

  const watch = watchReadable(fd, read);
  return {
    write(bytes) {
      try {
        return writeSync(fd, bytes);
      } catch (error) {
        if (isRefusalForNow(error)) return 0;
        throw error;
      }
    },
    lines: async () =>
      port.get().then(
        ({ cts, dsr, dcd }) => ({ cts, dsr, dcd }),
        () => null,
      ),
    async close() {
      if (!isGone) watch.close();
      isGone = true;
      await port.close().catch(() => undefined);
    },
  };
}

/** The package's own type does not name what all of its ports on Linux have. */
function descriptorOf(port: object): number {
  if ('fd' in port && typeof port.fd === 'number') return port.fd;
  throw new Error('the serial port has no descriptor');
}

function isRefusalForNow(error: unknown): boolean {
  return ['EAGAIN', 'EWOULDBLOCK', 'EINTR'].includes(codeOf(error));
}

/** `ENOENT` and its like; the words of the package where it gives no code. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.message.slice(0, 80);
}
