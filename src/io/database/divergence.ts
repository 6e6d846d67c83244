// What only this node has. After a takeover the old primary's log may go past the fork: it is kept,
// within limits, before a rewind or a clone throws it away.
import { existsSync } from 'node:fs';
import { copyFile, open, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectoriesLater } from '../../kernel/directories.ts';
import { HotpairError } from '../../protocol/hotpairError.ts';
import type { ControlData } from './controlFile.ts';
import { walPlace } from './controlLog.ts';
import { assertDataDirectory } from './dataDirectory.ts';
import type { Deadline } from './deadline.ts';
import { renameDurably, syncDirectory } from './durableFile.ts';
import type { Instance } from './instance.ts';
import { formatLsn, historyFileName, walFileName } from './lsn.ts';
import { awaitSource } from './source.ts';
import type { Source } from './source.ts';
import { findFork, localSpans } from './timelineHistory.ts';
import { walRecordEnd } from './walRecord.ts';

/** How the local log stands to the source's. */
export type Divergence = {
  /** The local log has records that the source does not have. */
  readonly hasOwn: boolean;
  readonly timeline: number;
  /** The last position in common; null when nothing is in common. */
  readonly fork: bigint | null;
};

const mostKept = 8;

/** Compares the log of the stopped server with the source's history. */
export function compareLogs(
  dataDirectory: string,
  control: ControlData,
  source: Source,
): Divergence {
  const place = walPlace(dataDirectory, control);
  const fork = findFork(localSpans(dataDirectory, place.timeline), source.spans);
  if (fork === null) return { hasOwn: true, timeline: place.timeline, fork: null };
  // On the source's own timeline nothing forks, but this log may be ahead of what the source has.
  const end = fork.lsn ?? source.flushLsn;
  const isOwnBranch = fork.timeline !== place.timeline;
  // Without the source's log nothing tells records apart, hence: is there a valid one at the fork?
  const hasOwn = isOwnBranch || control.minRecovery > end || walRecordEnd(place, end) !== null;
  return { hasOwn, timeline: place.timeline, fork: end };
}

/**
 * Copies the part of the log that only this node has into a directory of its own, named by time
 * and timeline. Resolves with its path, or null when there is nothing to keep.
 */
export async function keepDivergence(
  instance: Instance,
  deadline: Deadline,
): Promise<{ kept: string | null }> {
  const { options, user, server } = instance;
  if (server.adopt()) {
    throw new HotpairError('DATABASE_RUNNING', 'the log can be kept of a stopped PostgreSQL only');
  }
  const control = assertDataDirectory(options.dataDirectory, user);
  const source = await awaitSource(options, deadline);
  const divergence = compareLogs(options.dataDirectory, control, source);
  if (!divergence.hasOwn) return { kept: null };
  const from = divergence.fork ?? control.redo;
  const description = {
    systemId: control.systemId,
    timeline: divergence.timeline,
    from: formatLsn(from),
    sourceTimeline: source.timeline,
    controlCheckpoint: formatLsn(control.checkpoint),
  };
  const same = await keptAlready(options.divergenceDirectory, description);
  if (same !== null) return { kept: same };
  const first = walFileName(divergence.timeline, from, control.walSegmentSize);
  const kept = await copyDivergence(instance, first, divergence.timeline, description);
  await dropOldest(options.divergenceDirectory);
  return { kept };
}

async function copyDivergence(
  instance: Instance,
  first: string,
  timeline: number,
  description: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { dataDirectory, divergenceDirectory, slotDiskBudgetMb } = instance.options;
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const target = join(divergenceDirectory, `${time}-tl${timeline}`);
  const part = `${target}.part`;
  await rm(part, { recursive: true, force: true });
  await makeDirectoriesLater(part, 0o700);
  const wal = join(dataDirectory, 'pg_wal');
  const segments = (await readdir(wal))
    .filter((name) => name >= first && name.startsWith(first.slice(0, 8)) && isSegment(name))
    .toSorted();
  const limit = slotDiskBudgetMb * 1024 * 1024;
  let bytes = 0;
  const copied: string[] = [];
  for (const name of segments) {
    const { size } = await stat(join(wal, name));
    // The first segment is always kept: it holds the fork.
    if (copied.length > 0 && bytes + size > limit) break;
    bytes += size;
    await copySynced(join(wal, name), join(part, name));
    copied.push(name);
  }
  await copySynced(join(dataDirectory, 'global/pg_control'), join(part, 'pg_control'));
  const history = historyFileName(timeline);
  if (existsSync(join(wal, history))) await copySynced(join(wal, history), join(part, history));
  const isWhole = copied.length === segments.length;
  const text = JSON.stringify({ ...description, segments: copied, isWhole }, null, 2);
  await writeFile(join(part, 'divergence.json'), `${text}\n`, { flush: true });
  await syncDirectory(part);
  await renameDurably(part, target);
  return target;
}

function isSegment(name: string): boolean {
  return /^[0-9A-F]{24}(\.partial)?$/.test(name);
}

async function copySynced(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const file = await open(to, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

// A step that is repeated after a crash of the agent finds what it kept before.
async function keptAlready(
  directory: string,
  description: Readonly<Record<string, unknown>>,
): Promise<string | null> {
  for (const name of await keptNames(directory)) {
    try {
      const text = await readFile(join(directory, name, 'divergence.json'), 'utf8');
      const known = JSON.parse(text) as Record<string, unknown>;
      const isSame = Object.entries(description).every(([key, value]) => known[key] === value);
      if (isSame) return join(directory, name);
    } catch {
      // Not readable, so not the same.
    }
  }
  return null;
}

async function dropOldest(directory: string): Promise<void> {
  const names = await keptNames(directory);
  for (const name of names.slice(0, Math.max(0, names.length - mostKept))) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
}

async function keptNames(directory: string): Promise<string[]> {
  if (!existsSync(directory)) return [];
  return (await readdir(directory)).filter((name) => /^\d{8}T\d{6}Z-tl\d+$/.test(name)).toSorted();
}
