// What a script of a stage may see and do: the two boxes by their parts at its beginning, what is cut until its end, power, and
// the faults and operators that every run has.
import type { OperatorCommand } from '../../src/core/events.ts';
import type { StateName } from '../../src/core/stateName.ts';
import type { Box } from './box.ts';
import { stallAgent } from './boxFaults.ts';
import { crashDatabase } from './databaseFaults.ts';
import type { FaultSite } from './faultSite.ts';
import type { Counter } from './network.ts';
import { order } from './operatorActs.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** So many milliseconds, or until that holds. */
export type Pause = number | (() => boolean);
export type Script = (scene: Scene) => Generator<Pause, void>;

/** Nobody types a takeover while the other box may be just coming back. */
export const lookMs = 3000;
const untilTheEndMs = 60_000;

export class Scene {
  readonly world: World;
  readonly random: Random;
  readonly primary: Box;
  readonly standby: Box;
  readonly site: FaultSite;
  readonly #open: (() => void)[] = [];

  constructor(site: FaultSite, random: Random, primary: Box) {
    this.site = site;
    this.world = site.world;
    this.random = random;
    this.primary = primary;
    this.standby = primary.peer;
  }

  get nowMs(): number {
    return this.world.queue.nowMs;
  }

  /** Cut for so long, or until the end of the scene; returns what ends it sooner. */
  readonly cut = (name: string, counter: Counter, forMs = untilTheEndMs): (() => void) => {
    const end = this.site.cut(name, counter, forMs);
    this.#open.push(end);
    return end;
  };

  /** No heartbeat of this box arrives, and every other frame does. */
  readonly mute = (box: Box, forMs = untilTheEndMs): (() => void) => {
    const { cable } = this.world;
    cable.filterLoss = 1;
    return this.cut(`heartbeats from ${box.name}`, cable.filtered[box.side], forMs);
  };

  /** Every path between the boxes, where an arbiter outside the pair allows for that. */
  readonly cutAll = (forMs = untilTheEndMs): (() => void) => {
    const { cable, lan } = this.world;
    const ends = [
      this.cut('every path', cable.silent, forMs),
      this.cut('and the LAN between them', lan.partitioned, forMs),
    ];
    return () => {
      for (const end of ends) end();
    };
  };

  readonly powerOn = (box: Box, bootMs = 1000): void => this.world.mayPowerOn(box, bootMs);

  readonly stall = (box: Box, forMs: number): void => stallAgent(this.world, box, forMs);

  readonly crashDatabase = (box: Box): void => crashDatabase(this.world, box);

  /** PostgreSQL answers nobody, whether it runs or is started meanwhile; returns what ends it sooner. */
  readonly hangDatabase = (box: Box, forMs: number): (() => void) => {
    const { site, world } = this;
    world.trace(box.name, 'PostgreSQL hangs');
    box.databaseHangs.begin();
    box.database.hung = box.database.running;
    const end = site.endLater(forMs, () => {
      box.databaseHangs.end();
      if (box.databaseHangs.active) return;
      box.database.hung = false;
      world.logGrew(box);
    });
    this.#open.push(end);
    return end;
  };

  readonly order = (box: Box, command: OperatorCommand): void => order(this.world, box, command);

  /** A moment of the agent, by its state and, where it matters, its phase. */
  readonly isIn = (box: Box, name: StateName, phase?: string): boolean => {
    const state = box.agent?.state;
    return state?.name === name && (phase === undefined || state.phase === phase);
  };

  /** A condition for such a moment. */
  readonly in =
    (box: Box, name: StateName, phase?: string): (() => boolean) =>
    () =>
      this.isIn(box, name, phase);

  /** Everything that goes on is mended, and both boxes come back. */
  end(): void {
    for (const end of this.#open) end();
    for (const box of this.world.boxes) this.powerOn(box);
  }
}
