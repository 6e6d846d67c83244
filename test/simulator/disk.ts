// The durable record on one box's disk. "On disk" means both copies; a write that was cut short or failed leaves, as a
// whole, the old or the new record, and nobody knows which before the next start of the agent.
import type { DurableRecord } from '../../src/core/record.ts';
import { Counter } from './network.ts';
import type { World } from './world.ts';

type Write = { readonly record: DurableRecord; readonly done: (written: boolean) => void };

export class Disk {
  record: DurableRecord | null = null;
  readonly slow = new Counter();
  readonly failing = new Counter();
  readonly #world: World;
  readonly #onRecord: (before: DurableRecord | null, after: DurableRecord) => void;
  /** May be on one of the two copies. */
  #doubtful: DurableRecord | null = null;
  #previous: DurableRecord | null = null;
  #queue: Write[] = [];
  #busy = false;
  #life = 0;

  constructor(
    world: World,
    onRecord: (before: DurableRecord | null, after: DurableRecord) => void,
  ) {
    this.#world = world;
    this.#onRecord = onRecord;
  }

  /** Writes one after another. A slow disk answers late, long after the shell has given the write up. */
  write(record: DurableRecord, done: (written: boolean) => void): void {
    this.#queue.push({ record, done });
    if (!this.#busy) this.#next();
  }

  /** The newest record was in a cache only. */
  forgetNewest(): void {
    this.record = this.#previous ?? this.record;
  }

  /** The agent died: writes that were not begun are gone, the one under way ends before its successor starts. */
  settle(): void {
    this.#queue = [];
    this.#busy = false;
    this.#life += 1;
    const { random } = this.#world;
    if (this.#doubtful !== null && random.chance(0.5)) this.#keep(this.#doubtful);
    this.#doubtful = null;
  }

  #next(): void {
    const write = this.#queue.shift();
    this.#busy = write !== undefined;
    if (write === undefined) return;
    const life = this.#life;
    this.#doubtful = write.record;
    this.#world.queue.after(this.#durationMs(), () => {
      if (life !== this.#life) return;
      const written = !this.failing.active;
      if (written) this.#keep(write.record);
      write.done(written);
      this.#next();
    });
  }

  #keep(record: DurableRecord): void {
    this.#onRecord(this.record, record);
    this.#previous = this.record;
    this.record = record;
    this.#doubtful = null;
  }

  #durationMs(): number {
    const { random, options } = this.#world;
    if (this.slow.active) return random.pick([200, 900, 1500, 4000]) * random.between(0.5, 1.5);
    return (
      options.recordMs * random.between(0.5, 3) +
      (random.chance(0.01) ? random.between(20, 400) : 0)
    );
  }
}
