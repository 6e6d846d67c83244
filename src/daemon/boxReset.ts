// Resets the box at once, without syncing and without waiting for anything: the last resort when a disk hangs while the
// other box is ready. The kernel does it where it may be asked; otherwise the watchdog does, because it is never kicked again.
import { readlinkSync, statSync, writeFileSync } from 'node:fs';

const sysrqTrigger = '/proc/sysrq-trigger';

/** Inode of the first PID namespace, PROC_PID_INIT_INO of linux/proc_ns.h. */
const firstPidNamespace = 'pid:[4026531836]';

/** Asks the kernel for an immediate reboot ("b", Documentation/admin-guide/sysrq.rst). Returns whether it may be asked. */
export function rebootAtOnce(): boolean {
  if (!ownsTheMachine()) return false;
  try {
    writeFileSync(sysrqTrigger, 'b');
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether this process lives in the machine's own namespaces. From inside a container the trigger would reboot the whole
 * machine with everything else on it.
 */
export function ownsTheMachine(): boolean {
  try {
    return (
      readlinkSync('/proc/self/ns/pid') === firstPidNamespace &&
      readlinkSync('/proc/self/ns/net') === readlinkSync('/proc/1/ns/net') &&
      readlinkSync('/proc/self/ns/mnt') === readlinkSync('/proc/1/ns/mnt') &&
      statSync(sysrqTrigger).isFile()
    );
  } catch {
    return false;
  }
}
