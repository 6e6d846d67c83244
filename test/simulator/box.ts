// One appliance of the pair: power, clock, service port, disk, database, watchdog, and the agent that runs on it.
import type { PortState } from '../../src/core/events.ts';
import type { ArbiterName, DurableRecord, NodeId } from '../../src/core/record.ts';
import { durableRecord } from '../core/builders.ts';
import { Agent } from './agent.ts';
import type { Happening } from './core.ts';
import { Database } from './database.ts';
import { Disk } from './disk.ts';
import { contains } from './log.ts';
import type { Position } from './log.ts';
import { Counter, otherSide } from './network.ts';
import type { Side } from './network.ts';
import type { World } from './world.ts';

/** A switch does not listen anew after a link that was away for less, mostly. */
const blinkMs = 1000;

export class Box {
  readonly side: Side;
  nodeId: NodeId;
  readonly name: string;
  readonly mac: string;
  readonly database: Database;
  readonly disk: Disk;
  powered = false;
  agent: Agent | null = null;
  portUp = true;
  addressOn = false;
  /** The whole box stands still: agent, PostgreSQL, kernel and watchdog. */
  frozen = false;
  /** An operator ordered a takeover here and waits for its end. */
  operatorOrdered = false;
  /** Which command that was, where it is known. */
  takeoverCommand: number | null = null;
  /** He lets this box run again after he gave up what only it has, and looks on. */
  comesBack = false;
  /** The epoch that his takeover asked for. */
  operatorEpoch: number | null = null;
  /** The paired epoch that it asked to leave last. */
  leftEpoch: number | null = null;
  /** Its database was started or rewound in vain since it was last in step. */
  triedInVain = false;
  /** The driver of the service port does not bring it up. */
  refusesLink = false;
  /** The peer's log that this box needs to follow is gone there. */
  logRecycled = false;
  /** The fence device holds its power back. */
  isSwitchedOff = false;
  /** The arbiter in its configuration, read when the agent starts. */
  arbiter: ArbiterName;
  readonly databaseHangs = new Counter();
  readonly #world: World;
  #carrier = false;
  #linkTurn = 0;
  #linking = false;
  #lostByFault = false;
  #linkLostMs = -Infinity;
  /** What keeps the port from forwarding while it comes up. */
  #comingUp: Counter | null = null;
  #detached = false;
  #carrierChanges = 0;
  #heartbeatCarrier = false;
  #clockOffsetMs = 0;
  #clockRate = 1;
  #kickedMs: number | null = null;
  #watchdogTicking = false;
  #life = 0;
  #replacedMs = -Infinity;

  constructor(world: World, side: Side, nodeId: NodeId, systemId: string) {
    this.#world = world;
    this.side = side;
    this.nodeId = nodeId;
    this.name = side === 0 ? 'A' : 'B';
    this.mac = side === 0 ? '02:00:00:00:0a:00' : '02:00:00:00:0b:00';
    this.arbiter = world.options.arbiter;
    this.database = new Database(systemId);
    this.disk = new Disk(world, (before, after) => world.recordWritten(this, before, after));
  }

  get peer(): Box {
    return this.#world.boxes[otherSide(this.side)];
  }

  get heartbeatCarrier(): boolean {
    return this.#heartbeatCarrier;
  }

  /** There is a data directory that may be started. */
  get holdsDatabase(): boolean {
    return this.database.present && !this.database.broken;
  }

