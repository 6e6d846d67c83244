// PostgreSQL's log as a tree: every promotion opens a branch with its own timeline. What a database holds is a position
// in that tree, so that "contains" is exact even where two boxes use the same timeline number.
import type { Lsn } from '../../src/core/record.ts';

export type Branch = {
  readonly timeline: number;
  readonly parent: Branch | null;
  /** How many entries it shares with its parent. */
  readonly start: number;
  /** How many entries were ever written on it, by whichever box. */
  written: number;
};

/** All entries of the branch, and of those before it, up to `length`. */
export type Position = { readonly branch: Branch; readonly length: number };

const firstLsn = 0x0300_0000n;
const entryBytes = 96n;

export function newLog(): Position {
  return { branch: { timeline: 1, parent: null, start: 0, written: 1 }, length: 1 };
}

/** The first `length` entries of a log, named by the branch that wrote the last of them. */
export function prefix(log: Position, length: number): Position {
  let { branch } = log;
  const kept = Math.min(length, log.length);
  while (branch.parent !== null && kept <= branch.start) branch = branch.parent;
  return { branch, length: kept };
}

export function contains(log: Position, part: Position): boolean {
  return (
    log.length >= part.length &&
    prefix(log, part.length).branch === prefix(part, part.length).branch
  );
}

/** What PostgreSQL can tell from timelines and positions alone: a fork within a timeline stays unseen. */
export function seemsToContain(log: Position, part: Position): boolean {
  const { timeline } = part.branch;
  return segments(log).some(
    (segment) => segment.branch.timeline === timeline && part.length <= segment.length,
  );
}

/** Where two logs seem to part, by the same measure. */
export function seemingCommon(log: Position, source: Position): Position {
  for (const own of segments(log)) {
    const { timeline } = own.branch;
    const theirs = segments(source).find((segment) => segment.branch.timeline === timeline);
    if (theirs !== undefined) return prefix(log, Math.min(own.length, theirs.length));
  }
  throw new Error('two logs without a common timeline');
}

/** The longest log that both contain. */
export function common(left: Position, right: Position): Position {
  const ends = new Map(segments(left).map((end) => [end.branch, end.length]));
  for (const segment of segments(right)) {
    const end = ends.get(segment.branch);
    if (end !== undefined) return prefix(right, Math.min(end, segment.length));
  }
  throw new Error('two logs without a common beginning');
}

/** Every branch that a log is made of, the newest first, each with how far the log follows it. */
function segments(log: Position): readonly Position[] {
  const found: Position[] = [];
  let { branch, length } = log;
  for (;;) {
    found.push({ branch, length });
    if (branch.parent === null) return found;
    length = Math.min(length, branch.start);
    branch = branch.parent;
  }
}

/** One more entry. Where another box has gone on from here, the log forks within its timeline, and nothing shows it. */
export function extend(log: Position): Position {
  const { branch, length } = log;
  if (length < branch.written) return opened(log, branch.timeline);
  branch.written = length + 1;
  return { branch, length: length + 1 };
}

/** A promotion: a new timeline on top of a log, with the entry that opens it. */
export function fork(log: Position): Position {
  return opened(log, log.branch.timeline + 1);
}

function opened(log: Position, timeline: number): Position {
  const length = log.length + 1;
  return { branch: { timeline, parent: log.branch, start: log.length, written: length }, length };
}

export function lsnOf(log: Position): Lsn {
  return firstLsn + BigInt(log.length) * entryBytes;
}
