// Announcements of the service addresses after they were put on: five quickly, then one a second for a minute, because a
// switch port that was blocked or a cache that was busy misses the first ones (38 s of outage without them).

const quickMs = 50;
const quickCount = 5;
const slowMs = 1_000;
const slowCount = 60;

export type Announcing = {
  /** Begins anew, the first announcement at once. */
  start(): void;
  stop(): void;
};

/** `announce` sends one announcement for every service address; it must not throw. */
export function openAnnouncing(announce: () => void): Announcing {
  let timer: NodeJS.Timeout | undefined;
  let sent = 0;

  function next(): void {
    announce();
    sent += 1;
    if (sent >= quickCount + slowCount) return;
    timer = setTimeout(next, sent < quickCount ? quickMs : slowMs);
  }

  return {
    start() {
      clearTimeout(timer);
      sent = 0;
      next();
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
