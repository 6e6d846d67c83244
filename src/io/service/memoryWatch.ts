// Looks every few seconds at the memory that services use which have a limit.
import { proportionalBytes } from '../../kernel/processes.ts';
import type { ProcessIdentity, ProcessStat } from '../../kernel/processes.ts';
import { membersOf, processTable } from './members.ts';

export type MemoryLimit = {
  readonly service: string;
  readonly limitBytes: number;
  readonly main: ProcessIdentity | null;
  /** Of the start, 0 for one that was found. */
  readonly token: number;
};

const lookMs = 2_000;
const megabyte = 1024 * 1024;

/** Calls `onExceeded` once for each start. `limits`: those that run now. */
export function watchMemory(
  runDirectory: string,
  limits: () => readonly MemoryLimit[],
  onExceeded: (service: string, token: number, text: string) => void,
): { close(): void } {
  const told = new Map<string, number>();
  const timer = setInterval(() => {
    const now = limits();
    if (now.length === 0) return;
    // One table for all: to read the environments is what costs.
    const table = processTable(runDirectory);
    for (const { service, limitBytes, main, token } of now) {
      if (told.get(service) === token) continue;
      const used = usedBytes(membersOf({ service, main, runDirectory }, table), limitBytes);
      if (used <= limitBytes) continue;
      told.set(service, token);
      const text = `it uses ${inMegabytes(used)} of ${inMegabytes(limitBytes)} of memory`;
      onExceeded(service, token, text);
    }
  }, lookMs);
  timer.unref();
  return { close: () => clearInterval(timer) };
}

/**
 * What is resident, summed up, counts a page that twenty processes share twenty times, but costs nothing to know. Only where
 * that is too much the kernel is asked what really belongs to each.
 */
function usedBytes(processes: readonly ProcessStat[], limitBytes: number): number {
  const most = sumOf(processes.map(({ residentBytes }) => residentBytes));
  if (most <= limitBytes) return most;
  return sumOf(processes.map(({ pid }) => proportionalBytes(pid)));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

function inMegabytes(bytes: number): string {
  return `${(bytes / megabyte).toFixed(bytes < 10 * megabyte ? 1 : 0)} MB`;
}
