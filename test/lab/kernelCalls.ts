// The kernel calls that the lab needs within microseconds: a link's flags in another network
// namespace, and a place in the real-time queue. Own calls, not the product's: what judges the
// product must not share its faults.

import { closeSync, openSync } from 'node:fs';
import { dlopen } from 'node:ffi';
import { LabError } from './labError.ts';

const { functions: libc } = dlopen(null, {
  setns: { arguments: ['int32', 'int32'], return: 'int32' },
  socket: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
  ioctl: { arguments: ['int32', 'uint64', 'buffer'], return: 'int32' },
  sched_setscheduler: { arguments: ['int32', 'int32', 'buffer'], return: 'int32' },
});

// linux/sched.h, asm-generic/socket.h, linux/sockios.h, net/if.h
const CLONE_NEWNET = 0x40000000;
const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const SIOCGIFFLAGS = 0x8913n;
const SIOCSIFFLAGS = 0x8914n;
const IFF_UP = 1;
const SCHED_FIFO = 1;
const SCHED_RESET_ON_FORK = 0x40000000;

/** struct ifreq: the name in 16 bytes, then the flags as a short. */
const FLAGS_OFFSET = 16;
const IFREQ_LENGTH = 40;

/** Links of one network namespace, reached through a socket opened in it beforehand. */
export type NamespaceLinks = {
  readonly isUp: (link: string) => boolean;
  readonly setUp: (link: string, up: boolean) => void;
};

/** Opens a namespace of /run/netns. Taking a link down through it costs some 30 us. */
export function openNamespace(name: string): NamespaceLinks {
  const socket = socketIn(`/run/netns/${name}`);
  const request = (link: string): Buffer => {
    const bytes = Buffer.alloc(IFREQ_LENGTH);
    bytes.write(link, 0, 'latin1');
    if (libc.ioctl(socket, SIOCGIFFLAGS, bytes) !== 0) {
      throw new LabError(`the flags of ${link} in ${name} cannot be read`);
    }
    return bytes;
  };
  return {
    isUp: (link) => (request(link).readUInt16LE(FLAGS_OFFSET) & IFF_UP) !== 0,
    setUp: (link, up) => {
      const bytes = request(link);
      const flags = bytes.readUInt16LE(FLAGS_OFFSET);
      const wanted = up ? flags | IFF_UP : flags & ~IFF_UP;
      if (wanted === flags) return;
      bytes.writeUInt16LE(wanted, FLAGS_OFFSET);
      if (libc.ioctl(socket, SIOCSIFFLAGS, bytes) !== 0) {
        throw new LabError(`the flags of ${link} in ${name} cannot be set`);
      }
    },
  };
}

/** A socket keeps the namespace it was opened in: the thread itself comes straight back. */
function socketIn(namespaceFile: string): number {
  const home = openSync('/proc/thread-self/ns/net', 'r');
  const there = openSync(namespaceFile, 'r');
  try {
    if (libc.setns(there, CLONE_NEWNET) !== 0) throw new LabError(`cannot enter ${namespaceFile}`);
    const socket = libc.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
    if (libc.setns(home, CLONE_NEWNET) !== 0) throw new LabError('cannot leave a namespace again');
    if (socket < 0) throw new LabError(`no socket in ${namespaceFile}`);
    return socket;
  } finally {
    closeSync(there);
    closeSync(home);
  }
}

/** Puts this process before all normal ones, so that a loaded machine does not delay a fault. */
export function beRealTime(priority: number): boolean {
  const parameter = Buffer.alloc(4);
  parameter.writeInt32LE(priority);
  return libc.sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, parameter) === 0;
}
