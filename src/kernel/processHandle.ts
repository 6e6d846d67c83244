// Processes by pidfd: a descriptor stands for one process, whoever gets its number later. It tells when a process ends that is
// not a child of this one, and a signal sent through it reaches nobody else.
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { kernelError, lastErrno, libc } from './libc.ts';
import { processStat } from './processes.ts';
import type { ProcessIdentity } from './processes.ts';
import { watchReadable } from './readable.ts';
import type { Watch } from './readable.ts';

// The same on every architecture (the kernel's unified table of system calls).
const PIDFD_SEND_SIGNAL = 424n;
const PIDFD_OPEN = 434n;
const NO_SUCH_PROCESS = 3; // ESRCH
const INVALID = 22; // EINVAL: no leader of a thread group has the number any more

/**
 * Calls `onEnd` once when the process has ended, be it a child or not. Null where it is not there (any more).
 * Throws KERNEL_<errno>, for instance KERNEL_EMFILE.
 */
export function watchProcess(identity: ProcessIdentity, onEnd: () => void): Watch | null {
  const fd = openProcess(identity);
  if (fd === null) return null;
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    watch.close();
    closeSync(fd);
  };
  const watch = watchReadable(fd, () => {
    close();
    onEnd();
  });
  return { close };
}

/** Sends a signal to exactly this process; false where it has gone or may not be signalled. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  const fd = openProcess(identity);
  if (fd === null) return false;
  try {
    const number = BigInt(constants.signals[signal]);
    return libc.syscall(PIDFD_SEND_SIGNAL, BigInt(fd), number, 0n, 0n) === 0n;
  } finally {
    closeSync(fd);
  }
}

/** The start time is compared after the descriptor is open: from then on the number belongs to it. */
function openProcess({ pid, startTime }: ProcessIdentity): number | null {
  // 0 and below mean groups and everybody, 1 is the init process.
  if (!Number.isSafeInteger(pid) || pid <= 1) return null;
  const fd = Number(libc.syscall(PIDFD_OPEN, BigInt(pid), 0n, 0n, 0n));
  if (fd < 0) {
    const errno = lastErrno();
    if (errno === NO_SUCH_PROCESS || errno === INVALID) return null;
    throw kernelError(`to watch process ${pid}`, errno);
  }
  if (processStat(pid)?.startTime === startTime) return fd;
  closeSync(fd);
  return null;
}
