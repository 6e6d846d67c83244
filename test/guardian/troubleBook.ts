// Failures, pauses and marks as SPEC.md has them, counted a second time from what was told, to compare the machine with.
import type { RestartSettings } from '../../src/core/guardian/settings.ts';

export type TroubleBook = {
  failures: number[];
  row: number;
  /** Of the last failure, or of the moment in which it could not be stopped. */
  lastAt: number;
  /** No start before, unless an operator orders it. */
  pauseUntil: number;
  unfitUntil: number | null;
  quarantines: number;
};

export function newTrouble(): TroubleBook {
  return {
    failures: [],
    row: 0,
    lastAt: -Infinity,
    pauseUntil: -Infinity,
    unfitUntil: null,
    quarantines: 0,
  };
}

/** The longest a pause may be for its jitter, as a part of it. */
export const longestJitter = 1.2;

export function noteFailure(book: TroubleBook, restart: RestartSettings, at: number): void {
  book.row += 1;
  book.failures.push(at);
  book.lastAt = at;
  const inWindow = book.failures.filter((one) => at - one < restart.windowMs).length;
  const tooMany = book.row >= restart.limit || inWindow >= restart.limit;
  if (tooMany || book.unfitUntil !== null) mark(book, restart, at);
  book.pauseUntil = at + pauseOf(book, restart);
}

export function mark(book: TroubleBook, restart: RestartSettings, at: number): void {
  if (book.unfitUntil === null) book.quarantines += 1;
  let quarantineMs = restart.quarantineMs;
  for (let time = 1; time < book.quarantines; time += 1) quarantineMs *= 2;
  const until = at + Math.min(quarantineMs, 24 * 60 * 60_000);
  book.unfitUntil = Math.max(book.unfitUntil ?? -Infinity, until);
}

/** Without jitter. */
function pauseOf({ row, unfitUntil }: TroubleBook, restart: RestartSettings): number {
  if (unfitUntil !== null) return restart.longestMs;
  let pauseMs = 0;
  for (let time = 2; time <= row; time += 1)
    pauseMs = Math.min(restart.longestMs, pauseMs === 0 ? restart.firstMs : pauseMs * 2);
  return pauseMs;
}

export function endMark(book: TroubleBook): void {
  book.unfitUntil = null;
  book.row = 0;
  book.failures = [];
}

/** An operator ordered a start. */
export function forgiveAll(book: TroubleBook): void {
  endMark(book);
  book.quarantines = 0;
  book.pauseUntil = -Infinity;
}
