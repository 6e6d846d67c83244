// Faults, in clusters with calm between them. Each has a beginning and, after a drawn time, an end; what the `lan` arbiter
// excludes (protocol.md section 6, assumptions a to c) is not drawn.
import type { Box } from './box.ts';
import { isAssumed } from './network.ts';
import type { Counter } from './network.ts';
import type { World } from './world.ts';
import type { FaultName } from './worldOptions.ts';

export class Faults {
  readonly #world: World;
  /** What ends each fault that goes on. */
  readonly #open = new Set<() => void>();
  #commandId = 0;
  #untilMs = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Draws clusters from now on for so long. */
  begin(durationMs: number): void {
    this.#untilMs = this.#world.queue.nowMs + durationMs;
    this.#nextCluster();
  }

  /** Everything is mended at once and the power is back. */
  healAll(): void {
    this.#untilMs = 0;
    for (const end of this.#open) end();
    this.#open.clear();
    const { random, boxes } = this.#world;
    for (const box of boxes) this.#world.mayPowerOn(box, random.between(1000, 5000));
  }

  command(box: Box, type: 'switchover' | 'takeover'): void {
    this.#commandId += 1;
    this.#world.trace(box.name, `operator orders ${type}`);
    box.agent?.deliver({
      type: 'operatorCommanded',
      commandId: this.#commandId,
      command: { type },
    });
  }

  #nextCluster(): void {
    const { queue, random, options } = this.#world;
    queue.after(1000 + random.exponential(options.calmMs), () => {
      if (queue.nowMs >= this.#untilMs) return;
      const count = 1 + random.below(options.maxFaultsInCluster);
      for (let index = 0; index < count; index += 1) {
        queue.after(random.between(0, options.clusterMs), () => this.#draw());
      }
      queue.after(options.clusterMs, () => this.#nextCluster());
    });
  }

  #draw(): void {
    const { queue, random, options, boxes } = this.#world;
    if (queue.nowMs >= this.#untilMs) return;
    this.#apply(random.weighted(options.weights), random.pick(boxes));
  }

  #apply(name: FaultName, box: Box): void {
    const { cable, lan, boxes } = this.#world;
    const acts: Readonly<Record<FaultName, () => void>> = {
      powerLoss: () => this.#cutPower([box]),
      bothPowerLoss: () => this.#cutPower(boxes),
      heartbeatCut: () => this.#cut(name, cable.unplugged),
      heartbeatCutSilently: () => this.#cut(name, cable.silent),
      heartbeatOneWay: () => this.#cut(`${name} from ${box.name}`, cable.deafTo[box.side]),
      heartbeatLossy: () => this.#loseHeartbeats(),
      portUnplugged: () => this.#cut(`${name} ${box.name}`, lan.unplugged[box.side]),
      portSilent: () => this.#cut(`${name} ${box.name}`, lan.silent[box.side]),
      switchDead: () => this.#cut(name, lan.dead),
      referencesDead: () => this.#cut(name, lan.referencesDead),
      lanPartitioned: () => this.#cut(name, lan.partitioned),
      agentStalled: () => this.#stall(box),
      agentCrashed: () => this.#crashAgent(box),
      databaseCrashed: () => this.#crashDatabase(box),
      databaseHung: () => this.#hangDatabase(box),
      diskSlow: () => this.#cut(`${name} ${box.name}`, box.disk.slow),
      diskFailing: () => this.#cut(`${name} ${box.name}`, box.disk.failing),
      pathsAlternate: () => this.#alternate(box, 2 + this.#world.random.below(6)),
      replicationBlocked: () => this.#cut(name, cable.replicationBlocked),
      logRecycled: () => this.#recycleLog(box),
      switchover: () => this.command(box, 'switchover'),
      garbage: () => box.agent?.deliver({ type: 'garbageReceived', path: 'eth1' }),
    };
    acts[name]();
  }

  /** The cable is cut, and the LAN as soon as it is mended, and so on: never both at once, and never a quiet moment. */
  #alternate(box: Box, rounds: number): void {
    const { cable, lan, random, queue } = this.#world;
    if (rounds === 0 || queue.nowMs >= this.#untilMs) return;
    const wire = random.pick([cable.unplugged, cable.silent, cable.deafTo[box.side]]);
    const port = random.pick([
      lan.unplugged[box.side],
      lan.silent[box.side],
      lan.partitioned,
      lan.dead,
    ]);
    const durationMs = random.pick([60, 200, 300, 1000, 4000]) * random.between(0.7, 1.3);
    this.#cutFor('the other path', rounds % 2 === 0 ? wire : port, durationMs);
    queue.after(durationMs + 0.5, () => this.#alternate(box, rounds - 1));
  }

  #loseHeartbeats(): void {
    this.#world.cable.heavyLoss = this.#world.random.between(0.05, 0.4);
    this.#cut('heartbeatLossy', this.#world.cable.lossy);
  }

  #crashAgent(box: Box): void {
    const { random } = this.#world;
    box.crashAgent(random.pick([20, 200, 800, 2500]) * random.between(0.5, 1.5));
  }

  #durationMs(): number {
    const { random } = this.#world;
    return random.pick([30, 150, 400, 1200, 3000, 8000, 20_000]) * random.between(0.5, 1.6);
  }

