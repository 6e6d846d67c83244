// A client on the LAN that stores one row after another at whoever holds the service address, and remembers how long it
// had to wait. A row whose connection broke is in doubt: nobody told the client whether it is stored.
import { canAcknowledge } from '../simulator/invariants.ts';
import type { Box } from '../simulator/box.ts';
import type { World } from '../simulator/world.ts';
import { seconds } from './story.ts';

const pauseMs = 10;
/** A pause that a person would notice is told; of many in a row only the first ones. */
const noticeableMs = 100;
const toldInARow = 3;
const rowEndsMs = 5000;

type Attempt = { readonly box: Box; readonly incarnation: number };

export class LanClient {
  acknowledged = 0;
  inDoubt = 0;
  longestGapMs = 0;
  lastMs = 0;
  readonly #world: World;
  readonly #tell: (text: string) => void;
  #attempt: Attempt | null = null;
  #next = 0;
  #pauses = 0;
  #pausedMs = -Infinity;

  constructor(world: World, tell: (text: string) => void) {
    this.#world = world;
    this.#tell = tell;
  }

  begin(): void {
    this.lastMs = this.#world.queue.nowMs;
    this.#repeat();
  }

  forget(): void {
    this.acknowledged = 0;
    this.inDoubt = 0;
    this.longestGapMs = 0;
    this.lastMs = this.#world.queue.nowMs;
  }

  /** The longest time without an acknowledgement, the present one included. */
  get waitedMs(): number {
    return Math.max(this.longestGapMs, this.#world.queue.nowMs - this.lastMs);
  }

  get summary(): string {
    const doubt = this.inDoubt === 0 ? '' : `, ${this.inDoubt} in doubt`;
    return `${this.acknowledged} acknowledged${doubt}, longest pause ${seconds(this.waitedMs)}`;
  }

  /** The client gives up waiting for its row. */
  cancel(): void {
    if (this.#attempt === null) return;
    this.#attempt.box.database.cancelOldestWait();
    this.#attempt = null;
    this.inDoubt += 1;
  }

  #repeat(): void {
    this.#world.queue.after(pauseMs, () => {
      this.#write();
      this.#repeat();
    });
  }

  #write(): void {
    if (this.#attempt !== null && !this.#isOpen(this.#attempt)) {
      this.#attempt = null;
      this.inDoubt += 1;
    }
    if (this.#attempt !== null) return;
    const holders = this.#world.boxes.filter((box) => this.#reaches(box));
    // With two holders the LAN decides, now for one and now for the other.
    const box = holders[this.#next % Math.max(1, holders.length)];
    this.#next += 1;
    if (box === undefined || !box.database.acceptsWrites) return;
    const attempt = { box, incarnation: box.database.incarnation };
    this.#attempt = attempt;
    box.database.write((entry) => {
      this.#world.ledger.acknowledge(entry, box.name);
      this.#world.ledger.acknowledgedWrites += 1;
      this.#world.ledger.lastAcknowledgedMs = this.#world.queue.nowMs;
      if (this.#attempt === attempt) this.#acknowledge();
    });
    this.#world.logGrew(box);
  }

  #acknowledge(): void {
    const { nowMs } = this.#world.queue;
    const gapMs = nowMs - this.lastMs;
    this.#attempt = null;
    this.acknowledged += 1;
    this.lastMs = nowMs;
    this.longestGapMs = Math.max(this.longestGapMs, gapMs);
    if (gapMs >= noticeableMs) this.#tellPause(gapMs);
  }

  #tellPause(gapMs: number): void {
    const { nowMs } = this.#world.queue;
    this.#pauses = nowMs - gapMs - this.#pausedMs < rowEndsMs ? this.#pauses + 1 : 1;
    this.#pausedMs = nowMs;
    if (this.#pauses <= toldInARow)
      this.#tell(`rows are acknowledged again, after ${seconds(gapMs)}`);
    else if (this.#pauses === toldInARow + 1) this.#tell('and so on: rows come with pauses');
  }

  #isOpen({ box, incarnation }: Attempt): boolean {
    return this.#reaches(box) && box.database.incarnation === incarnation;
  }

  #reaches(box: Box): boolean {
    return box.powered && box.portUp && box.addressOn && this.#world.lan.forwards(box.side);
  }
}

/** What clients mean by serving: the address is there and a row would be acknowledged. */
export function servesClients(world: World, box: Box): boolean {
  return box.addressOn && box.database.acceptsWrites && canAcknowledge(world, box);
}
