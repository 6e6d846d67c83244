// Waiting for something that is going to be true, with an end: the only way in which these tests let time pass.
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when `condition` is true; throws after `deadlineMs`. */
export async function until(
  what: string,
  condition: () => boolean,
  deadlineMs = 5_000,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await delay(5);
  }
}
