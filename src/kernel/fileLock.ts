// An exclusive lock on an open file, flock(2): it goes with the process that holds it, however that ends.

import { dlopen } from 'node:ffi';

const EXCLUSIVE = 2; // LOCK_EX of sys/file.h
const NON_BLOCKING = 4; // LOCK_NB

/** Locks the file behind `fd` for as long as it is open; false where another process has it. Never waits. */
export function lockFile(fd: number): boolean {
  const { functions } = dlopen(null, {
    flock: { arguments: ['int32', 'int32'], return: 'int32' },
  });
  return functions.flock(fd, EXCLUSIVE | NON_BLOCKING) === 0;
}
