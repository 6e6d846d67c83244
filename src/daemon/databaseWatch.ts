// Looks at the database again and again, at the interval that the core asks for and at once after every change; never two
// looks at a time.
import type { DatabaseObservation } from '../core/events.ts';
import { monotonicMs } from '../kernel/clock.ts';

export type DatabaseWatchOptions = {
  readonly intervalMs: number;
  observe(): Promise<DatabaseObservation>;
  deliver(observation: DatabaseObservation): void;
  failed(error: unknown): void;
};

export type DatabaseWatch = {
  setInterval(intervalMs: number): void;
  /** Something changed: what is being looked at now would be old news, so it is dropped and looked at anew. */
  changed(): void;
  stop(): void;
};

export function openDatabaseWatch(options: DatabaseWatchOptions): DatabaseWatch {
  let { intervalMs } = options;
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let stale = false;
  let stopped = false;
  let lastBeganAt = monotonicMs();

  async function look(): Promise<void> {
    clearTimeout(timer);
    looking = true;
    do {
      stale = false;
      lastBeganAt = monotonicMs();
      try {
        const observation = await options.observe();
        // A later change may have been reported as an event already; an older look must not contradict it.
        if (!isStale() && !stopped) options.deliver(observation);
      } catch (error) {
        options.failed(error);
      }
    } while (isStale() && !stopped);
    looking = false;
    schedule();
  }

  function isStale(): boolean {
    return stale;
  }

  function schedule(): void {
    if (stopped || looking) return;
    clearTimeout(timer);
    const waitMs = Math.max(1, lastBeganAt + intervalMs - monotonicMs());
    timer = setTimeout(() => void look(), waitMs);
  }

  schedule();
  return {
    setInterval(changedMs) {
      intervalMs = changedMs;
      schedule();
    },
    changed() {
      stale = true;
      if (!looking && !stopped) void look();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
