// Failures in a row, the pauses between starts that follow from them, and the mark of what has failed on this box too often.
import type { Trouble } from './events.ts';
import type { RestartSettings } from './settings.ts';

export const dayMs = 24 * 60 * 60_000;

/** Pauses are up to this part longer than they should be, so that services that fell together do not start together. */
const jitter = 0.2;

export const noTrouble: Trouble = {
  failedAt: [],
  row: 0,
  unfitUntil: null,
  quarantines: 0,
  problem: null,
};

/** Required hooks are tried again like services that may not be configured. */
export const hookRestart: RestartSettings = {
  firstMs: 200,
  longestMs: 30_000,
  limit: 5,
  windowMs: 60_000,
  steadyMs: 0,
  quarantineMs: 30 * 60_000,
};

export function isMarked({ unfitUntil }: Trouble): boolean {
  return unfitUntil !== null;
}

/**
 * One more failure. The limit counts those within the window, and those in a row: what fails slowly, at a start deadline or once
 * a minute, is no better than what fails quickly (G4).
 */
export function failedAgain(
  trouble: Trouble,
  restart: RestartSettings,
  at: number,
  problem: string,
): Trouble {
  const { limit, windowMs } = restart;
  const recent = [...trouble.failedAt.filter((failedAt) => failedAt > at - windowMs), at];
  const failed = { ...trouble, failedAt: recent.slice(-limit), row: trouble.row + 1, problem };
  const tooMany = failed.row >= limit || recent.length >= limit;
  return tooMany || isMarked(trouble) ? marked(failed, restart, at) : failed;
}

/** Unfit from now on. A quarantine counts from the last failure, so that it is not over the moment somebody else takes over (G5). */
export function marked(trouble: Trouble, restart: RestartSettings, at: number): Trouble {
  const quarantines = isMarked(trouble) ? trouble.quarantines : trouble.quarantines + 1;
  const forMs = Math.min(dayMs, restart.quarantineMs * 2 ** Math.min(quarantines - 1, 30));
  return { ...trouble, quarantines, unfitUntil: Math.max(trouble.unfitUntil ?? 0, at + forMs) };
}

/** The mark and what led to it are over; how often it came is not forgotten. */
export function fitAgain(trouble: Trouble): Trouble {
  return { ...trouble, failedAt: [], row: 0, unfitUntil: null };
}

/** How long to wait after the last failure: not at all after the first, then twice as long each time (G6). */
export function pauseMs(trouble: Trouble, restart: RestartSettings, draw: number): number {
  return plainPauseMs(trouble, restart) * (1 + jitter * draw);
}

function plainPauseMs(trouble: Trouble, { firstMs, longestMs }: RestartSettings): number {
  if (isMarked(trouble)) return longestMs;
  if (trouble.row <= 1) return 0;
  return Math.min(longestMs, firstMs * 2 ** Math.min(trouble.row - 2, 30));
}
