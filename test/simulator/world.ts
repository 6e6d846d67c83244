// The world: two boxes, the cable and the LAN between them, and simulated time. Everything that one part does to another
// goes through here; who may do what is decided by the cores alone.
import type { Report } from '../../src/core/effects.ts';
import type { DatabaseObservation } from '../../src/core/events.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import type { DurableRecord } from '../../src/core/record.ts';
import type { Heartbeat } from '../../src/core/standing.ts';
import type { StateName } from '../../src/core/stateName.ts';
import { decodeHeartbeat, encodeHeartbeat } from '../../src/protocol/heartbeat.ts';
import { boxA, boxB, someSystemId, thePair } from '../core/builders.ts';
import { Box } from './box.ts';
import { Consents } from './consents.ts';
import type { Core, Happening } from './core.ts';
import { Etcd } from './etcd.ts';
import { EventQueue } from './eventQueue.ts';
import { FenceDevice } from './fenceDevice.ts';
import type { Flights } from './flight.ts';
import { Ledger } from './ledger.ts';
import { newLog } from './log.ts';
import { HeartbeatCable, isAssumed, Lan } from './network.ts';
import { beginTakeover } from './operatorActs.ts';
import type { Random } from './random.ts';
import { Replication } from './replication.ts';
import { SecondPath } from './secondPath.ts';
import { Services } from './services.ts';
import { checkAdmitted, checkAsked, checkCleared, checkPromoted, checkStanding } from './steps.ts';
import { Tally } from './tally.ts';
import type { Trace } from './trace.ts';
import type { WorldOptions } from './worldOptions.ts';

const key = Buffer.alloc(32, 0x11);
/** One datagram in so many goes through its bytes; the others as values, because signing is what costs most. */
const encodedShare = 1 / 64;

export class World {
  readonly core: Core;
  readonly random: Random;
  readonly options: WorldOptions;
  readonly queue = new EventQueue();
  readonly cable: HeartbeatCable;
  readonly lan = new Lan();
  readonly secondPath: SecondPath | null;
  readonly services: Services | null;
  readonly etcd = new Etcd(this);
  readonly fence = new FenceDevice(this);
  readonly ledger: Ledger;
  readonly tally = new Tally();
  readonly consents = new Consents(this);
  readonly boxes: readonly [Box, Box];
  flights: Flights | null = null;
  commandsGiven = 0;
  /** Does not come back whatever restarts it. */
  keptOff: Box | null = null;
  onStep: ((box: Box) => void) | null = null;
  onReport: ((box: Box, report: Report) => void) | null = null;
  /** A box goes on alone, or has just begun to. */
  onAlone: ((box: Box) => void) | null = null;
  readonly #trace: Trace;
  /** By the side of the box that receives. */
  readonly #replication: readonly [Replication, Replication];
  #replayed: Heartbeat | null = null;

  constructor(core: Core, random: Random, options: WorldOptions, trace: Trace) {
    this.core = core;
    this.random = random;
    this.options = options;
    this.#trace = trace;
    this.cable = new HeartbeatCable(options.heartbeatLoss, options.heartbeatDelayMs);
    this.boxes = [new Box(this, 0, boxA, someSystemId), new Box(this, 1, boxB, someSystemId)];
    const [a, b] = this.boxes;
    this.secondPath = options.secondPath && new SecondPath(this, options.secondPath);
    this.services = options.services && new Services(this, options.services);
    this.#replication = [new Replication(this, b, a), new Replication(this, a, b)];
    const beginning = newLog();
    this.ledger = new Ledger(beginning);
    for (const box of this.boxes) {
      box.database.log = beginning;
      box.database.control = beginning;
    }
  }

  // Time and what is told of it

  trace(who: string, text: string): void {
    this.#trace.add(this.queue.nowMs, who, text);
  }

  traceEvent(box: Box, happening: Happening): void {
    this.#trace.addEvent(this.queue.nowMs, box.name, happening);
  }

