// Waiting for a condition with a deadline: what tests do instead of sleeping.

import { setImmediate } from 'node:timers/promises';

/** Resolves when `condition` holds; rejects with `claim` when it does not within `deadlineMs`. */
export async function until(
  claim: string,
  condition: () => boolean,
  deadlineMs = 5000,
): Promise<void> {
  const endsAt = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > endsAt) throw new Error(`Not within ${deadlineMs} ms: ${claim}`);
    await setImmediate();
  }
}
