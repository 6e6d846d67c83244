// A pseudo terminal as a serial port: the path is the port, the descriptor is the cable that leads away from it.
import { closeSync, openSync } from 'node:fs';
import { dlopen } from 'node:ffi';
import { kernelError, lastErrno } from './libc.ts';

const { functions: libc } = dlopen(null, {
  posix_openpt: { arguments: ['int32'], return: 'int32' },
  grantpt: { arguments: ['int32'], return: 'int32' },
  unlockpt: { arguments: ['int32'], return: 'int32' },
  ptsname_r: { arguments: ['int32', 'buffer', 'uint64'], return: 'int32' },
  tcgetattr: { arguments: ['int32', 'buffer'], return: 'int32' },
  cfmakeraw: { arguments: ['buffer'], return: 'void' },
  tcsetattr: { arguments: ['int32', 'int32', 'buffer'], return: 'int32' },
});

/** More than a name has, and more than a struct termios. */
const nameBytes = 128;
const termiosBytes = 128;

const O_RDWR = 2;
const O_NOCTTY = 0o400;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

export type PseudoTerminal = {
  /** Does not block. */
  readonly fd: number;
  readonly path: string;
  /** Unplugged: whoever has the port open is told that it hung up. */
  close(): void;
};

/**
 * Raw from the beginning, and kept open at the port's end, so that the cable outlives whoever uses the port.
 * Throws KERNEL_ errors, for instance KERNEL_ENOSPC where all pseudo terminals are in use.
 */
export function openPseudoTerminal(): PseudoTerminal {
  const fd = libc.posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) throw kernelError('a pseudo terminal', lastErrno());
  try {
    const path = unlockedPort(fd);
    const keeper = openSync(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
    makeRaw(keeper);
    return {
      fd,
      path,
      close() {
        closeSync(keeper);
        closeSync(fd);
      },
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function unlockedPort(fd: number): string {
  if (libc.grantpt(fd) !== 0) throw kernelError('grantpt', lastErrno());
  if (libc.unlockpt(fd) !== 0) throw kernelError('unlockpt', lastErrno());
  const name = Buffer.allocUnsafeSlow(nameBytes).fill(0);
  const refused = libc.ptsname_r(fd, name, BigInt(nameBytes));
  if (refused !== 0) throw kernelError('ptsname_r', refused);
  return name.toString('latin1', 0, name.indexOf(0));
}

function makeRaw(port: number): void {
  const termios = Buffer.allocUnsafeSlow(termiosBytes).fill(0);
  if (libc.tcgetattr(port, termios) !== 0) throw kernelError('tcgetattr', lastErrno());
  libc.cfmakeraw(termios);
  if (libc.tcsetattr(port, 0, termios) !== 0) throw kernelError('tcsetattr', lastErrno());
}
