// The business services of the pair, as far as the core knows them: a service that fails at each start on one box or on both, and
// a guardian on each box that says so, keeps the mark of it for a while, and forgets it with the power.
import type { Report } from '../../src/core/effects.ts';
import type { Settings } from '../../src/core/settings.ts';
import { servesIn } from '../../src/core/roles.ts';
import type { Box } from './box.ts';
import { Counter } from './network.ts';
import type { Side } from './network.ts';
import { Random } from './random.ts';
import type { World } from './world.ts';

export type ServiceOptions = {
  readonly seed: number;
  /** Mean pause between two services that break; infinite: only what a script breaks. */
  readonly breaksEveryMs: number;
  /** How long a mark lasts, one of them each time. */
  readonly marksMs: readonly number[];
  /** The first box is the preferred one, and asks for the service after so long; null: nobody is. */
  readonly failbackAfterMs: number | null;
};

/** In every fourth seed; drawn apart from the world, so that the others stay what they were. */
export function drawServices(seed: number): ServiceOptions | null {
  const own = seed + 0x5e_27_1c;
  const random = new Random(own);
  if (!random.chance(0.25)) return null;
  return {
    seed: own,
    breaksEveryMs: random.pick([6000, 20_000]),
    marksMs: [3000, 15_000, 60_000],
    failbackAfterMs: random.chance(0.3) ? random.pick([3000, 20_000]) : null,
  };
}

/** What the configuration of this box says of its place in the pair. */
export function placeOf(
  side: Side,
  options: ServiceOptions | null,
): Pick<Settings, 'preferred' | 'failbackAfterMs'> {
  const failbackAfterMs = side === 0 ? (options?.failbackAfterMs ?? null) : null;
  return { preferred: failbackAfterMs !== null, failbackAfterMs };
}

type Mark = { readonly sinceMs: number; readonly untilMs: number };

const pollMs = 100;
/** A primary acts on what its standby said last, and a guardian that was just started says nothing at first. */
const staleMs = 500;

export class Services {
  readonly #world: World;
  readonly #random: Random;
  readonly #breaksEveryMs: number;
  readonly #marksMs: readonly number[];
  readonly #broken: readonly [Counter, Counter] = [new Counter(), new Counter()];
  readonly #marks: [Mark | null, Mark | null] = [null, null];
  /** Since when this box serves, as far as the last poll saw it. */
  readonly #servesSince: [number | null, number | null] = [null, null];
  readonly #asksBack: boolean;
  #giveUpMs = 1000;
  #isMended = false;

  constructor(world: World, options: ServiceOptions) {
    const { seed, breaksEveryMs, marksMs, failbackAfterMs } = options;
    this.#asksBack = failbackAfterMs !== null;
    this.#world = world;
    this.#random = new Random(seed);
    this.#breaksEveryMs = breaksEveryMs;
    this.#marksMs = marksMs;
    this.#giveUpMs = this.#random.pick([300, 1500, 4000]);
    this.#poll();
    if (breaksEveryMs !== Infinity) this.#nextBreak();
  }

  /** The guardian of a new agent speaks a moment later. */
  agentStarted(box: Box): void {
    const { agent } = box;
    this.#world.queue.after(this.#random.between(5, 300), () => {
      if (agent !== null) this.#tell(box);
    });
  }

  powerLost(box: Box): void {
    this.#marks[box.side] = null;
    this.#servesSince[box.side] = null;
  }

  /** The role may be handed over because of them at any moment. */
  get movesRoles(): boolean {
    return this.#asksBack || this.#marks.some((mark) => mark !== null);
  }

  break(box: Box): void {
    this.#broken[box.side].begin();
    this.#world.trace(box.name, 'a service fails at each start');
  }

  mendOn(box: Box): void {
    while (this.#broken[box.side].active) this.#broken[box.side].end();
    this.#world.trace(box.name, 'the services can run again');
  }

  /** From now on nothing happens to them any more; marks end when their time is over. */
  mend(): void {
    this.#isMended = true;
    for (const counter of this.#broken) while (counter.active) counter.end();
  }

  /** A service that is broken on both boxes must not wander. */
  reported(box: Box, report: Report): void {
    if (report.kind !== 'transition' || report.to !== 'handingOver') return;
    if (report.reason.code !== 'servicesUnfit') return;
    const { nowMs } = this.#world.queue;
    const mark = this.#marks[box.peer.side];
    if (mark !== null && nowMs < mark.untilMs && nowMs - mark.sinceMs > staleMs)
      this.#world.ledger.break(
        'services',
        `${box.name} hands over to a box on which a service has failed`,
      );
  }

  #poll(): void {
    this.#world.queue.after(pollMs, () => {
      for (const box of this.#world.boxes) this.#look(box);
      this.#poll();
    });
  }

  #look(box: Box): void {
    const { side } = box;
    const { nowMs } = this.#world.queue;
    const state = box.agent?.state;
    const serves = state !== undefined && servesIn(state.name) && box.addressOn;
    if (!serves) this.#servesSince[side] = null;
    else this.#servesSince[side] ??= nowMs;
    const mark = this.#marks[side];
    if (mark !== null && nowMs >= mark.untilMs) {
      this.#marks[side] = null;
      this.#tell(box);
    }
    const since = this.#servesSince[side];
    if (!this.#broken[side].active || since === null || nowMs - since < this.#giveUpMs) return;
    if (this.#marks[side] !== null) return;
    const lastsMs = this.#random.pick(this.#marksMs) * this.#random.between(0.8, 1.2);
    this.#marks[side] = { sinceMs: nowMs, untilMs: nowMs + lastsMs };
    this.#tell(box);
  }

  #tell(box: Box): void {
    box.agent?.deliver({ type: 'servicesObserved', fit: this.#marks[box.side] === null });
  }

  #nextBreak(): void {
    this.#world.queue.after(this.#random.exponential(this.#breaksEveryMs), () => {
      if (this.#isMended) return;
      const sides = this.#random.pick([[0], [1], [0, 1]] as const);
      const lastsMs = this.#random.pick([2000, 10_000, 40_000]) * this.#random.between(0.7, 1.3);
      for (const side of sides) this.break(this.#world.boxes[side]);
      this.#world.queue.after(lastsMs, () => {
        if (this.#isMended) return;
        for (const side of sides) this.#broken[side].end();
      });
      this.#nextBreak();
    });
  }
}
