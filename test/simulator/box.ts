// One appliance of the pair: power, clock, service port, disk, database, watchdog, and the agent that runs on it.
import type { PortState } from '../../src/core/events.ts';
import type { NodeId } from '../../src/core/record.ts';
import { Agent } from './agent.ts';
import type { Happening } from './core.ts';
import { Database } from './database.ts';
import { Disk } from './disk.ts';
import { Counter, otherSide } from './network.ts';
import type { Side } from './network.ts';
import type { World } from './world.ts';

export class Box {
  readonly side: Side;
  readonly nodeId: NodeId;
  readonly name: string;
  readonly mac: string;
  readonly database: Database;
  readonly disk: Disk;
  powered = false;
  agent: Agent | null = null;
  portUp = true;
  addressOn = false;
  /** The peer's log that this box needs to follow is gone there. */
  logRecycled = false;
  readonly databaseHangs = new Counter();
  readonly #world: World;
  #carrier = false;
  #carrierChanges = 0;
  #heartbeatCarrier = false;
  #clockOffsetMs = 0;
  #clockRate = 1;
  #kickedMs: number | null = null;
  #watchdogTicking = false;
  #life = 0;

  constructor(world: World, side: Side, nodeId: NodeId, systemId: string) {
    this.#world = world;
    this.side = side;
    this.nodeId = nodeId;
    this.name = side === 0 ? 'A' : 'B';
    this.mac = side === 0 ? '02:00:00:00:0a:00' : '02:00:00:00:0b:00';
    this.database = new Database(systemId);
    this.disk = new Disk(world, (before, after) => world.recordWritten(this, before, after));
  }

  get peer(): Box {
    return this.#world.boxes[otherSide(this.side)];
  }

  get heartbeatCarrier(): boolean {
    return this.#heartbeatCarrier;
  }

  /** The box's monotonic clock. */
  clockMs(): number {
    return this.#clockOffsetMs + this.#world.queue.nowMs * this.#clockRate;
  }

  /** When the box's clock will show this, in simulated time. */
  worldMs(clockMs: number): number {
    return (clockMs - this.#clockOffsetMs) / this.#clockRate;
  }

  port(): PortState {
    return {
      present: true,
      up: this.portUp,
      carrier: this.#carrier,
      carrierChanges: this.#carrierChanges,
      mac: this.mac,
      addressesOn: this.addressOn,
      anyAddressOn: this.addressOn,
    };
  }

  diskDelayMs(): number {
    return this.disk.slow.active ? this.#world.random.between(50, 1500) : 0;
  }

  powerOn(bootMs: number): void {
    const { random, queue } = this.#world;
    this.powered = true;
    this.portUp = true;
    this.#clockRate = 1 + random.between(-200e-6, 200e-6);
    this.#clockOffsetMs = random.between(0, 1e6) - queue.nowMs * this.#clockRate;
    this.#world.linksChanged();
    this.#whilePowered(bootMs, () => this.startAgent());
  }

  powerOff(): void {
    if (!this.powered) return;
    this.#world.trace(this.name, 'power lost');
    this.#life += 1;
    this.powered = false;
    this.agent?.end(false);
    this.agent = null;
    this.disk.settle();
    this.#loseWhatLiesInCaches();
    this.#kickedMs = null;
    this.addressOn = false;
    this.#world.databaseEnded(this, false);
    this.#world.linksChanged();
  }

  reset(why: string): void {
    if (!this.powered) return;
    this.#world.trace(this.name, `reset: ${why}`);
    this.powerOff();
    const { random, queue } = this.#world;
    const life = this.#life;
    queue.after(random.between(100, 1000), () => {
      if (life === this.#life) this.#world.mayPowerOn(this, random.between(1000, 8000));
    });
  }

  startAgent(): void {
    if (!this.powered || this.agent !== null) return;
    this.disk.settle();
    this.agent = new Agent(this.#world, this);
    this.agent.begin();
  }

  /** The agent's process ends; the init system starts it again. The database, the address and the watchdog go on. */
  crashAgent(pauseMs: number): void {
    if (this.agent === null) return;
    this.#world.trace(this.name, 'agent crashed');
    this.agent.end(true);
    this.agent = null;
    this.disk.settle();
    this.#whilePowered(pauseMs, () => this.startAgent());
  }

  kickWatchdog(): void {
    this.#kickedMs = this.#world.queue.nowMs;
    if (!this.#watchdogTicking) this.#watchWatchdog();
  }

  /** Looks again at both carriers after anything changed and tells the agent a moment later. */
  linksChanged(): void {
    const carrier = this.powered && this.portUp && this.#world.lan.hasLink(this.side);
    if (carrier !== this.#carrier) {
      this.#carrier = carrier;
      this.#carrierChanges += 1;
      this.portChanged();
    }
    const heartbeatCarrier = this.#world.heartbeatCarrier(this);
    if (heartbeatCarrier === this.#heartbeatCarrier) return;
    this.#heartbeatCarrier = heartbeatCarrier;
    this.#noticeLater(() => ({ type: 'heartbeatCarrierChanged', carrier: this.#heartbeatCarrier }));
  }

  portChanged(): void {
    this.#noticeLater(() => ({ type: 'servicePortChanged', port: this.port() }));
  }

  /** Only in worlds with a planted lie: an honest disk keeps what it said it has. */
  #loseWhatLiesInCaches(): void {
    const { planted } = this.#world.options;
    if (planted.lyingDisk === true) this.disk.forgetNewest();
    if (planted.lyingFlush === true) this.database.loseNewest(20);
  }

  /** The kernel's news come in order: each tells what is true when it is read. */
  #noticeLater(news: () => Happening): void {
    const { agent } = this;
    if (agent === null) return;
    this.#world.queue.after(this.#world.random.between(0.1, 15), () => agent.deliver(news()));
  }

  #watchWatchdog(): void {
    if (this.#kickedMs === null) return;
    this.#watchdogTicking = true;
    this.#world.queue.at(this.#kickedMs + this.#world.watchdogMs, () => {
      this.#watchdogTicking = false;
      if (this.#kickedMs === null) return;
      if (this.#world.queue.nowMs >= this.#kickedMs + this.#world.watchdogMs)
        this.reset('watchdog');
      else this.#watchWatchdog();
    });
  }

  #whilePowered(delayMs: number, run: () => void): void {
    const life = this.#life;
    this.#world.queue.after(delayMs, () => {
      if (life === this.#life && this.powered) run();
    });
  }
}
