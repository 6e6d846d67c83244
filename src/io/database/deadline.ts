// Waiting with an end: everything that asks PostgreSQL or the disk for something says until when.
import { setTimeout as delay } from 'node:timers/promises';
import { HotpairError } from '../../protocol/hotpairError.ts';

/** A moment of the monotonic clock. */
export type Deadline = { readonly at: number };

export function deadlineIn(ms: number): Deadline {
  return { at: performance.now() + ms };
}

/** Milliseconds left, never below zero. */
export function leftOf(deadline: Deadline): number {
  return Math.max(0, deadline.at - performance.now());
}

export function isOver(deadline: Deadline): boolean {
  return performance.now() >= deadline.at;
}

/** Asks again every `everyMs` until the answer is not null; null when the deadline has passed. */
export async function waitFor<T>(
  ask: () => T | null | Promise<T | null>,
  deadline: Deadline,
  everyMs: number,
): Promise<T | null> {
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (isOver(deadline)) return null;
    await delay(Math.min(everyMs, leftOf(deadline)));
  }
}

/** The promise's result, or a refusal with DATABASE_DEADLINE when it is not there in time. */
export async function within<T>(promise: Promise<T>, deadline: Deadline, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(lateError(what)), leftOf(deadline));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function lateError(what: string): HotpairError {
  return new HotpairError('DATABASE_DEADLINE', `${what} did not finish in time`);
}
