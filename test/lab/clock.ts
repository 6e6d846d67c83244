// The one clock of the lab and the one way to wait. Every process of the lab reads the same
// CLOCK_MONOTONIC, so instants may be passed between them; every wait has a deadline.

import { setTimeout as delay } from 'node:timers/promises';
import { LabError } from './labError.ts';

/** CLOCK_MONOTONIC in milliseconds, with a fraction. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Lets a fault last: a span of the trial itself, never a wait for something to happen. */
export async function pause(durationMs: number): Promise<void> {
  await delay(Math.max(0, durationMs));
}

/** Lets a fault last until an instant. */
export async function pauseUntil(instantMs: number): Promise<void> {
  await pause(instantMs - nowMs());
}

/**
 * Waits until a condition holds and gives its instant back.
 * @throws {LabError} `what` did not happen within the deadline
 */
export async function until(
  what: string,
  deadlineMs: number,
  condition: () => boolean | Promise<boolean>,
  intervalMs = 10,
): Promise<number> {
  const end = nowMs() + deadlineMs;
  for (;;) {
    if (await condition()) return nowMs();
    if (nowMs() > end) throw new LabError(`${what}: not within ${Math.round(deadlineMs)} ms`);
    await delay(intervalMs);
  }
}

/** A promise's result, or a refusal when it takes longer; `onLate` ends what is still going on. */
export async function within<T>(
  what: string,
  deadlineMs: number,
  work: Promise<T>,
  onLate: () => void = () => undefined,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      onLate();
      reject(new LabError(`${what}: not within ${Math.round(deadlineMs)} ms`));
    }, deadlineMs);
  });
  // What comes after the deadline is of no interest, but must not end the process either.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
