// Whether the state partition takes what the pair relies on. A record that cannot be written costs the right to take over
// or to go on alone, so a full or read-only partition is told before that moment comes.
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import type { Log } from './log.ts';

export type StateProblem = { readonly code: string; readonly text: string };

/** As much as both copies of the record, their successors and some history need. */
const leastFreeBytes = 64 * 1024;

/** One block: what is written again and again must not wear a flash memory out. */
const tryBytes = 4096;
const lookMs = 60_000;

/** Writes, syncs and removes a file in `directory`; null where that works. Never rejects. */
export async function tryStatePartition(directory: string): Promise<StateProblem | null> {
  const path = join(directory, 'room.new');
  try {
    const { bfree, bsize } = await fs.statfs(directory);
    if (bfree * bsize < leastFreeBytes) return fullIn(directory);
    await fs.writeFile(path, Buffer.alloc(tryBytes), { mode: 0o600, flush: true });
    return null;
  } catch (error) {
    return problemOf(directory, error);
  } finally {
    await fs.rm(path, { force: true }).catch(() => {});
  }
}

function problemOf(directory: string, error: unknown): StateProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return fullIn(directory);
  if (code === 'EROFS') return { code: 'STATE_READ_ONLY', text: `${directory} is read-only` };
  return { code: 'STATE_WRITE', text: `${directory} cannot be written: ${code}` };
}

function fullIn(directory: string): StateProblem {
  return { code: 'STATE_FULL', text: `there is no room left in ${directory}` };
}

export type StatePartition = {
  /** What was wrong at the last look. */
  readonly problem: () => StateProblem | null;
  close(): void;
};

/** Looks now and every minute; what changes is told in the history. */
export function watchStatePartition(directory: string, log: Log): StatePartition {
  let problem: StateProblem | null = null;
  let looking = false;

  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    const found = await tryStatePartition(directory);
    looking = false;
    if (found?.code === problem?.code) return;
    problem = found;
    if (found === null) log.history('info', 'statePartitionUsable', { directory });
    else log.history('error', 'statePartitionUnusable', found);
  }

  void look();
  const timer = setInterval(() => void look(), lookMs);
  timer.unref();
  return { problem: () => problem, close: () => clearInterval(timer) };
}