  #cut(name: string, counter: Counter): void {
    this.#cutFor(name, counter, this.#durationMs());
  }

  #cutFor(name: string, counter: Counter, durationMs: number): void {
    counter.begin();
    if (!isAssumed(this.#world.cable, this.#world.lan)) {
      counter.end();
      return;
    }
    this.#world.trace('-', `${name} begins`);
    this.#world.linksChanged();
    this.#endLater(durationMs, () => {
      counter.end();
      this.#world.trace('-', `${name} ends`);
      this.#world.linksChanged();
    });
  }

  #endLater(delayMs: number, end: () => void): void {
    this.#open.add(end);
    this.#world.queue.after(delayMs, () => {
      if (this.#open.delete(end)) end();
    });
  }

  #cutPower(boxes: readonly Box[]): void {
    const { random, queue } = this.#world;
    for (const box of boxes) {
      box.powerOff();
      const bootMs = random.between(1000, 12_000);
      queue.after(this.#durationMs(), () => this.#world.mayPowerOn(box, bootMs));
    }
  }

  #stall(box: Box): void {
    const { random } = this.#world;
    const durationMs = random.pick([40, 150, 300, 900, 1900, 6000]) * random.between(0.6, 1.2);
    this.#world.trace(box.name, `agent stalls for ${durationMs.toFixed(0)} ms`);
    box.agent?.stall(durationMs);
  }

  #crashDatabase(box: Box): void {
    if (!box.database.running) return;
    this.#world.trace(box.name, 'PostgreSQL crashes');
    this.#world.databaseEnded(box, false);
    const { agent } = box;
    this.#world.queue.after(this.#world.random.between(1, 20), () =>
      agent?.deliver({ type: 'databaseExited' }),
    );
  }

  #hangDatabase(box: Box): void {
    this.#world.trace(box.name, 'PostgreSQL hangs');
    box.databaseHangs.begin();
    box.database.hung = box.database.running;
    this.#endLater(this.#durationMs(), () => {
      box.databaseHangs.end();
      if (box.databaseHangs.active) return;
      box.database.hung = false;
      this.#world.trace(box.name, 'PostgreSQL answers again');
      this.#world.logGrew(box);
    });
  }

  /** The peer no longer keeps the log that this box would need to follow: only a clone helps. */
  #recycleLog(box: Box): void {
    if (box.powered && this.#world.replicationTo(box).standbySees) return;
    this.#world.trace(box.name, 'the log that it would follow is recycled');
    box.logRecycled = true;
  }
}
