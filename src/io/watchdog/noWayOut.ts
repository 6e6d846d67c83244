// Whether a watchdog can be disarmed at all: the kernel tells in sysfs (Documentation/ABI/testing/sysfs-class-watchdog).
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The miscellaneous device 10:130 is the first watchdog under its old name. */
const oldName = { major: 10, minor: 130 };

/** Null where the kernel does not tell. `system`: where sysfs is. */
export function isNoWayOut(device: string, system = '/sys'): boolean | null {
  try {
    const { rdev } = statSync(device);
    const text = readFileSync(join(system, folderOf(rdev), 'nowayout'), 'latin1').trim();
    return text === '1' ? true : text === '0' ? false : null;
  } catch {
    return null;
  }
}

function folderOf(rdev: number): string {
  // makedev(3): the minor number has its low byte below the major one and the rest above it.
  const major = (rdev >>> 8) & 0xfff;
  const minor = (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
  if (major === oldName.major && minor === oldName.minor) return 'class/watchdog/watchdog0';
  return `dev/char/${major}:${minor}`;
}
