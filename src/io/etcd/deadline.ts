// The time that is left for what was asked, by the monotonic clock; handed down through everything that waits for it.

export type Deadline = { readonly leftMs: () => number };

/** `now` is a monotonic clock in milliseconds. */
export function deadlineIn(ms: number, now: () => number): Deadline {
  const end = now() + ms;
  return { leftMs: () => end - now() };
}
