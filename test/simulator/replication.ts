// Streaming replication from one box's PostgreSQL to the other's over the heartbeat cable: connect, ship, flush, report.
// A cut stalls it; what was under way arrives or does not, and each end notices a dead peer only after a while.
import type { Box } from './box.ts';
import { contains, prefix, seemsToContain } from './log.ts';
import type { Position } from './log.ts';
import type { World } from './world.ts';

const retryMs = 250;
/** A sender that is behind ships so often. */
const shipMs = 10;

export class Replication {
  readonly #world: World;
  readonly #from: Box;
  readonly #to: Box;
  /** What each end believes. */
  standbySees = false;
  primarySees = false;
  #connection = 0;
  #sentLength = 0;
  #retrying = false;
  #watching = false;
  #retransmitting = false;
  #shipping = false;

  constructor(world: World, from: Box, to: Box) {
    this.#world = world;
    this.#from = from;
    this.#to = to;
  }

  get isLive(): boolean {
    return (
      this.standbySees && this.primarySees && this.#passes(this.#from) && this.#passes(this.#to)
    );
  }

  /** Called whenever the standby may want to connect: it tries until it streams or is no standby any more. */
  seek(): void {
    if (this.#retrying || !this.#isWanted()) return;
    this.#retrying = true;
    this.#world.queue.after(this.#world.random.between(20, retryMs), () => {
      this.#retrying = false;
      this.#connect();
      this.seek();
    });
  }

  /** Ships whatever the primary has flushed since. */
  pump(): void {
    const { database } = this.#from;
    if (!this.primarySees || database.hung || this.#sentLength >= database.log.length) return;
    if (!this.#passes(this.#from)) {
      this.#watchCut();
      return;
    }
    const { shipEntries } = this.#world.options;
    this.#sentLength = Math.min(database.log.length, this.#sentLength + shipEntries);
    const sent = prefix(database.log, this.#sentLength);
    this.#whileConnected(this.#delayMs(), () => this.#arrive(sent));
    if (sent.length === database.log.length || this.#shipping) return;
    // A cable has its width: a standby that was away for long is behind for a while.
    this.#shipping = true;
    this.#world.queue.after(shipMs, () => {
      this.#shipping = false;
      this.pump();
    });
  }

  /** One end closed the connection: the other hears of it at once if frames pass, else when it loses patience. */
  close(by: Box): void {
    if (!this.standbySees && !this.primarySees) return;
    if (by === this.#to) this.standbySees = false;
    else this.primarySees = false;
    const connection = this.#connection;
    const delayMs = by.powered && this.#passes(by) ? 1 : this.#world.random.between(2000, 6000);
    this.#world.queue.after(delayMs, () => {
      if (connection === this.#connection) this.#drop();
    });
  }

  /** The cable was cut or mended. */
  pathChanged(): void {
    this.#watchCut();
    if (
      !this.#passes(this.#from) ||
      !this.#passes(this.#to) ||
      this.#retransmitting ||
      !this.primarySees
    )
      return;
    this.#retransmitting = true;
    this.#world.queue.after(this.#world.random.between(0, 800), () => {
      this.#retransmitting = false;
      this.#resend();
    });
  }

  #isWanted(): boolean {
    const { database } = this.#to;
    return this.#to.powered && database.running && database.role === 'standby' && !this.standbySees;
  }

  #connect(): void {
    const source = this.#from.database;
    if (
      !this.#isWanted() ||
      !this.#from.powered ||
      !source.isPrimary ||
      source.hung ||
      this.#to.database.hung
    )
      return;
    if (
      !this.#passes(this.#from) ||
      !this.#passes(this.#to) ||
      this.#world.cable.replicationBlocked.active
    )
      return;
    const { log } = this.#to.database;
    if (!seemsToContain(source.log, log) || this.#to.logRecycled) return;
    if (!contains(source.log, log)) {
      if (!this.#to.database.touchedByHand)
        this.#world.ledger.break('I1', `${this.#to.name} follows from a fork that nobody sees`);
      return;
    }
    this.#connection += 1;
    this.standbySees = true;
    this.primarySees = true;
    this.#sentLength = this.#to.database.log.length;
    source.standbyFlush = null;
    this.#report();
    this.pump();
  }

  #arrive(sent: Position): void {
    const { database } = this.#to;
    const { length } = sent;
    if (!this.standbySees || database.hung || !this.#passes(this.#from)) return;
    if (length > database.log.length) database.receive(sent);
    this.#whileConnected(this.#world.random.between(0.2, 3) + this.#to.diskDelayMs(), () => {
      // A receiver that was ended, by a promotion or a stop, flushes and reports nothing more.
      if (!this.standbySees) return;
      database.flush(length);
      this.#report();
    });
  }

  #report(): void {
    const { length } = this.#to.database.flushed;
    if (!this.#passes(this.#to)) {
      this.#watchCut();
      return;
    }
    this.#whileConnected(this.#delayMs(), () => {
      if (!this.primarySees || !this.#passes(this.#to)) return;
      this.#from.database.standbyFlushed(length);
    });
  }

  #resend(): void {
    if (!this.primarySees || !this.standbySees || !this.#passes(this.#from)) return;
    this.#sentLength = this.#to.database.log.length;
    this.#report();
    this.pump();
  }

  /** A cut that lasts ends the connection; how long each end is patient is drawn once for the cut. */
  #watchCut(): void {
    if (this.#watching || (this.#passes(this.#from) && this.#passes(this.#to))) return;
    if (!this.primarySees && !this.standbySees) return;
    this.#watching = true;
    const connection = this.#connection;
    this.#world.queue.after(this.#world.random.between(1500, 6000), () => {
      this.#watching = false;
      if (connection !== this.#connection) return;
      if (this.#passes(this.#from) && this.#passes(this.#to)) this.pathChanged();
      else this.#drop();
    });
  }

  /** The receiver flushes what it has before it ends. */
  #drop(): void {
    this.#to.database.unflushed = 0;
    this.#connection += 1;
    this.standbySees = false;
    this.primarySees = false;
    this.seek();
  }

  #passes(from: Box): boolean {
    const { cable } = this.#world;
    return (
      cable.passes(from.side) &&
      this.#from.powered &&
      this.#to.powered &&
      !cable.replicationBlocked.active
    );
  }

  #delayMs(): number {
    const { cable, random } = this.#world;
    return cable.delayMs(random) + (cable.loses(random) ? random.between(200, 400) : 0);
  }

  #whileConnected(delayMs: number, run: () => void): void {
    const connection = this.#connection;
    this.#world.queue.after(delayMs, () => {
      if (connection === this.#connection) run();
    });
  }
}
