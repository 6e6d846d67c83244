// The ioctls of a watchdog device (linux/watchdog.h, Documentation/watchdog/watchdog-api.rst). The
// numbers are the same on x86-64 and arm64.

import { errnoName } from './libc.ts';
import { controlDevice } from './socket.ts';

const GET_SUPPORT = 0x80285700n;
const GET_BOOT_STATUS = 0x80045702n;
const SET_TIMEOUT = 0xc0045706n;
const GET_TIMEOUT = 0x80045707n;
const GET_PRETIMEOUT = 0x80045709n;
const PRETIMEOUT = 0x200; // WDIOF_PRETIMEOUT

/** What a driver says of itself. */
export type WatchdogSupport = { readonly identity: string; readonly hasPretimeout: boolean };

/** Null if `fd` is no watchdog. */
export function watchdogSupport(fd: number): WatchdogSupport | null {
  const support = scratch();
  if (controlDevice(fd, GET_SUPPORT, support) < 0) return null;
  const identity = support.toString('latin1', 8, 40).replace(/\0.*$/s, '');
  return { identity, hasPretimeout: (support.readUInt32LE(0) & PRETIMEOUT) !== 0 };
}

/** Sets the timeout, which drivers round; null, or the errno name of the refusal. */
export function setWatchdogTimeout(fd: number, seconds: number): string | null {
  const argument = scratch();
  argument.writeInt32LE(seconds, 0);
  const result = controlDevice(fd, SET_TIMEOUT, argument);
  return result < 0 ? errnoName(-result) : null;
}

/** The timeout in force in seconds; null if the driver does not tell. */
export function watchdogTimeout(fd: number): number | null {
  const argument = scratch();
  return controlDevice(fd, GET_TIMEOUT, argument) < 0 ? null : argument.readInt32LE(0);
}

/** The WDIOF flags of the last reset; null if the driver does not tell. */
export function watchdogBootStatus(fd: number): number | null {
  const argument = scratch();
  return controlDevice(fd, GET_BOOT_STATUS, argument) < 0 ? null : argument.readInt32LE(0);
}

/** Seconds before the reset at which the kernel acts by itself (a panic, a message); null if the driver does not tell. */
export function watchdogPretimeout(fd: number): number | null {
  const argument = scratch();
  return controlDevice(fd, GET_PRETIMEOUT, argument) < 0 ? null : argument.readInt32LE(0);
}

function scratch(): Buffer {
  return Buffer.allocUnsafeSlow(128).fill(0);
}
