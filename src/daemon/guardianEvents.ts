// What the guardian reports, on its way into the history of the box. Services that fail in a row must not wash everything else
// out of it, so there is a budget; what goes beyond it is counted and told.
import { monotonicMs } from '../kernel/clock.ts';
import type { FromGuardian } from '../protocol/guardianMessages.ts';
import type { Log } from './log.ts';

/** So many at once, and so many a minute on and on. */
const mostAtOnce = 200;
const perMinute = 60;
/** Once it is used up, nothing is told until there is so much of it again: the count of what was left out is no flood itself. */
const leastAgain = 30;

export class EventBudget {
  readonly #log: Log;
  #left = mostAtOnce;
  #refilledAt = monotonicMs();
  #lost = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  tell({ level, event, detail }: FromGuardian & { readonly type: 'event' }): void {
    this.#refill();
    if (this.#left < (this.#lost > 0 ? leastAgain : 1)) {
      this.#lost += 1;
      return;
    }
    this.#left -= 1;
    this.#tellLost();
    this.#log.history(level, event, detail);
  }

  #refill(): void {
    const now = monotonicMs();
    const gained = ((now - this.#refilledAt) / 60_000) * perMinute;
    this.#left = Math.min(mostAtOnce, this.#left + gained);
    this.#refilledAt = now;
  }

  #tellLost(): void {
    if (this.#lost === 0) return;
    const text = 'so many reports of the guardian were left out here';
    this.#log.history('warning', 'guardianEventsLost', { count: this.#lost, text });
    this.#lost = 0;
  }
}
