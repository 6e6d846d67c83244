// The box's own history in its state directory: events.jsonl and its predecessors events.jsonl.1 to .3, one JSON object a
// line, the newest last. Bounded, so that years of flapping never fill the partition.
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { openBoundedWriter } from './boundedWriter.ts';
import type { BoundedWriter } from './boundedWriter.ts';

const fileName = 'events.jsonl';
const olderFiles = 3;
const maximumWaitingBytes = 256 * 1024;

/** Size at which a file is closed and the next begun. */
export const maximumFileBytes = 4 * 1024 * 1024;

/** Opens the log for appending; nothing is touched before the first line. */
export function openEventLog(directory: string, maximumBytes = maximumFileBytes): BoundedWriter {
  const path = join(directory, fileName);
  let size: number | null = null;
  return openBoundedWriter(async (bytes) => {
    // The last line may be a torn one, of a power loss or a full disk: it must not swallow the next.
    const torn = size === null;
    size ??= await sizeOf(path);
    if (size > 0 && size + bytes.length > maximumBytes) {
      await rotate(path);
      size = 0;
    }
    try {
      const lines = torn && size > 0 ? Buffer.concat([Buffer.from('\n'), bytes]) : bytes;
      await fs.appendFile(path, lines, { mode: 0o600 });
      size += lines.length;
    } catch (error) {
      size = null;
      throw error;
    }
  }, maximumWaitingBytes);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await fs.stat(path)).size;
  } catch {
    return 0;
  }
}

async function rotate(path: string): Promise<void> {
  for (let age = olderFiles; age >= 1; age -= 1) {
    const from = age === 1 ? path : `${path}.${age - 1}`;
    await fs.rename(from, `${path}.${age}`).catch(ignoreMissing);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** The newest `limit` lines, oldest first. Lines cut short by a power loss are left out. Throws what the disk refuses. */
export async function readEvents(directory: string, limit: number): Promise<readonly string[]> {
  const path = join(directory, fileName);
  let lines: string[] = [];
  for (let age = 0; age <= olderFiles && lines.length < limit; age += 1) {
    const text = await textOf(age === 0 ? path : `${path}.${age}`);
    lines = [...text.split('\n').filter(isWhole), ...lines];
  }
  return lines.slice(-limit);
}

async function textOf(path: string): Promise<string> {
  try {
    return await fs.readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

function isWhole(line: string): boolean {
  return line.startsWith('{') && line.endsWith('}');
}
