// How much of a processor a process has used, by the kernel's own account of it.

import { readFileSync } from 'node:fs';

/** USER_HZ, which is 100 on every architecture of Linux that the product runs on. */
const ticksPerSecond = 100;

/** User and system time of a process with all its threads, in ms. The kernel's work on arriving packets is nobody's. */
export function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name is in brackets and may hold anything; utime and stime are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}