  /** Its database has every acknowledged write. */
  get holdsEverything(): boolean {
    const { database, disk } = this;
    // What is about to be rebuilt counts no more.
    if (!database.present || database.broken || disk.mayNameJob) return false;
    return contains(database.flushed, this.#world.ledger.acknowledged);
  }

  /** And is not on the way to throw its own away for what the other box has. */
  get keepsEverything(): boolean {
    const plan = this.agent?.state.plan;
    const isRebuilt = plan?.needsRewind === true || plan?.needsClone === true;
    return this.holdsEverything && !this.database.touchedByHand && !isRebuilt;
  }

  /** The box's monotonic clock. */
  clockMs(): number {
    return this.#clockOffsetMs + this.#world.queue.nowMs * this.#clockRate;
  }

  /** From now on the clock gains so many microseconds a second. */
  runClock(partsPerMillion: number): void {
    const clockMs = this.clockMs();
    this.#clockRate = 1 + partsPerMillion * 1e-6;
    this.#clockOffsetMs = clockMs - this.#world.queue.nowMs * this.#clockRate;
  }

  /** When the box's clock will show this, in simulated time. */
  worldMs(clockMs: number): number {
    return (clockMs - this.#clockOffsetMs) / this.#clockRate;
  }

  port(): PortState {
    return {
      present: !this.#detached,
      up: this.portUp,
      carrier: this.#carrier,
      carrierChanges: this.#carrierChanges,
      mac: this.#detached ? null : this.mac,
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
    this.#detached = this.#world.lan.detached[this.side].active;
    this.portUp = !this.#detached;
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
    this.frozen = false;
    this.operatorOrdered = false;
    this.agent?.end(false);
    this.agent = null;
    this.disk.settle();
    this.disk.damage();
    this.#loseWhatLiesInCaches();
    this.#kickedMs = null;
    this.addressOn = false;
    this.#world.services?.powerLost(this);
    this.#world.databaseEnded(this, false);
    this.#world.linksChanged();
  }

  /** Another arbiter in the configuration: read by the agent's next start, which follows at once. */
  configureArbiter(arbiter: ArbiterName): void {
    if (this.arbiter === arbiter) return;
    this.#world.trace(this.name, `is configured for the arbiter ${arbiter}`);
    this.arbiter = arbiter;
    this.#restartAgent();
  }

  /** Nobody restarts anything on a box that stands still. */
  #restartAgent(): void {
    if (this.frozen) this.#whilePowered(100, () => this.#restartAgent());
    else this.crashAgent(20);
  }

  switchOff(): void {
    this.isSwitchedOff = true;
    this.powerOff();
  }

  switchOn(): void {
    this.isSwitchedOff = false;
    this.#world.mayPowerOn(this, this.#world.random.between(1000, 8000));
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

  orderAnswered(commandId: number): void {
    if (this.takeoverCommand !== null && this.takeoverCommand !== commandId) return;
    this.operatorOrdered = false;
    this.takeoverCommand = null;
  }

  get wasReplaced(): boolean {
    return this.#replacedMs > -Infinity;
  }

  /** What its peer knows may still be of the box before. */
  get wasReplacedJustNow(): boolean {
    return this.#world.queue.nowMs - this.#replacedMs < 1000;
  }

  /** Another box in its place: a new node that joined as `hotpair join` leaves it, cloned or with an empty disk. */
  replace(log: Position | null): void {
    this.powerOff();
    this.#world.trace(this.name, `replaced by a new box ${log === null ? 'without database' : ''}`);
    this.#world.ledger.forgetReigns(this.nodeId, this.peer.disk.record?.epoch ?? 0);
    this.nodeId = this.#world.random.hex(16);
    this.#replacedMs = this.#world.queue.nowMs;
    this.logRecycled = false;
    this.database.lose();
    if (log !== null) this.database.cloneAt(log);
    this.disk.record = joinedRecord(this.nodeId, this.#world.options.arbiter);
  }

  startAgent(): void {
    if (!this.powered || this.agent !== null) return;
    if (this.frozen) {
      this.#whilePowered(1, () => this.startAgent());
      return;
    }
    this.disk.settle();
    this.agent = new Agent(this.#world, this);
    this.agent.begin();
    this.#world.services?.agentStarted(this);
  }

  /** The agent's process ends; the init system starts it again. The database, the address and the watchdog go on. */
  crashAgent(pauseMs: number): void {
    if (this.agent === null || this.frozen) return;
    this.#world.trace(this.name, 'agent crashed');
    this.operatorOrdered = false;
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
    this.#noticeDevice();
    const { lan } = this.#world;
    if (!this.powered || !this.portUp || !lan.hasLink(this.side)) this.#loseLink();
    else if (!this.#carrier && !this.#linking) this.#bringLinkUp();
    const heartbeatCarrier = this.#world.heartbeatCarrier(this);
    if (heartbeatCarrier === this.#heartbeatCarrier) return;
    this.#heartbeatCarrier = heartbeatCarrier;
    this.#noticeLater(() => ({ type: 'heartbeatCarrierChanged', carrier: this.#heartbeatCarrier }));
  }

  /** The agent raised the port, or took it down. */
  setPort(up: boolean, address: boolean): void {
    this.portUp = up;
    this.addressOn = address;
    this.linksChanged();
    this.portChanged();
  }

  get isDetached(): boolean {
    return this.#detached;
  }

  /** Everything on the box stands still for so long, and goes on as if nothing had been. */
  freeze(durationMs: number): void {
    if (!this.powered || this.frozen) return;
    this.#world.trace(this.name, `stands still for ${durationMs.toFixed(0)} ms`);
    this.frozen = true;
    this.agent?.stall(durationMs);
    if (this.#kickedMs !== null) this.#kickedMs += durationMs;
    const { running } = this.database;
    this.databaseHangs.begin();
    this.database.hung = running;
    const life = this.#life;
    this.#world.queue.after(durationMs, () => {
      this.databaseHangs.end();
      if (!this.databaseHangs.active) this.database.hung = false;
      if (life !== this.#life) return;
      this.frozen = false;
      this.#world.logGrew(this);
    });
  }

  portChanged(): void {
    this.#noticeLater(() => ({ type: 'servicePortChanged', port: this.port() }));
  }

  /** A device that comes back is a new one: down, without addresses, its counters at the beginning. */
  #noticeDevice(): void {
    const detached = this.#world.lan.detached[this.side].active;
    if (detached === this.#detached || !this.powered) return;
    this.#detached = detached;
    this.portUp = false;
    this.addressOn = false;
    if (!detached) this.#carrierChanges = 0;
    this.portChanged();
  }

  #loseLink(): void {
    if (!this.#carrier && !this.#linking) return;
    this.#lostByFault = this.powered && this.portUp;
    this.#linkLostMs = this.#world.queue.nowMs;
    this.#linkTurn += 1;
    this.#linking = false;
    this.#comingUp?.end();
    this.#comingUp = null;
    if (this.#carrier) this.#setCarrier(false);
  }

  /** The link needs its time, and then a switch with spanning tree listens before it forwards. */
  #bringLinkUp(): void {
    const { linkUp } = this.#world.options;
    const { random, queue, lan } = this.#world;
    if (linkUp.linkMs === 0 && linkUp.listenMs === 0) {
      this.#setCarrier(true);
      return;
    }
    const turn = this.#linkTurn;
    // Whoever has just got its power, or raised a port that was kept down, makes no fault of the LAN.
    this.#comingUp = (this.#lostByFault ? lan.recovering : lan.raising)[this.side];
    this.#comingUp.begin();
    this.#linking = true;
    const linkMs = linkUp.linkMs * random.between(0.5, 1);
    const wasDown = queue.nowMs - this.#linkLostMs >= blinkMs;
    const listenMs = wasDown || random.chance(0.1) ? linkUp.listenMs : 0;
    queue.after(linkMs, () => {
      if (turn !== this.#linkTurn) return;
      this.#linking = false;
      this.#setCarrier(true);
      queue.after(listenMs, () => {
        if (turn !== this.#linkTurn) return;
        this.#comingUp?.end();
        this.#comingUp = null;
      });
    });
  }

  #setCarrier(carrier: boolean): void {
    this.#carrier = carrier;
    this.#carrierChanges += 1;
    this.portChanged();
  }

  /** An honest disk keeps what it said it has. */
  #loseWhatLiesInCaches(): void {
    const { planted } = this.#world.options;
    if (this.database.unflushed > 0)
      this.database.loseUnflushed(this.#world.random.below(this.database.unflushed + 1));
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
    this.#world.queue.at(this.#kickedMs + this.#world.options.settings.watchdogMs, () => {
      this.#watchdogTicking = false;
      if (this.#kickedMs === null) return;
      if (this.#world.queue.nowMs >= this.#kickedMs + this.#world.options.settings.watchdogMs)
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

/** Below every epoch of the pair: the real one is taken note of when the primary is heard. */
function joinedRecord(nodeId: NodeId, arbiter: ArbiterName): DurableRecord {
  return durableRecord({
    arbiter,
    node: nodeId,
    epoch: 0,
    holder: nodeId,
    partner: null,
    mode: 'catchup',
    pairedHolder: null,
    timeline: 0,
    lsn: 0n,
  });
}
