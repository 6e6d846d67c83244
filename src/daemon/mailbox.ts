// The queue between everything that can happen and the one loop that decides. Bounded: if it ever overflows, the loop has
// stopped deciding, which is a broken invariant and not a load to be ridden out.
import type { CoreEvent } from '../core/events.ts';

type WithoutTime<E> = E extends CoreEvent ? Omit<E, 'at'> : never;

/** An event before it is given its time: time is when it is decided upon, not when it was queued. */
export type Happening = WithoutTime<CoreEvent>;

export class MailboxOverflow extends Error {
  override readonly name = 'MailboxOverflow';
}

export type Mailbox = {
  /** Throws MailboxOverflow when `capacity` happenings already wait. */
  put(happening: Happening): void;
  take(): Happening | undefined;
};

/** Garbage of one path that waits already stands for all that follows it: a flood of datagrams cannot fill the queue. */
export function openMailbox(capacity: number): Mailbox {
  let waiting: Happening[] = [];
  let next = 0;
  const garbagePaths = new Set<string>();
  return {
    put(happening) {
      if (happening.type === 'garbageReceived') {
        if (garbagePaths.has(happening.path)) return;
        garbagePaths.add(happening.path);
      }
      if (waiting.length - next >= capacity) {
        throw new MailboxOverflow(`${capacity} events wait: the agent no longer decides`);
      }
      waiting.push(happening);
    },
    take() {
      const happening = waiting[next];
      if (happening === undefined) {
        if (next > 0) waiting = [];
        next = 0;
        return undefined;
      }
      next += 1;
      if (happening.type === 'garbageReceived') garbagePaths.delete(happening.path);
      return happening;
    },
  };
}
