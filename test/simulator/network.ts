// The heartbeat cable between the two boxes and the LAN with its references. Only what is cut is kept here; whether a
// box has power and its port is up is the box's own.
import type { Random } from './random.ts';

export type Side = 0 | 1;

export function otherSide(side: Side): Side {
  return side === 0 ? 1 : 0;
}

/** Counts overlapping faults, so that the end of one does not heal the other. */
export class Counter {
  #count = 0;

  get active(): boolean {
    return this.#count > 0;
  }

  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
  }
}

export class HeartbeatCable {
  /** Unplugged: both ends lose their carrier. */
  readonly unplugged = new Counter();
  /** Cut behind a converter: no frame passes and both carriers stay. */
  readonly silent = new Counter();
  /** Frames from this side are lost. */
  readonly deafTo: readonly [Counter, Counter] = [new Counter(), new Counter()];
  /** The link comes up after a box got its power: no fault of the cable. */
  readonly linking = new Counter();
  readonly lossy = new Counter();
  /** Datagrams overtake each other. */
  readonly reordering = new Counter();
  readonly replicationBlocked = new Counter();
  /** Datagrams from this side are lost, and every other frame passes. */
  readonly filtered: readonly [Counter, Counter] = [new Counter(), new Counter()];
  /** Loss in force while `filtered`. */
  filterLoss = 1;
  /** Loss in force while `lossy`. */
  heavyLoss = 0.2;
  readonly #loss: number;
  readonly #delayMs: number;

  constructor(loss: number, delayMs: number) {
    this.#loss = loss;
    this.#delayMs = delayMs;
  }

  passes(from: Side): boolean {
    return this.#isMended(from) && !this.linking.active;
  }

  #isMended(from: Side): boolean {
    return !this.unplugged.active && !this.silent.active && !this.deafTo[from].active;
  }

  get passesBothWays(): boolean {
    return this.passes(0) && this.passes(1);
  }

  isCutBy(counter: Counter): boolean {
    const cuts = [this.unplugged, this.silent, this.lossy, ...this.deafTo, ...this.filtered];
    return cuts.includes(counter);
  }

  /** Whether heartbeats can be exchanged at all. */
  get carriesHeartbeats(): boolean {
    return (
      this.#isMended(0) && this.#isMended(1) && !this.filtered.some((counter) => counter.active)
    );
  }

  filters(from: Side, random: Random): boolean {
    return this.filtered[from].active && random.chance(this.filterLoss);
  }

  loses(random: Random): boolean {
    return random.chance(this.lossy.active ? this.heavyLoss : this.#loss);
  }

  delayMs(random: Random): number {
    const lateMs = random.chance(0.002) ? random.between(0, 30) : 0;
    const heldMs = this.reordering.active ? random.between(0, 250) : 0;
    return this.#delayMs * random.between(0.5, 2) + lateMs + heldMs;
  }
}

export class Lan {
  /** The switch port of a box has no link. */
  readonly unplugged: readonly [Counter, Counter] = [new Counter(), new Counter()];
  /** The switch port of a box has link and forwards nothing. */
  readonly silent: readonly [Counter, Counter] = [new Counter(), new Counter()];
  /** The port's device is gone from the box. */
  readonly detached: readonly [Counter, Counter] = [new Counter(), new Counter()];
  /** Link or switch port are coming up after a fault, or because the box raised its port: no frame passes yet. */
  readonly recovering: readonly [Counter, Counter] = [new Counter(), new Counter()];
  readonly raising: readonly [Counter, Counter] = [new Counter(), new Counter()];
  readonly dead = new Counter();
  /** The next question for the service address, or its answer, is lost. */
  losesNextQuestion = false;
  /** The boxes do not see each other, and both see the references. */
  readonly partitioned = new Counter();
  readonly referencesDead = new Counter();

  isCutBy(counter: Counter): boolean {
    const ofBoxes = [...this.unplugged, ...this.silent, ...this.detached];
    return [...ofBoxes, this.dead, this.partitioned, this.referencesDead].includes(counter);
  }

  hasLink(side: Side): boolean {
    return !this.unplugged[side].active && !this.detached[side].active && !this.dead.active;
  }

  forwards(side: Side): boolean {
    return this.#isMended(side) && !this.raising[side].active;
  }

  /** No fault keeps the box off the LAN; a port that its own agent has just raised may not forward yet. */
  #isMended(side: Side): boolean {
    return this.hasLink(side) && !this.silent[side].active && !this.recovering[side].active;
  }

  get whole(): boolean {
    return this.forwards(0) && this.forwards(1) && !this.partitioned.active;
  }

  /** Neither box loses its carrier. */
  get isCutUnseen(): boolean {
    return this.partitioned.active || this.silent.some((counter) => counter.active);
  }

  /** Whole but for a port that is kept down on purpose and comes up. */
  get isMended(): boolean {
    return this.#isMended(0) && this.#isMended(1) && !this.partitioned.active;
  }
}

/**
 * Assumption (a) of the `lan` arbiter: two living boxes are never without the cable and the LAN at once. A cable that loses
 * much, or holds datagrams back for as long as D, is as good as cut where neither box can see that the LAN is cut between them.
 */
export function isAssumed(cable: HeartbeatCable, lan: Lan): boolean {
  const isDoubtful = cable.lossy.active || cable.reordering.active;
  const isCarried = cable.carriesHeartbeats && !(isDoubtful && lan.isCutUnseen);
  return isCarried || lan.isMended;
}
