// Real-time scheduling of the calling thread, sched_setscheduler(2).

import { errnoName, lastErrno, libc } from './libc.ts';

const FIRST_IN_FIRST_OUT = 1; // SCHED_FIFO
const RESET_ON_FORK = 0x40000000;

export type RealtimeGrant =
  | { readonly granted: true }
  | { readonly granted: false; readonly errno: string };

/**
 * Puts the main thread under SCHED_FIFO with `priority` (1 to 99); its children and the threads it
 * makes later start under the normal scheduler. Other threads of the process keep theirs. A box
 * that refuses (no right, or a cgroup without real-time budget: EPERM) works on, less punctually.
 */
export function setRealtime(priority: number): RealtimeGrant {
  const parameters = Buffer.allocUnsafeSlow(128).fill(0);
  parameters.writeInt32LE(priority, 0);
  const refused = libc.sched_setscheduler(0, FIRST_IN_FIRST_OUT | RESET_ON_FORK, parameters) !== 0;
  return refused ? { granted: false, errno: errnoName(lastErrno()) } : { granted: true };
}
