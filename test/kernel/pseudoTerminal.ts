// A pseudo terminal as a serial port: the path is the port, the descriptor is the cable that leads away from it.
import { closeSync, openSync } from 'node:fs';
import { dlopen } from 'node:ffi';

const { functions: libc } = dlopen(null, {
  posix_openpt: { arguments: ['int32'], return: 'int32' },
  grantpt: { arguments: ['int32'], return: 'int32' },
  unlockpt: { arguments: ['int32'], return: 'int32' },
  ptsname_r: { arguments: ['int32', 'buffer', 'uint64'], return: 'int32' },
  tcgetattr: { arguments: ['int32', 'buffer'], return: 'int32' },
  cfmakeraw: { arguments: ['buffer'], return: 'void' },
  tcsetattr: { arguments: ['int32', 'int32', 'buffer'], return: 'int32' },
});

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

/** Raw from the beginning, and kept open at the port's end, so that the cable outlives whoever uses the port. */
export function openPseudoTerminal(): PseudoTerminal {
  const fd = libc.posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 || libc.grantpt(fd) !== 0 || libc.unlockpt(fd) !== 0)
    throw new Error('no pseudo terminal is to be had');
  const name = Buffer.allocUnsafeSlow(128).fill(0);
  if (libc.ptsname_r(fd, name, 128n) !== 0) throw new Error('a pseudo terminal has no name');
  const path = name.toString('latin1', 0, name.indexOf(0));
  const keeper = openSync(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
  const termios = Buffer.allocUnsafeSlow(128).fill(0);
  if (libc.tcgetattr(keeper, termios) !== 0) throw new Error('not a terminal');
  libc.cfmakeraw(termios);
  if (libc.tcsetattr(keeper, 0, termios) !== 0) throw new Error('a terminal does not become raw');
  return {
    fd,
    path,
    close() {
      closeSync(keeper);
      closeSync(fd);
    },
  };
}
