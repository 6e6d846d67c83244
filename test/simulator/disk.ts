// The durable record on one box's disk, in two copies as the product keeps them. "On disk" means both; a write that was
// cut short or failed leaves each copy old or new, and which of them counts is known at the next start of the agent.
import type { DurableRecord } from '../../src/core/record.ts';
import { laterRecord } from '../../src/protocol/recordFile.ts';
import { Counter } from './network.ts';
import type { World } from './world.ts';

type Write = { readonly record: DurableRecord; readonly done: (written: boolean) => void };
/** Null: missing or unreadable. */
type Copy = DurableRecord | null;

/** A write that hangs looks again so often whether it may end. */
const hangMs = 20;

export class Disk {
  readonly slow = new Counter();
  readonly failing = new Counter();
  /** A write neither fails nor ends. */
  readonly hanging = new Counter();
  readonly #world: World;
  readonly #onRecord: (before: DurableRecord | null, after: DurableRecord) => void;
  /** What counts: on both copies, or found to be the later one at a start. */
  #record: DurableRecord | null = null;
  #copies: readonly [Copy, Copy] = [null, null];
  /** Being written. */
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

  get record(): DurableRecord | null {
    return this.#record;
  }

  /** What every start finds; null while that is in doubt. */
  get settled(): DurableRecord | null {
    const isSure = this.#doubtful === null && this.#copies.every((copy) => copy === this.#record);
    return isSure ? this.#record : null;
  }

  /** The next start may find a record that says that the database is being rebuilt. */
  get mayNameJob(): boolean {
    return [...this.#copies, this.#doubtful].some((copy) => copy !== null && copy.job !== 'none');
  }

  /** The next start may find a record of a lone reign. */
  get mayBeSolo(): boolean {
    return [...this.#copies, this.#doubtful].some((copy) => copy?.mode === 'solo');
  }

  /** As init and join leave it. */
  set record(record: DurableRecord | null) {
    this.#record = record;
    this.#copies = [record, record];
  }

  /** Writes one after another. A slow disk answers late, long after the shell has given the write up. */
  write(record: DurableRecord, done: (written: boolean) => void): void {
    this.#queue.push({ record, done });
    if (!this.#busy) this.#next();
  }

  /** The newest record was in a cache only. */
  forgetNewest(): void {
    this.record = this.#previous ?? this.#record;
  }

  /** The power was lost: one of the two copies may be unreadable from now on. */
  damage(): void {
    const { random, options } = this.#world;
    if (!random.chance(options.copyLoss)) return;
    const [a, b] = this.#copies;
    const copies: readonly [Copy, Copy] = random.chance(0.5) ? [null, b] : [a, null];
    // A disk that loses the only copy that counts has lost the record: that is beyond what two copies promise.
    if (newestOf(copies) === newestOf(this.#copies)) this.#copies = copies;
  }

  /** The agent died: writes that were not begun are gone, the one under way ends before its successor starts and reads. */
  settle(): void {
    this.#queue = [];
    this.#busy = false;
    this.#life += 1;
    if (this.#doubtful !== null) this.#tear(this.#doubtful);
    this.#doubtful = null;
  }

  /** What an agent that starts reads. A copy that is missing or older is written anew at once, where the disk lets it. */
  read(): DurableRecord | null {
    const found = newestOf(this.#copies);
    if (found !== null && found !== this.#record) this.#keep(found);
    if (!this.failing.active) this.#copies = [found, found];
    return this.#record;
  }

  #next(): void {
    const write = this.#queue.shift();
    this.#busy = write !== undefined;
    if (write === undefined) return;
    this.#doubtful = write.record;
    this.#endLater(write, this.#life, this.#durationMs());
  }

  #endLater(write: Write, life: number, delayMs: number): void {
    this.#world.queue.after(delayMs, () => {
      if (life !== this.#life) return;
      if (this.hanging.active) {
        this.#endLater(write, life, hangMs);
        return;
      }
      const written = !this.failing.active;
      if (written) {
        this.#copies = [write.record, write.record];
        this.#keep(write.record);
      } else {
        this.#tear(write.record);
      }
      this.#doubtful = null;
      write.done(written);
      this.#next();
    });
  }

  /** A write that did not end well: each copy is replaced as a whole or not at all. */
  #tear(record: DurableRecord): void {
    const { random } = this.#world;
    const [a, b] = this.#copies;
    this.#copies = [random.chance(0.5) ? record : a, random.chance(0.5) ? record : b];
  }

  #keep(record: DurableRecord): void {
    const before = this.#record;
    this.#previous = before;
    this.#record = record;
    this.#onRecord(before, record);
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

function newestOf([a, b]: readonly [Copy, Copy]): Copy {
  return a === null || b === null ? (a ?? b) : laterRecord(a, b);
}
