// The watchdog that resets a box whose agent no longer decides. Opening it arms it; from then on it
// must be kicked, and only an orderly stop disarms it (the magic close).

import { closeSync, constants, openSync, statSync, writeSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { connectSocket, closeDescriptor, FAMILY, KIND, openSocket } from '../../kernel/socket.ts';
import { sendBytes } from '../../kernel/socket.ts';
import { errnoName } from '../../kernel/libc.ts';
import { unixSocketAddress } from '../../kernel/socketAddress.ts';
import { lastResetWasByWatchdog, setWatchdogTimeout } from '../../kernel/watchdogDevice.ts';
import { watchdogIdentity, watchdogTimeout } from '../../kernel/watchdogDevice.ts';

// Any byte but the magic one kicks.
const KICK = Buffer.from('.');
const MAGIC_CLOSE = Buffer.from('V');

export type WatchdogOptions = {
  readonly policy: 'automatic' | 'required' | 'off';
  /** A watchdog device; or a FIFO or a Unix stream socket whose reader does its work (a lab). */
  readonly device: string;
  readonly timeoutMs: number;
};

export type Watchdog = {
  readonly armed: boolean;
  /** The timeout in force as the driver tells it; 0 while not armed. */
  readonly effectiveMs: number;
  /** What the driver calls itself, or `stand-in`; empty while not armed. */
  readonly identity: string;
  /** Whether the last start of the box was this watchdog's work; null if it cannot tell. */
  readonly lastResetWasByWatchdog: boolean | null;
  /** Why it is not armed, or why the last kick failed, for people; null if all is well. */
  readonly problem: string | null;
  /** Never blocks and never throws: what goes wrong becomes the problem. */
  kick(): void;
  /** Magic close, for an orderly stop only. A driver with `nowayout` goes on and resets the box. */
  disarm(): void;
};

type Line = {
  readonly identity: string;
  readonly effectiveMs: number;
  readonly lastResetWasByWatchdog: boolean | null;
  /** Null, or the errno name of the refusal. */
  write(bytes: Buffer): string | null;
  close(): void;
};

/**
 * Opens and arms as the policy says. `off` opens nothing; `automatic` reports what is wrong and
 * goes on unarmed; `required` throws HotpairError WATCHDOG_MISSING or WATCHDOG_UNUSABLE instead.
 */
export function openWatchdog(options: WatchdogOptions): Watchdog {
  if (options.policy === 'off') return unarmed(null);
  try {
    return armed(openLine(options));
  } catch (error) {
    if (!(error instanceof HotpairError) || options.policy === 'required') throw error;
    return unarmed(error.message);
  }
}

function unarmed(problem: string | null): Watchdog {
  return {
    armed: false,
    effectiveMs: 0,
    identity: '',
    lastResetWasByWatchdog: null,
    problem,
    kick() {},
    disarm() {},
  };
}

function armed(line: Line): Watchdog {
  let isArmed = true;
  let problem: string | null = null;
  const write = (bytes: Buffer): void => {
    const refusal = line.write(bytes);
    problem = refusal === null ? null : `The watchdog does not take a kick (${refusal}).`;
  };
  return {
    get armed() {
      return isArmed;
    },
    get effectiveMs() {
      return isArmed ? line.effectiveMs : 0;
    },
    identity: line.identity,
    lastResetWasByWatchdog: line.lastResetWasByWatchdog,
    get problem() {
      return problem;
    },
    kick() {
      if (isArmed) write(KICK);
    },
    disarm() {
      if (!isArmed) return;
      write(MAGIC_CLOSE);
      line.close();
      isArmed = false;
    },
  };
}

function openLine(options: WatchdogOptions): Line {
  const stats = statusOf(options.device);
  if (stats.isSocket()) return socketLine(options);
  if (stats.isFIFO()) return { ...fileLine(options.device), ...standIn(options) };
  if (stats.isCharacterDevice()) return deviceLine(options);
  throw unusable(options.device, 'it is neither a device nor a stand-in');
}

function statusOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw new HotpairError('WATCHDOG_MISSING', 'There is no watchdog at the configured path.', {
      seen: path,
      cause: error,
    });
  }
}

function standIn({ timeoutMs }: WatchdogOptions): Omit<Line, 'write' | 'close'> {
  return { identity: 'stand-in', effectiveMs: timeoutMs, lastResetWasByWatchdog: null };
}

function deviceLine({ device, timeoutMs }: WatchdogOptions): Line {
  const line = fileLine(device);
  const giveUp = (why: string): HotpairError => {
    // It was armed by opening, and nobody would kick it.
    line.write(MAGIC_CLOSE);
    line.close();
    return unusable(device, why);
  };
  const identity = watchdogIdentity(line.fd);
  if (identity === null) throw giveUp('it is no watchdog');
  // Whole seconds, never fewer than asked; many drivers know only some values, so the one in force
  // is read back. A driver that cannot change its timeout still tells it.
  setWatchdogTimeout(line.fd, Math.ceil(timeoutMs / 1000));
  const seconds = watchdogTimeout(line.fd);
  if (seconds === null || seconds <= 0) throw giveUp('it does not tell its timeout');
  return {
    ...line,
    identity,
    effectiveMs: seconds * 1000,
    lastResetWasByWatchdog: lastResetWasByWatchdog(line.fd),
  };
}

function fileLine(path: string): Pick<Line, 'write' | 'close'> & { readonly fd: number } {
  const fd = opened(path);
  return {
    fd,
    write: (bytes) => {
      try {
        writeSync(fd, bytes);
        return null;
      } catch (error) {
        return codeOf(error);
      }
    },
    close: () => closeSync(fd),
  };
}

// Without O_NONBLOCK a FIFO that nobody reads would hold up the start.
function opened(path: string): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unusable(path, `it cannot be opened (${codeOf(error)})`);
  }
}

function socketLine(options: WatchdogOptions): Line {
  const fd = openSocket(FAMILY.unix, KIND.stream, 0);
  const refused = connectSocket(fd, unixSocketAddress(options.device));
  if (refused < 0) {
    closeDescriptor(fd);
    throw unusable(options.device, `nobody answers (${errnoName(-refused)})`);
  }
  return {
    ...standIn(options),
    write: (bytes) => {
      const sent = sendBytes(fd, bytes);
      return sent < 0 ? errnoName(-sent) : null;
    },
    close: () => closeDescriptor(fd),
  };
}

function unusable(path: string, why: string): HotpairError {
  return new HotpairError('WATCHDOG_UNUSABLE', `The watchdog cannot be used: ${why}.`, {
    seen: path,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
