// The ioctls of a watchdog device (linux/watchdog.h, Documentation/watchdog/watchdog-api.rst). The
// numbers are the same on x86-64 and arm64.

import { errnoName } from './libc.ts';
import { controlDevice } from './socket.ts';

const GET_SUPPORT = 0x80285700n;
const GET_BOOT_STATUS = 0x80045702n;
const SET_TIMEOUT = 0xc0045706n;
const GET_TIMEOUT = 0x80045707n;
const CARD_RESET = 0x20; // WDIOF_CARDRESET

/** The driver's name for itself; null if `fd` is no watchdog. */
export function watchdogIdentity(fd: number): string | null {
  const support = scratch();
  if (controlDevice(fd, GET_SUPPORT, support) < 0) return null;
  return support.toString('latin1', 8, 40).replace(/\0.*$/s, '');
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

/** Whether the last start of the box was the watchdog's work; null if the driver does not tell. */
export function lastResetWasByWatchdog(fd: number): boolean | null {
  const argument = scratch();
  if (controlDevice(fd, GET_BOOT_STATUS, argument) < 0) return null;
  return (argument.readInt32LE(0) & CARD_RESET) !== 0;
}

function scratch(): Buffer {
  return Buffer.allocUnsafeSlow(128).fill(0);
}
