// A model of one box's PostgreSQL: a log on disk, a role, the switch that makes commits wait, and the commits that wait.
// What survives power loss is the flushed log; everything else belongs to the running postmaster.
import { common, contains, extend, fork, lsnOf, newLog, prefix } from './log.ts';
import { seemingCommon, seemsToContain } from './log.ts';
import type { Position } from './log.ts';
import type { DatabaseObservation } from '../../src/core/events.ts';

type Acknowledge = (entry: Position) => void;
type Waiter = { readonly entry: Position; readonly acknowledge: Acknowledge };

export class Database {
  readonly systemId: string;
  present = true;
  running = false;
  hung = false;
  role: 'primary' | 'standby' = 'standby';
  /** Everything flushed on this box. */
  log: Position = newLog();
  /** The newest entries of a standby that are received and not flushed: power loss takes some of them. */
  unflushed = 0;
  /** The newest checkpoint that its control file names. */
  control: Position = this.log;
  /** Half-way through a rewind: to start it now would be to serve garbage. */
  broken = false;
  /** A server is coming up, and may be seen before it gives up. */
  isComingUp = false;
  /** Recovery finds nothing to begin with: every start fails until the directory is replaced. */
  lostCheckpoint = false;
  /** Somebody wrote to it beside the pair: what that forked within its timeline, nobody has promised to see. */
  touchedByHand = false;
  /** Whether its control file shows that; pg_rewind writes that file last. */
  showsBroken = false;
  /** The last stop left work for crash recovery. */
  crashed = false;
  /** In the settings file, and in the checkpointer's shared memory. */
  synchronousSetting = false;
  synchronous = false;
  admitted = false;
  /** Log that readers saw, or will see when they are let in, without any wait. */
  visible: Position = this.log;
  standbyFlush: number | null = null;
  /** Counts orders that make older ones void: stops, and clearings of the setting. */
  orders = 0;
  /** Changes with every start and every end of the postmaster. */
  incarnation = 0;
  #waiters: Waiter[] = [];
  #wasStandby = false;

  constructor(systemId: string) {
    this.systemId = systemId;
  }

  /** How a postmaster that somebody starts by hand would come up: as the signal file says. */
  get roleOnDisk(): 'primary' | 'standby' {
    return this.#wasStandby ? 'standby' : 'primary';
  }

  get flushed(): Position {
    return this.unflushed === 0 ? this.log : prefix(this.log, this.log.length - this.unflushed);
  }

  get isPrimary(): boolean {
    return this.running && this.role === 'primary';
  }

  get acceptsWrites(): boolean {
    return this.isPrimary && this.admitted && !this.hung;
  }

  /** A rewind takes its source's timeline from the control file, which a promotion does not renew at once. */
  get rewindable(): boolean {
    return this.isPrimary && this.control.branch === this.log.branch;
  }

