// A second heartbeat path of some worlds: a serial cable, slow and with lines that show the other box's power, or the LAN. It has
// weather of its own, drawn apart from everything else, so that a world without one stays what its seed made it.
import type { Heartbeat } from '../../src/core/standing.ts';
import { leastSerialSilenceMs } from '../../src/config/serialTimes.ts';
import type { Settings } from '../../src/core/settings.ts';
import type { Box } from './box.ts';
import { Counter } from './network.ts';
import { Random } from './random.ts';
import type { World } from './world.ts';

export type SecondPathName = 'serial' | 'lan';
export type SecondPathOptions = { readonly name: SecondPathName; readonly seed: number };

/** One world in four has one. */
export function drawSecondPath(seed: number): SecondPathOptions | null {
  const own = seed + 0x5e_c0_4d;
  const random = new Random(own);
  return random.chance(0.25) ? { name: random.pick(['serial', 'lan']), seed: own } : null;
}

/** What the configuration would derive where there is a serial path. */
export function withSecondPath(settings: Settings, path: SecondPathOptions | null): Settings {
  if (path?.name !== 'serial') return settings;
  const serialSilenceMs = leastSerialSilenceMs(settings.heartbeatIntervalMs);
  return serialSilenceMs > settings.deadIntervalMs ? settings : { ...settings, serialSilenceMs };
}

export class SecondPath {
  readonly #world: World;
  readonly #name: SecondPathName;
  readonly #random: Random;
  /** Frames from this side are lost; both: the cable is pulled. */
  readonly #deafTo: readonly [Counter, Counter] = [new Counter(), new Counter()];
  readonly #dropped: [boolean, boolean] = [false, false];
  #isMended = false;

  constructor(world: World, { name, seed }: SecondPathOptions) {
    this.#world = world;
    this.#name = name;
    this.#random = new Random(seed + 1);
    this.#nextCut();
  }

  send(from: Box, heartbeat: Heartbeat): void {
    if (!this.#passes(from) || this.#random.chance(0.001)) return;
    const delayMs = this.#name === 'serial' ? 24 + this.#random.between(0, 15) : 0.3;
    const lateMs = this.#random.chance(0.01) ? this.#random.between(0, 60) : 0;
    this.#world.queue.after(delayMs + lateMs, () => {
      if (this.#passes(from))
        from.peer.agent?.deliver({ type: 'heartbeatReceived', path: this.#name, heartbeat });
    });
  }

  /** Power or cable changed: each box sees whether the other one drives its lines. */
  linksChanged(): void {
    if (this.#name !== 'serial') return;
    for (const box of this.#world.boxes) this.#look(box);
  }

  /** From now on nothing happens to it any more. */
  mend(): void {
    this.#isMended = true;
    for (const counter of this.#deafTo) while (counter.active) counter.end();
    this.linksChanged();
  }

  #look(box: Box): void {
    const pulled = this.#deafTo.every((counter) => counter.active);
    const dropped = pulled || !box.peer.powered;
    if (box.agent === null || this.#dropped[box.side] === dropped) return;
    this.#dropped[box.side] = dropped;
    this.#world.queue.after(this.#random.between(0.5, 20), () =>
      box.agent?.deliver({ type: 'serialLinesChanged', dropped: this.#dropped[box.side] }),
    );
  }

  #passes(from: Box): boolean {
    if (!from.powered || !from.peer.powered || this.#deafTo[from.side].active) return false;
    return this.#name === 'serial' || this.#world.seesOnLan(from);
  }

  #nextCut(): void {
    this.#world.queue.after(this.#random.exponential(12_000), () => {
      if (this.#isMended) return;
      this.#cut();
      this.#nextCut();
    });
  }

  #cut(): void {
    const random = this.#random;
    const lastsMs = random.pick([60, 300, 1500, 8000, 30_000]) * random.between(0.7, 1.3);
    const sides = random.pick([[0, 1], [0, 1], [0], [1]] as const);
    for (const side of sides) this.#deafTo[side].begin();
    this.#world.trace('-', `${this.#name} is cut for ${lastsMs.toFixed(0)} ms`);
    this.linksChanged();
    this.#world.queue.after(lastsMs, () => {
      if (this.#isMended) return;
      for (const side of sides) this.#deafTo[side].end();
      this.linksChanged();
    });
  }
}
