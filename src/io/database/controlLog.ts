// How far a stopped server's log reaches. Of a primary that was stopped in order the control file
// tells it; otherwise the records behind the last known position are read, for a moment at most.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isCleanlyShut } from './controlFile.ts';
import type { ControlData } from './controlFile.ts';
import { localSpans } from './timelineHistory.ts';
import { walRecordEnd } from './walRecord.ts';
import type { WalPlace } from './walRecord.ts';

export type LogEnd = { readonly timeline: number; readonly lsn: bigint };

/** Reading stops here: the caller's thread decides about takeovers, and a lower end is still true. */
const readingLimitMs = 20;

/** Where the log of a data directory's timeline is read. */
export function walPlace(dataDirectory: string, control: ControlData): WalPlace {
  return {
    dataDirectory,
    timeline: Math.max(control.timeline, control.minRecoveryTimeline),
    walSegmentSize: control.walSegmentSize,
    walPageSize: control.walPageSize,
  };
}

let lastRead: { readonly key: string; readonly end: LogEnd } | null = null;

/**
 * The newest position that a stopped server's log is proved to reach, and its timeline. It is the
 * very end of the log unless there is more of it than can be read in a moment.
 */
export function endOfLog(dataDirectory: string, control: ControlData): LogEnd {
  // Every start writes the control file, so a log that has grown since has another one.
  const { mtimeMs, ino } = statSync(join(dataDirectory, 'global/pg_control'));
  const key = `${dataDirectory} ${ino} ${mtimeMs} ${control.checkpoint}`;
  if (lastRead?.key !== key) lastRead = { key, end: readEnd(dataDirectory, control) };
  return lastRead.end;
}

function readEnd(dataDirectory: string, control: ControlData): LogEnd {
  const place = walPlace(dataDirectory, control);
  const own = { ...place, timeline: control.timeline };
  const checkpointEnd = walRecordEnd(own, control.checkpoint) ?? control.checkpoint;
  if (isCleanlyShut(control) && control.state === 'shutDown') {
    return { timeline: control.timeline, lsn: checkpointEnd };
  }
  const timelines = [...followingTimelines(place), place.timeline];
  const start = control.minRecovery > checkpointEnd ? control.minRecovery : checkpointEnd;
  let end: LogEnd = { timeline: place.timeline, lsn: start };
  const stopAt = performance.now() + readingLimitMs;
  while (performance.now() < stopAt) {
    const next = nextRecord(place, timelines, end);
    if (next === null) break;
    end = next;
  }
  return end;
}

// The newest timeline that has a record there: what a server started here would follow, too.
function nextRecord(place: WalPlace, timelines: readonly number[], end: LogEnd): LogEnd | null {
  for (const timeline of timelines) {
    if (timeline < end.timeline) return null;
    const lsn = walRecordEnd({ ...place, timeline }, end.lsn);
    if (lsn !== null) return { timeline, lsn };
  }
  return null;
}

// Timelines that descend from this one and whose history was fetched, newest first.
function followingTimelines(place: WalPlace): number[] {
  return readdirSync(join(place.dataDirectory, 'pg_wal'))
    .flatMap((name) => /^([0-9A-F]{8})\.history$/.exec(name)?.[1] ?? [])
    .map((hex) => Number.parseInt(hex, 16))
    .filter((timeline) => timeline > place.timeline)
    .filter((timeline) =>
      localSpans(place.dataDirectory, timeline).some((span) => span.timeline === place.timeline),
    )
    .toSorted((a, b) => b - a);
}
