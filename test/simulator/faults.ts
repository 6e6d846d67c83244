// Faults, in clusters with calm between them. Each has a beginning and, after a drawn time, an end; what the `lan` arbiter
// excludes (protocol.md section 6, assumptions a to c) is not drawn.
import type { Box } from './box.ts';
import { aimedFaults } from './aimedFaults.ts';
import { arbiterFaults } from './arbiterFaults.ts';
import { boxFaults } from './boxFaults.ts';
import { databaseFaults } from './databaseFaults.ts';
import type { Fault, FaultSite } from './faultSite.ts';
import { isHealthy } from './health.ts';
import { linkFaults } from './linkFaults.ts';
import type { Counter } from './network.ts';
import { operatorActs } from './operatorActs.ts';
import { strike } from './strike.ts';
import type { World } from './world.ts';
import type { FaultName } from './worldOptions.ts';

const acts: Readonly<Record<FaultName, Fault>> = {
  ...linkFaults,
  ...boxFaults,
  ...databaseFaults,
  ...arbiterFaults,
  ...operatorActs,
  ...aimedFaults,
};

const longestCalmMs = 40_000;
const longestWaitMs = 60_000;

export class Faults implements FaultSite {
  readonly world: World;
  /** What ends each fault that goes on. */
  readonly #open = new Set<() => void>();
  readonly #cuts = new Map<() => void, Counter>();
  #untilMs = 0;
  /** Something is going on into which no further fault may come; until when at the latest. */
  #waits: (() => boolean) | null = null;
  #waitsUntilMs = 0;
  /** Faults that wait for a step of a box that handles the last one, and until when. */
  #aimed = 0;
  #aimedUntilMs = 0;

  constructor(world: World) {
    this.world = world;
    world.onStep = (box) => this.#aimAt(box);
    world.onAlone = (box) => this.#strikeAt(box);
  }

  /** Draws clusters from now on for so long; where no fault has a weight, others bring them about. */
  begin(durationMs: number): void {
    this.#untilMs = this.world.queue.nowMs + durationMs;
    if (this.world.options.weights.length > 0) this.#nextCluster();
  }

  /** Everything is mended at once and the power is back. */
  healAll(): void {
    this.#untilMs = 0;
    for (const end of this.#open) end();
    this.#open.clear();
    this.world.secondPath?.mend();
    this.world.services?.mend();
    const { random, boxes } = this.world;
    // Where each switched the other off, somebody has to come; else whoever did it switches on again.
    if (boxes.every((box) => box.isSwitchedOff)) for (const box of boxes) box.isSwitchedOff = false;
    for (const box of boxes) box.configureArbiter(this.world.options.arbiter);
    for (const box of boxes) this.world.mayPowerOn(box, random.between(1000, 5000));
  }

  readonly isOpen = (): boolean => this.world.queue.nowMs < this.#untilMs && !this.#isCalm();

  readonly keepCalm = (holds: () => boolean): void => {
    this.#waits = holds;
    this.#waitsUntilMs = this.world.queue.nowMs + longestWaitMs;
  };

  #isCalm(): boolean {
    const { nowMs } = this.world.queue;
    if (this.#waits !== null && (nowMs > this.#waitsUntilMs || !this.#waits())) this.#waits = null;
    return this.#waits !== null;
  }

  readonly durationMs = (): number => {
    const { random } = this.world;
    return random.pick([30, 150, 400, 1200, 3000, 8000, 20_000]) * random.between(0.5, 1.6);
  };

  readonly cut = (name: string, counter: Counter, durationMs = this.durationMs()): (() => void) => {
    const { world } = this;
    counter.begin();
    if (!world.isAssumed) {
      counter.end();
      return () => {};
    }
    world.trace('-', `${name} begins`);
    world.linksChanged();
    const end = (): void => {
      this.#cuts.delete(end);
      counter.end();
      world.trace('-', `${name} ends`);
      world.linksChanged();
    };
    this.#cuts.set(end, counter);
    return this.endLater(durationMs, end);
  };

  readonly mendLan = (): void => {
    this.#endCuts((counter) => this.world.lan.isCutBy(counter));
  };

  readonly mendCable = (): void => {
    this.#endCuts((counter) => this.world.cable.isCutBy(counter));
  };

  readonly endLater = (delayMs: number, end: () => void): (() => void) => {
    const endOnce = (): void => {
      if (this.#open.delete(end)) end();
    };
    this.#open.add(end);
    this.world.queue.after(delayMs, endOnce);
    return endOnce;
  };

  #nextCluster(): void {
    const { queue, random, options } = this.world;
    queue.after(1000 + random.exponential(options.calmMs), () => this.#cluster(queue.nowMs));
  }

  /** Where it waits for a pair in order, it does so for a while only: one that never is must be seen too. */
  #cluster(sinceMs: number): void {
    const { queue, random, options } = this.world;
    if (queue.nowMs >= this.#untilMs) return;
    if (this.#isCalm()) {
      queue.after(500, () => this.#cluster(queue.nowMs));
      return;
    }
    const waits = options.waitsForHealth && queue.nowMs - sinceMs < longestCalmMs;
    if (waits && !isHealthy(this.world)) {
      queue.after(random.between(50, 500), () => this.#cluster(sinceMs));
      return;
    }
    const count = 1 + random.below(options.maxFaultsInCluster);
    for (let index = 0; index < count; index += 1) {
      queue.after(random.between(0, options.clusterMs), () => this.#draw());
    }
    queue.after(options.clusterMs, () => this.#nextCluster());
  }

  #draw(): void {
    if (!this.isOpen()) return;
    const { random, options, boxes } = this.world;
    this.#apply(random.weighted(options.weights), random.pick(boxes));
    if (!random.chance(options.aim)) return;
    this.#aimed = 1 + random.below(3);
    this.#aimedUntilMs = this.world.queue.nowMs + 20_000;
  }

  /** A second fault hits while the first is being handled: this is what finds broken rules soonest. */
  #aimAt(box: Box): void {
    const { queue, random, options } = this.world;
    if (this.#aimed === 0 || !this.isOpen()) return;
    if (queue.nowMs > this.#aimedUntilMs) this.#aimed = 0;
    if (this.#aimed === 0 || !random.chance(0.2)) return;
    this.#aimed -= 1;
    const target = random.chance(0.6) ? box : box.peer;
    queue.after(random.between(0, random.pick([2, 30, 300])), () => {
      if (this.isOpen()) this.#apply(random.weighted(options.weights), target);
    });
  }

  #endCuts(isMeant: (counter: Counter) => boolean): void {
    for (const [end, counter] of this.#cuts) {
      if (isMeant(counter) && this.#open.delete(end)) end();
    }
  }

  #strikeAt(box: Box): void {
    const { random, options } = this.world;
    if (this.isOpen() && random.chance(options.strike)) strike(this, box);
  }

  #apply(name: FaultName, box: Box): void {
    acts[name](this, box);
  }
}
