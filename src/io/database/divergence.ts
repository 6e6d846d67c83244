// What only this node has. After a takeover the old primary's log may go past the fork: it is kept,
// within limits, before a rewind or a clone throws it away.
import { existsSync } from 'node:fs';
import { copyFile, open, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectoriesLater } from '../../kernel/directories.ts';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { readControlFile } from './controlFile.ts';
import type { ControlData } from './controlFile.ts';
import { walPlace } from './controlLog.ts';
import { assertDataDirectory } from './dataDirectory.ts';
import type { Deadline } from './deadline.ts';
import { renameDurably, syncDirectory } from './durableFile.ts';
import type { Instance } from './instance.ts';
import { assertNoRewind } from './jobMarker.ts';
import { descriptionFile, dropOldest, dropUnfinished, keptAlready } from './keptDivergences.ts';
import type { DivergenceDescription, ForkDescription } from './keptDivergences.ts';
import { keepRows } from './keptRows.ts';
import type { KeptRows } from './keptRows.ts';
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
 * and timeline, with the rows that it brought as far as they can be read. Resolves with its path,
 * or null when there is nothing to keep.
 */
export async function keepDivergence(
  instance: Instance,
  deadline: Deadline,
): Promise<{ kept: string | null }> {
  const { options, user, server } = instance;
  if (server.adopt()) {
    throw new HotpairError('DATABASE_RUNNING', 'the log can be kept of a stopped PostgreSQL only');
  }
  assertNoRewind(options.dataDirectory);
  const control = assertDataDirectory(options.dataDirectory, user);
  const source = await awaitSource(options, deadline);
  const divergence = compareLogs(options.dataDirectory, control, source);
  if (!divergence.hasOwn) return { kept: null };
  const from = divergence.fork ?? control.redo;
  const fork = {
    systemId: control.systemId,
    timeline: divergence.timeline,
    from: formatLsn(from),
    hasCommonPast: divergence.fork !== null,
    sourceTimeline: source.timeline,
  };
  const same = await keptAlready(options.divergenceDirectory, fork, control);
  if (same !== null) return { kept: same };
  const kept = await copyDivergence({ instance, control, fork, from, deadline });
  await dropOldest(options.divergenceDirectory);
  return { kept };
}

type Copying = {
  readonly instance: Instance;
  readonly control: ControlData;
  readonly fork: ForkDescription;
  readonly from: bigint;
  readonly deadline: Deadline;
};

async function copyDivergence(copying: Copying): Promise<string> {
  const { instance, control, fork } = copying;
  const { dataDirectory, divergenceDirectory } = instance.options;
  const keptAt = new Date().toISOString();
  const name = `${keptAt.replaceAll(/[-:]|\.\d+/g, '')}-tl${fork.timeline}`;
  const target = join(divergenceDirectory, name);
  const part = `${target}.part`;
  // Whatever an agent that ended in the middle left of it.
  await dropUnfinished(divergenceDirectory);
  await makeDirectoriesLater(part, 0o700);
  const log = await copyLog(copying, part);
  const rows = await rowsOf(copying, part);
  const settled = readControlFile(dataDirectory) ?? control;
  const description: DivergenceDescription = {
    keptAt,
    ...fork,
    controlCheckpoint: formatLsn(control.checkpoint),
    settledCheckpoint: formatLsn(settled.checkpoint),
    ...log,
    rows,
  };
  const text = JSON.stringify(description, null, 2);
  await writeFile(join(part, descriptionFile), `${text}\n`, { flush: true });
  await syncDirectory(part);
  await renameDurably(part, target);
  return target;
}

/** The log comes first: the recovery that the rows need may recycle what is older. */
async function copyLog(
  { instance, control, fork, from }: Copying,
  part: string,
): Promise<Pick<DivergenceDescription, 'segments' | 'isWhole' | 'walBytes'>> {
  const { dataDirectory, slotDiskBudgetMb } = instance.options;
  const first = walFileName(fork.timeline, from, control.walSegmentSize);
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
  const history = historyFileName(fork.timeline);
  if (existsSync(join(wal, history))) await copySynced(join(wal, history), join(part, history));
  return { segments: copied, isWhole: copied.length === segments.length, walBytes: bytes };
}

async function rowsOf(
  { instance, control, fork, from, deadline }: Copying,
  part: string,
): Promise<KeptRows | null> {
  // Without a common past nothing tells own rows apart.
  if (!fork.hasCommonPast) return null;
  const { timeline } = fork;
  const branch = { timeline, fork: from, walSegmentSize: control.walSegmentSize };
  return keepRows(instance, branch, part, deadline);
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
