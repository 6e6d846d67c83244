// The watchdog that resets a box whose agent no longer decides. Opening it arms it; from then on it
// must be kicked, and only an orderly stop disarms it (the magic close).

import { closeSync, constants, openSync, statSync, writeSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { connectSocket, closeDescriptor, FAMILY, KIND, openSocket } from '../../kernel/socket.ts';
import { sendBytes } from '../../kernel/socket.ts';
import { errnoName } from '../../kernel/libc.ts';
import { unixSocketAddress } from '../../kernel/socketAddress.ts';
import {
  setWatchdogTimeout,
  watchdogBootStatus,
  watchdogPretimeout,
  watchdogSupport,
  watchdogTimeout,
} from '../../kernel/watchdogDevice.ts';
import { resetReasons } from '../../protocol/watchdogFlags.ts';
import type { ResetReason } from '../../protocol/watchdogFlags.ts';
import { isNoWayOut } from './noWayOut.ts';

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
  /** What the device says of the last reset of the box; null if it cannot tell. */
  readonly lastReset: readonly ResetReason[] | null;
  /** So long before the reset the kernel acts by itself; null where the driver has no such thing or it is off. */
  readonly pretimeoutMs: number | null;
  /** Once armed it goes on for ever, also after an orderly stop (`nowayout`); null where the kernel does not tell. */
  readonly noWayOut: boolean | null;
  /** Why it is not armed, or why the last kick failed, for people; null if all is well. */
  readonly problem: string | null;
  /** Never blocks and never throws: what goes wrong becomes the problem. */
  kick(): void;
  /** Magic close, for an orderly stop only. A driver with `nowayout` goes on and resets the box. */
  disarm(): void;
};

type Line = Told & {
  readonly identity: string;
  readonly effectiveMs: number;
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

type Told = Pick<Watchdog, 'lastReset' | 'pretimeoutMs' | 'noWayOut'>;

const nothingTold: Told = { lastReset: null, pretimeoutMs: null, noWayOut: null };

function unarmed(problem: string | null): Watchdog {
  return {
    armed: false,
    effectiveMs: 0,
    identity: '',
    ...nothingTold,
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
    lastReset: line.lastReset,
    pretimeoutMs: line.pretimeoutMs,
    noWayOut: line.noWayOut,
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
  return { identity: 'stand-in', effectiveMs: timeoutMs, ...nothingTold };
}

function deviceLine({ device, timeoutMs }: WatchdogOptions): Line {
  const line = fileLine(device);
  const giveUp = (why: string): HotpairError => {
    // It was armed by opening, and nobody would kick it.
    line.write(MAGIC_CLOSE);
    line.close();
    return unusable(device, why);
  };
  const support = watchdogSupport(line.fd);
  if (support === null) throw giveUp('it is no watchdog');
  // Whole seconds, never fewer than asked; many drivers know only some values, so the one in force
  // is read back. A driver that cannot change its timeout still tells it.
  setWatchdogTimeout(line.fd, Math.ceil(timeoutMs / 1000));
  const seconds = watchdogTimeout(line.fd);
  if (seconds === null || seconds <= 0) throw giveUp('it does not tell its timeout');
  return {
    ...line,
    identity: support.identity,
    effectiveMs: seconds * 1000,
    ...toldBy(line.fd, device, support.hasPretimeout),
  };
}

function toldBy(fd: number, device: string, hasPretimeout: boolean): Told {
  const flags = watchdogBootStatus(fd);
  const pretimeout = hasPretimeout ? watchdogPretimeout(fd) : null;
  return {
    lastReset: flags === null ? null : resetReasons(flags),
    pretimeoutMs: pretimeout === null || pretimeout <= 0 ? null : pretimeout * 1000,
    noWayOut: isNoWayOut(device),
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
