// Settings of the kernel under /proc/sys/net; they are those of the network namespace of the reader.

import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Writes `value` to net.<family>.conf.<device>.<name> unless it is there already. Returns null, or
 * why it could not be done (a read-only /proc, a kernel without IPv6): errno name and path.
 */
export function setPortSetting(
  family: 'ipv4' | 'ipv6',
  device: string,
  name: string,
  value: string,
): string | null {
  const path = `/proc/sys/net/${family}/conf/${device}/${name}`;
  try {
    if (readFileSync(path, 'latin1').trim() !== value) writeFileSync(path, value);
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return `${path}: ${code}`;
  }
}
