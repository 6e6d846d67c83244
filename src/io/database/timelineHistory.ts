// Timelines: each promotion begins a new one, and its history file tells where it left its parents.
// Comparing two histories gives the fork, the last position that two logs have in common.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFileName, parseLsn } from './lsn.ts';

/** A stretch of a log's history; `end` is null for the timeline it is on now. */
export type TimelineSpan = { readonly timeline: number; readonly end: bigint | null };

export type Fork = {
  /** The last timeline that both have. */
  readonly timeline: number;
  /** Where they part; null when both are still on that timeline. */
  readonly lsn: bigint | null;
};

/** Parses a history file (`null`: there is none) of a log that is on `timeline` now. */
export function timelineSpans(timeline: number, history: string | null): readonly TimelineSpan[] {
  const spans: TimelineSpan[] = [];
  for (const line of (history ?? '').split('\n')) {
    const [parent, end] = line.replace(/#.*/, '').trim().split(/\s+/);
    const lsn = parseLsn(end ?? '');
    if (parent !== undefined && /^\d+$/.test(parent) && lsn !== null) {
      spans.push({ timeline: Number(parent), end: lsn });
    }
  }
  return [...spans, { timeline, end: null }];
}

/** The spans of a local log, from its own history file. */
export function localSpans(dataDirectory: string, timeline: number): readonly TimelineSpan[] {
  let history: string | null = null;
  try {
    history = readFileSync(join(dataDirectory, 'pg_wal', historyFileName(timeline)), 'utf8');
  } catch {
    // The first timeline has no history file.
  }
  return timelineSpans(timeline, history);
}

/** A part of a log whose segment files all bear the number of one timeline; `end` is null for the rest of the log. */
export type FileStretch = {
  readonly timeline: number;
  readonly start: bigint;
  readonly end: bigint | null;
};

/** The timeline in the name of the file that has the segment: a promotion copies the one in which it happens. */
export function timelineOfSegment(
  spans: readonly TimelineSpan[],
  segmentStart: bigint,
  segmentSize: bigint,
): number {
  const found = spans.find(({ end }) => end === null || segmentStart < end - (end % segmentSize));
  return found?.timeline ?? spans.at(-1)?.timeline ?? 1;
}

/** The log from `start` on, as its files have it. */
export function stretchesOfFiles(
  spans: readonly TimelineSpan[],
  start: bigint,
  segmentSize: bigint,
): readonly FileStretch[] {
  const stretches: FileStretch[] = [];
  let from = start;
  for (const { timeline, end } of spans) {
    const until = end === null ? null : end - (end % segmentSize);
    if (until !== null && until <= from) continue;
    stretches.push({ timeline, start: from, end: until });
    from = until ?? from;
  }
  return stretches;
}

/** Where two histories part; null when they have no timeline in common. */
export function findFork(
  ours: readonly TimelineSpan[],
  theirs: readonly TimelineSpan[],
): Fork | null {
  let fork: Fork | null = null;
  for (const [index, own] of ours.entries()) {
    const other = theirs[index];
    if (other === undefined || other.timeline !== own.timeline) break;
    fork = { timeline: own.timeline, lsn: earlier(own.end, other.end) };
    if (own.end !== other.end) break;
  }
  return fork;
}

function earlier(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null) return b;
  if (b === null) return a;
  return a < b ? a : b;
}