  start(role: 'primary' | 'standby', synchronous: boolean): void {
    this.incarnation += 1;
    // A standby's directory becomes a primary only with a timeline of its own.
    if (role === 'primary' && this.#wasStandby) this.log = fork(this.log);
    this.#wasStandby = role === 'standby';
    this.running = true;
    this.hung = false;
    this.role = role;
    this.synchronousSetting = synchronous;
    this.synchronous = synchronous;
    this.admitted = false;
    this.crashed = false;
    this.standbyFlush = null;
    if (role === 'primary') this.checkpoint();
    this.visible = this.log;
  }

  /** The postmaster ends, however: waiting commits are lost to their clients, not to the log. */
  end(clean: boolean): void {
    this.unflushed = 0;
    this.isComingUp = false;
    if (!this.running) return;
    this.incarnation += 1;
    this.running = false;
    this.hung = false;
    this.admitted = false;
    this.crashed = !clean;
    this.standbyFlush = null;
    this.#waiters = [];
  }

  /** Appends one entry; `acknowledge` is called as soon as the commit rules allow. */
  write(acknowledge: Acknowledge): void {
    this.append();
    if (this.synchronous) this.#waiters.push({ entry: this.log, acknowledge });
    else acknowledge(this.log);
  }

  append(): void {
    this.log = extend(this.log);
  }

  /** Received from the primary, as far as its log went when it was sent. */
  receive(sent: Position): void {
    this.unflushed += sent.length - this.log.length;
    this.log = sent;
  }

  flush(length: number): void {
    this.unflushed = Math.min(this.unflushed, Math.max(0, this.log.length - length));
  }

  /** The power is lost: of what was not flushed, some is on the disk all the same. */
  loseUnflushed(lost: number): void {
    this.log = prefix(this.log, this.log.length - Math.min(lost, this.unflushed));
    this.unflushed = 0;
  }

  /** The data directory is gone, with its disk or by a mistake. */
  lose(): void {
    this.present = false;
    this.broken = false;
  }

  loseNewest(count: number): void {
    this.log = prefix(this.log, Math.max(1, this.log.length - count));
    this.control = this.log;
  }

  checkpoint(): void {
    if (this.role === 'primary') this.append();
    this.control = this.log;
  }

  standbyFlushed(length: number): void {
    this.standbyFlush = Math.max(length, this.standbyFlush ?? 0);
    const done = this.#waiters.filter((waiter) => waiter.entry.length <= length);
    this.#waiters = this.#waiters.filter((waiter) => waiter.entry.length > length);
    for (const waiter of done) waiter.acknowledge(waiter.entry);
  }

  clearSynchronous(): void {
    this.synchronous = false;
    const released = this.#waiters;
    this.#waiters = [];
    for (const waiter of released) waiter.acknowledge(waiter.entry);
  }

  /** A client gives up waiting: what it is told is in doubt, and nobody counts it as acknowledged. */
  cancelOldestWait(): void {
    this.#waiters.shift();
  }

  promote(): void {
    this.unflushed = 0;
    this.role = 'primary';
    this.#wasStandby = false;
    this.log = fork(this.log);
    this.visible = this.log;
    this.synchronous = false;
    this.synchronousSetting = false;
    this.standbyFlush = null;
  }

  /** pg_rewind compares timelines, as the two control files name them, and where they parted. */
  needsRewind(source: Database): boolean {
    const isLater = source.control.branch.timeline !== this.log.branch.timeline;
    return isLater && !seemsToContain(source.log, this.log);
  }

  /** A crash let this log fork within its timeline: blocks that only the fork wrote would be left as they are. */
  forkedUnseenFrom(source: Database): boolean {
    if (this.touchedByHand || !this.needsRewind(source)) return false;
    return !contains(source.log, seemingCommon(this.log, source.log));
  }

  /** False where pg_rewind would say that there is nothing to do, and leave the old log as it is. */
  rewindTo(source: Database): boolean {
    if (!this.needsRewind(source)) return false;
    this.log = common(source.log, this.log);
    this.touchedByHand = false;
    this.control = this.log;
    this.crashed = false;
    this.#wasStandby = true;
    return true;
  }

  cloneFrom(source: Database): void {
    this.cloneAt(source.log);
  }

  cloneAt(log: Position): void {
    this.touchedByHand = false;
    this.present = true;
    this.log = log;
    this.control = log;
    this.#wasStandby = true;
    this.broken = false;
    this.lostCheckpoint = false;
    this.crashed = false;
  }

  observation(receiving: boolean, standbyStreaming: boolean): DatabaseObservation {
    const answering = this.running && !this.hung;
    const position = this.flushed;
    return {
      present: this.present && !(this.broken && this.showsBroken),
      running: this.running || this.isComingUp,
      answering,
      inRecovery: answering ? this.role === 'standby' : null,
      systemId: this.present && !(this.broken && this.showsBroken) ? this.systemId : null,
      timeline: this.present ? position.branch.timeline : null,
      lsn: !this.present || (this.running && this.hung) ? null : lsnOf(position),
      receiving: answering && receiving,
      standbyStreaming: answering && standbyStreaming,
      standbyFlushLsn:
        answering && this.standbyFlush !== null
          ? lsnOf({ branch: this.log.branch, length: this.standbyFlush })
          : null,
      synchronousSetting: this.synchronousSetting,
      admitted: this.admitted,
      rewindable: answering && this.rewindable,
      majorVersion: this.present ? 15 : null,
      problem: this.hung ? { code: 'noAnswer', text: 'PostgreSQL does not answer' } : null,
    };
  }
}
