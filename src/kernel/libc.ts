// The functions of the C library and of libuv that the agent calls through node:ffi, in one place,
// and the way from errno to an error. Everything here runs on the main thread, in line.

import { dlopen, getInt32 } from 'node:ffi';
import { constants } from 'node:os';
import { getSystemErrorMessage } from 'node:util';
import { HotpairError } from '../protocol/hotpairError.ts';

// The types are those of Linux on x86-64 and arm64; int64 results come as bigint.
const { lib, functions } = dlopen(null, {
  __errno_location: { arguments: [], return: 'pointer' },
  socket: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
  bind: { arguments: ['int32', 'buffer', 'uint32'], return: 'int32' },
  connect: { arguments: ['int32', 'buffer', 'uint32'], return: 'int32' },
  setsockopt: { arguments: ['int32', 'int32', 'int32', 'buffer', 'uint32'], return: 'int32' },
  send: { arguments: ['int32', 'buffer', 'uint64', 'int32'], return: 'int64' },
  sendto: {
    arguments: ['int32', 'buffer', 'uint64', 'int32', 'buffer', 'uint32'],
    return: 'int64',
  },
  recvfrom: {
    arguments: ['int32', 'buffer', 'uint64', 'int32', 'buffer', 'buffer'],
    return: 'int64',
  },
  close: { arguments: ['int32'], return: 'int32' },
  ioctl: { arguments: ['int32', 'uint64', 'buffer'], return: 'int32' },
  sched_setscheduler: { arguments: ['int32', 'int32', 'buffer'], return: 'int32' },
  prlimit: { arguments: ['int32', 'int32', 'pointer', 'pointer'], return: 'int32' },
  getpagesize: { arguments: [], return: 'int32' },
  // For calls that the C library has a function for only since glibc 2.36; what is not used is 0.
  syscall: { arguments: ['int64', 'int64', 'int64', 'int64', 'int64'], return: 'int64' },
  calloc: { arguments: ['uint64', 'uint64'], return: 'pointer' },
  free: { arguments: ['pointer'], return: 'void' },
  uv_handle_size: { arguments: ['int32'], return: 'uint64' },
  uv_poll_init: { arguments: ['pointer', 'pointer', 'int32'], return: 'int32' },
  uv_poll_start: { arguments: ['pointer', 'int32', 'pointer'], return: 'int32' },
  uv_poll_stop: { arguments: ['pointer'], return: 'int32' },
  uv_close: { arguments: ['pointer', 'pointer'], return: 'void' },
});

/** The process itself as a library: callbacks for libuv are made with it. */
export const processLibrary = lib;
export const libc = functions;

const errnoPointer = functions.__errno_location();
// Reversed, so that the first of two names of a number stays (EAGAIN, not EWOULDBLOCK).
const entries = Object.entries(constants.errno).toReversed();
const names = new Map(entries.map(([name, number]) => [number, name]));

/** The positive errno of the call just made; read it before anything else is called. */
export function lastErrno(): number {
  return getInt32(errnoPointer);
}

/** `ENODEV` for 19; a number that has no name stays a number (`E530`). */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `E${errno}`;
}

/** A HotpairError KERNEL_<errno name> that names the call and its object. */
export function kernelError(call: string, errno: number): HotpairError {
  const name = errnoName(errno);
  const why = names.has(errno) ? getSystemErrorMessage(-errno) : 'unknown reason';
  return new HotpairError(`KERNEL_${name}`, `The kernel refused ${call}: ${why}.`, { seen: name });
}

/** The errno name of a KERNEL_ error, for a report; rethrows anything else, which is a defect. */
export function refusalName(error: unknown): string {
  if (error instanceof HotpairError && error.code.startsWith('KERNEL_')) {
    return error.code.slice('KERNEL_'.length);
  }
  throw error;
}
