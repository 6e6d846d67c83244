// A file that exists only in memory (memfd_create(2)). It lets the executable hand its embedded
// add-on to the dynamic loader on a box whose root is read-only and whose /tmp forbids execution.

import { writeSync } from 'node:fs';
import { dlopen } from 'node:ffi';
import { kernelError, lastErrno } from './libc.ts';

const CLOSE_ON_EXEC = 1; // MFD_CLOEXEC of linux/memfd.h

/**
 * Makes a file in memory that holds exactly `bytes`; returns the path by which this process opens
 * it. It stays until the process ends, because the dynamic loader knows a library by its path: the
 * number of a closed descriptor comes again and would give the library that was loaded before.
 * Throws KERNEL_ errors, for instance KERNEL_EMFILE.
 */
export function makeMemoryFile(name: string, bytes: Uint8Array): string {
  const { functions } = dlopen(null, {
    memfd_create: { arguments: ['string', 'uint32'], return: 'int32' },
  });
  const fd = functions.memfd_create(name, CLOSE_ON_EXEC);
  if (fd < 0) throw kernelError('memfd_create', lastErrno());
  for (let written = 0; written < bytes.length;) {
    written += writeSync(fd, bytes, written);
  }
  return `/proc/self/fd/${fd}`;
}
