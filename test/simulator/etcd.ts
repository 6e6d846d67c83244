// The ledger outside the pair: one key with a revision, read and changed by compare-and-swap. Requests and answers travel
// apart: a request that has left lands even when its sender is dead, an answer can be lost after the ledger has changed.
import type { LedgerEntry } from '../../src/core/events.ts';
import type { NodeId } from '../../src/core/record.ts';
import { Counter } from './network.ts';
import type { Side } from './network.ts';
import type { World } from './world.ts';

type Seen = { readonly entry: LedgerEntry | null; readonly revision: number };
export type ClaimOutcome = {
  readonly outcome: 'won' | 'lost' | 'refused';
  readonly epoch: number;
  readonly forgotten: boolean;
};
/** Who asks, and whether he still waits for an answer. */
export type Asker = { readonly side: Side; readonly self: NodeId; readonly waits: () => boolean };

export class Etcd {
  readonly unreachable: readonly [Counter, Counter] = [new Counter(), new Counter()];
  readonly down = new Counter();
  readonly slow = new Counter();
  entry: LedgerEntry | null = null;
  readonly #world: World;
  #revision = 1;
  #life = 0;

  constructor(world: World) {
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
    this.#read(asker, (seen) => {
      if (seen.entry === null ? !create : seen.entry.epoch >= epoch) {
        done(seen.entry);
        return;
      }
      const entry: LedgerEntry = { epoch, mode: 'paired', holder: asker.self };
      this.#swap(asker, seen, entry, (swapped) => {
        if (swapped) done(entry);
        else this.publish(asker, epoch, create, done);
      });
    });
  }

  claim(asker: Asker, epoch: number, take: boolean, done: (outcome: ClaimOutcome) => void): void {
    this.#read(asker, (seen) => {
      const { entry } = seen;
      if (entry === null || entry.epoch !== epoch || entry.mode !== 'paired') {
        done(decided(asker, entry, epoch));
        return;
      }
      const next: LedgerEntry = take
        ? { epoch: epoch + 1, mode: 'solo', holder: asker.self }
        : entry;
      this.#swap(asker, seen, next, (swapped) => {
        if (swapped) done(decided(asker, next, epoch));
        else this.claim(asker, epoch, take, done);
      });
    });
  }

  enter(asker: Asker, epoch: number, above: boolean, done: (epoch: number) => void): void {
    this.#read(asker, (seen) => {
      const reached = seen.entry?.epoch ?? 0;
      if (reached >= epoch && !above) {
        done(epoch);
        return;
      }
      const next = reached >= epoch ? reached + 2 : epoch;
      this.#swap(asker, seen, { epoch: next, mode: 'solo', holder: asker.self }, (swapped) => {
        if (swapped) done(next);
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

function decided(asker: Asker, entry: LedgerEntry | null, epoch: number): ClaimOutcome {
  if (entry === null) return { outcome: 'refused', epoch, forgotten: true };
  if (entry.epoch <= epoch) return { outcome: 'refused', epoch, forgotten: false };
  const outcome = entry.holder === asker.self ? 'won' : 'lost';
  return { outcome, epoch: entry.epoch, forgotten: false };
}

function isSame(left: LedgerEntry | null, right: LedgerEntry | null): boolean {
  return (
    left === right ||
    (left?.epoch === right?.epoch && left?.mode === right?.mode && left?.holder === right?.holder)
  );
}