  /** A box begins a step of something: the next fault may be aimed at it. */
  happens(box: Box): void {
    this.onStep?.(box);
  }

  reported(box: Box, report: Report): void {
    this.tally.count(report);
    this.onReport?.(box, report);
    this.services?.reported(box, report);
    if (report.kind === 'transition') this.happens(box);
    if (report.kind === 'transition' && isAlone(report.to)) this.onAlone?.(box);
    this.#trace.addReport(this.queue.nowMs, box.name, report);
  }

  // Arbiters

  /** What the arbiter of this world assumes of its links; one outside the pair assumes nothing. */
  get isAssumed(): boolean {
    return this.options.arbiter !== 'lan' || isAssumed(this.cable, this.lan);
  }

  ledgerMoved(before: LedgerEntry | null, after: LedgerEntry): void {
    if (before !== null && after.epoch < before.epoch)
      this.ledger.break('I3', `the arbiter goes back from ${before.epoch} to ${after.epoch}`);
  }

  ledgerForgets(): void {
    const { entry } = this.etcd;
    // What it has answered before is on its way, or waits in an agent that is blocked.
    if (entry !== null) for (const { agent } of this.boxes) agent?.forgotten.push(entry);
    this.etcd.forget();
  }

  // Power and links

  /** A power that comes back may not make a world that the arbiter excludes: the LAN is mended first. */
  mayPowerOn(box: Box, bootMs: number): void {
    if (box.powered || box.isSwitchedOff) return;
    const isExcluded = box.peer.powered && !this.isAssumed;
    const isAwaited = box.peer.operatorOrdered && box.peer.agent !== null;
    if (isExcluded || isAwaited || this.keptOff === box) {
      this.queue.after(500, () => this.mayPowerOn(box, bootMs));
      return;
    }
    this.trace(box.name, 'power returns');
    box.powerOn(bootMs);
  }

  heartbeatCarrier(box: Box): boolean {
    return (
      box.powered &&
      !this.cable.linking.active &&
      !this.cable.unplugged.active &&
      (box.peer.powered || !this.options.directCable)
    );
  }

  linksChanged(): void {
    for (const box of this.boxes) box.linksChanged();
    this.secondPath?.linksChanged();
    for (const replication of this.#replication) replication.pathChanged();
  }

  /** Frames of this box reach the peer's service port. */
  seesOnLan(box: Box): boolean {
    const { isolatedLan } = this.options;
    if (!box.powered || !box.peer.powered || !box.portUp || !box.peer.portUp) return false;
    return this.lan.whole && !isolatedLan;
  }

  claimed(by: Box, how: 'announced' | 'probed' | 'answered'): void {
    const { agent } = by.peer;
    if (agent === null || !this.seesOnLan(by)) return;
    this.queue.after(this.random.between(0.1, 2), () =>
      agent.deliver({ type: 'addressClaimed', mac: by.mac, how }),
    );
  }

  announce(box: Box): void {
    if (!box.addressOn || box.frozen) return;
    for (const delayMs of [0, 200, 1000, 3000]) {
      this.queue.after(delayMs, () => {
        if (box.addressOn && !box.frozen) this.claimed(box, 'announced');
      });
    }
  }

  // Heartbeats

  sendHeartbeat(box: Box, heartbeat: Heartbeat): void {
    checkStanding(this, box, heartbeat.standing);
    this.secondPath?.send(box, heartbeat);
    const { cable, random } = this;
    if (!cable.passes(box.side) || !box.peer.powered || cable.loses(random)) return;
    if (cable.filters(box.side, random)) return;
    const sent = random.chance(encodedShare) ? throughBytes(heartbeat) : heartbeat;
    this.#arriveLater(box.peer, sent, cable.delayMs(random));
    if (random.chance(0.001)) this.#replay(box.peer, sent);
  }

  /** A datagram arrives twice, or an old one once more, whoever it was meant for. */
  #replay(to: Box, heartbeat: Heartbeat): void {
    const again = this.random.chance(0.5) ? heartbeat : (this.#replayed ?? heartbeat);
    this.#arriveLater(to, again, this.random.between(0, 3000));
    this.#replayed = heartbeat;
  }

  #arriveLater(to: Box, heartbeat: Heartbeat, delayMs: number): void {
    this.queue.after(delayMs, () => {
      if (this.cable.passes(to.peer.side))
        to.agent?.deliver({ type: 'heartbeatReceived', path: 'eth1', heartbeat });
    });
  }

