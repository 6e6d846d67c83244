// The stand-in for a hardware watchdog: a FIFO that a box knows as /dev/watchdog, read from outside
// the box. Armed by the first byte; a 'V' right before close disarms it, a close without one does
// not; a box that sends no byte for the timeout is to be reset.

import { closeSync, constants, openSync, readSync } from 'node:fs';

export const watchdogTimeoutMs = 2000;
const magicClose = 'V'.charCodeAt(0);

export type StandInWatchdog = {
  /** Reads what has come in; true at the instant the watchdog runs out, after which it is off. */
  readonly poll: (nowMs: number) => boolean;
  readonly isArmed: () => boolean;
  /** A reset or power cut: disarmed, and what was still in the FIFO is forgotten. */
  readonly reset: () => void;
  readonly close: () => void;
};

/** Opens the reading end of an existing FIFO. */
export function openStandInWatchdog(fifo: string): StandInWatchdog {
  const descriptor = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const bytes = Buffer.alloc(4096);
  let armed = false;
  let lastByte = 0;
  let lastKickMs = 0;

  const drain = (nowMs: number): boolean => {
    for (;;) {
      const count = readOnce(descriptor, bytes);
      if (count === 'open') return true;
      if (count === 0) return false;
      armed = true;
      lastKickMs = nowMs;
      lastByte = bytes[count - 1] ?? 0;
    }
  };
  return {
    poll: (nowMs) => {
      const writerIsThere = drain(nowMs);
      if (armed && !writerIsThere && lastByte === magicClose) armed = false;
      if (!armed || nowMs - lastKickMs <= watchdogTimeoutMs) return false;
      armed = false;
      return true;
    },
    isArmed: () => armed,
    reset: () => {
      drain(0);
      armed = false;
      lastByte = 0;
    },
    close: () => closeSync(descriptor),
  };
}

/** Bytes read; 0: nobody has the FIFO open for writing; 'open': somebody has, and wrote nothing. */
function readOnce(descriptor: number, bytes: Buffer): number | 'open' {
  try {
    return readSync(descriptor, bytes);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 'open';
    throw error;
  }
}
