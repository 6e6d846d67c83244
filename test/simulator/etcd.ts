// The ledger outside the pair: one key with a revision, read and changed by compare-and-swap. Requests and answers travel
// apart: a request that has left lands even when its sender is dead, an answer can be lost after the ledger has changed.
import type { Claim, LedgerEntry } from '../../src/core/ledger.ts';
import type { Core } from './core.ts';
import type { NodeId } from '../../src/core/record.ts';
import { Counter } from './network.ts';
import type { Side } from './network.ts';
import type { EventQueue } from './eventQueue.ts';
import type { World } from './world.ts';

/** What the ledger needs of the world around it. */
export type AroundEtcd = Pick<World, 'random' | 'trace' | 'ledgerMoved'> & {
  readonly queue: Pick<EventQueue, 'after'>;
  /** What the entry is turned into. */
  readonly core: Pick<Core, 'ledger'>;
};

type Seen = { readonly entry: LedgerEntry | null; readonly revision: number };
/** Who asks, and whether he still waits for an answer. */
export type Asker = { readonly side: Side; readonly self: NodeId; readonly waits: () => boolean };

export class Etcd {
  readonly unreachable: readonly [Counter, Counter] = [new Counter(), new Counter()];
  readonly down = new Counter();
  readonly slow = new Counter();
  entry: LedgerEntry | null = null;
  readonly #world: AroundEtcd;
  #revision = 1;
  #life = 0;

  constructor(world: AroundEtcd) {
    this.#world = world;
  }

  /** Everything it knew is gone; with its process die the requests on their way. */
  forget(): void {
    this.#world.trace('-', 'the ledger forgets');
    this.entry = null;
    this.#revision = 1;
    this.#life += 1;
  }

  publish(
    asker: Asker,
    epoch: number,
    create: boolean,
    done: (found: LedgerEntry | null) => void,
  ): void {
    const { self } = asker;
    this.#read(asker, (seen) => {
      const next = this.#world.core.ledger.published(seen.entry, { epoch, self, create });
      if (next === null) done(seen.entry);
      else
        this.#swap(asker, seen, next, (swapped) => {
          if (swapped) done(next);
          else this.publish(asker, epoch, create, done);
        });
    });
  }

  claim(asker: Asker, epoch: number, take: boolean, done: (claim: Claim) => void): void {
    const { self } = asker;
    this.#read(asker, (seen) => {
      const next = this.#world.core.ledger.claimed(seen.entry, { epoch, self, take });
      if (next === null) done(this.#world.core.ledger.outcomeOf(seen.entry, epoch, self));
      else
        this.#swap(asker, seen, next, (swapped) => {
          if (swapped) done(this.#world.core.ledger.outcomeOf(next, epoch, self));
          else this.claim(asker, epoch, take, done);
        });
    });
  }

  enter(
    asker: Asker,
    epoch: number,
    above: boolean,
    done: (reached: number | null, forgotten: boolean) => void,
  ): void {
    const { self } = asker;
    this.#read(asker, (seen) => {
      const next = above
        ? this.#world.core.ledger.ordered(seen.entry, { epoch, self })
        : this.#world.core.ledger.entered(seen.entry, { epoch, self });
      if (next === null) done(above ? null : epoch, seen.entry === null);
      else
        this.#swap(asker, seen, next, (swapped) => {
          if (swapped) done(next.epoch, false);
          else this.enter(asker, epoch, above, done);
        });
    });
  }

  #read(asker: Asker, done: (seen: Seen) => void): void {
    this.#exchange(asker, () => ({ entry: this.entry, revision: this.#revision }), done);
  }

  /** Both revision and value are compared: a ledger that lost its memory counts its revisions anew. */
  #swap(asker: Asker, seen: Seen, next: LedgerEntry, done: (swapped: boolean) => void): void {
    const act = (): boolean => {
      if (this.#revision !== seen.revision || !isSame(this.entry, seen.entry)) return false;
      this.#world.trace('-', `ledger: ${next.mode} ${next.epoch} of ${next.holder.slice(0, 2)}`);
      this.#world.ledgerMoved(this.entry, next);
      this.entry = next;
      this.#revision += 1;
      return true;
    };
    this.#exchange(asker, act, done);
  }

  #exchange<T>(asker: Asker, act: () => T, done: (result: T) => void): void {
    const { queue } = this.#world;
    if (!asker.waits() || !this.#reaches(asker.side)) return;
    const life = this.#life;
    queue.after(this.#delayMs(), () => {
      if (life !== this.#life || this.down.active) return;
      const result = act();
      queue.after(this.#delayMs(), () => {
        if (life === this.#life && this.#reaches(asker.side) && asker.waits()) done(result);
      });
    });
  }

  #reaches(side: Side): boolean {
    return !this.down.active && !this.unreachable[side].active;
  }

  #delayMs(): number {
    const { random } = this.#world;
    if (this.slow.active) return random.pick([100, 700, 2500, 5000]) * random.between(0.5, 1.5);
    return random.between(0.5, 6) + (random.chance(0.01) ? random.between(20, 300) : 0);
  }
}

function isSame(left: LedgerEntry | null, right: LedgerEntry | null): boolean {
  return (
    left === right ||
    (left?.epoch === right?.epoch && left?.mode === right?.mode && left?.holder === right?.holder)
  );
}