  // Records

  recordAsked(box: Box, record: DurableRecord): void {
    this.trace(box.name, `writes ${record.mode} ${record.epoch} ${record.handed} ${record.job}`);
    this.happens(box);
    checkAsked(this, box, record);
    this.consents.check(box, box.agent?.state.record ?? null, record);
    if (box.operatorOrdered && record.mode === 'solo') beginTakeover(this, box, record.epoch);
  }

  recordWritten(box: Box, before: DurableRecord | null, after: DurableRecord): void {
    this.trace(
      box.name,
      `record on disk: ${after.mode} ${after.epoch} ${after.handed} ${after.job}`,
    );
    this.happens(box);
    this.ledger.noteRecord(before, after);
    // The operator saw what may be lost and accepted it.
    if (after.mode === 'solo' && after.epoch === box.operatorEpoch)
      this.ledger.accept(box.database.flushed);
  }

  // Databases

  replicationFrom(box: Box): Replication {
    return this.#replication[box.peer.side];
  }

  replicationTo(box: Box): Replication {
    return this.#replication[box.side];
  }

  databasesMeet(): boolean {
    const [a, b] = this.boxes;
    return (
      a.powered && b.powered && this.cable.passesBothWays && !this.cable.replicationBlocked.active
    );
  }

  observe(box: Box): DatabaseObservation {
    return box.database.observation(
      this.replicationTo(box).standbySees,
      this.replicationFrom(box).primarySees,
    );
  }

  logGrew(box: Box): void {
    this.replicationFrom(box).pump();
  }

  /** It hung with its connections open: what was sent to it meanwhile waits in their buffers. */
  databaseAnswersAgain(box: Box): void {
    this.logGrew(box);
    this.replicationTo(box).pathChanged();
  }

  databaseStarted(box: Box): void {
    box.database.hung = box.databaseHangs.active;
    this.replicationTo(box).seek();
    this.replicationTo(box.peer).seek();
  }

  /** However it ended; a crash is told to the agent, an ordered stop is answered by its effect. */
  databaseEnded(box: Box, clean: boolean): void {
    box.database.end(clean);
    for (const replication of this.#replication) replication.close(box);
  }

  databasePromoted(box: Box): void {
    checkPromoted(this, box);
    this.replicationTo(box).close(box);
    this.replicationFrom(box).seek();
    this.queue.after(this.random.between(300, 8000), () => {
      if (!box.database.isPrimary || box.database.hung) return;
      box.database.checkpoint();
      this.logGrew(box);
    });
  }

  synchronousCleared(box: Box): void {
    checkCleared(this, box);
  }

  /** Whoever is let in reads what recovery left: it counts as promised from now on. */
  clientsAdmitted(box: Box): void {
    if (!box.database.isPrimary) return;
    checkAdmitted(this, box);
    this.ledger.acknowledge(box.database.visible, box.name);
    this.logGrew(box);
  }
}

function isAlone(name: StateName): boolean {
  return name === 'leaving' || name === 'takingOver' || name === 'solo';
}

function throughBytes(heartbeat: Heartbeat): Heartbeat {
  const decoded = decodeHeartbeat(encodeHeartbeat(heartbeat, thePair, key), thePair, key);
  if (!decoded.ok) throw new Error(`a heartbeat of the core cannot be sent: ${decoded.problem}`);
  return decoded.heartbeat;
}
