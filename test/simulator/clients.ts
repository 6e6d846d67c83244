// Writers: telephones and servers on the LAN that go to whoever holds the service address, and processes on each box.
import type { Box } from './box.ts';
import type { Position } from './log.ts';
import type { World } from './world.ts';

/** Connections to one database; more wait for a free one. */
const maxWaiting = 40;

export class Clients {
  readonly #world: World;
  readonly #waiting = new Map<Box, { incarnation: number; count: number }>();

  constructor(world: World) {
    this.#world = world;
  }

  begin(): void {
    const { options } = this.#world;
    this.#repeat(options.writeEveryMs, () => this.#writeFromLan());
    for (const box of this.#world.boxes)
      this.#repeat(options.localWriteEveryMs, () => this.#write(box));
  }

  #repeat(meanMs: number, act: () => void): void {
    this.#world.queue.after(this.#world.random.exponential(meanMs), () => {
      act();
      this.#repeat(meanMs, act);
    });
  }

  #writeFromLan(): void {
    const { boxes, lan, random } = this.#world;
    const holders = boxes.filter(
      (box) => box.powered && box.portUp && box.addressOn && lan.forwards(box.side),
    );
    if (holders.length > 0) this.#write(random.pick(holders));
  }

  #write(box: Box): void {
    const { database } = box;
    if (!box.powered || !database.acceptsWrites) return;
    const { incarnation } = database;
    const waiting = this.#waiting.get(box);
    const count = waiting?.incarnation === incarnation ? waiting.count : 0;
    if (count >= maxWaiting) {
      this.#cancel(box, count);
      return;
    }
    this.#waiting.set(box, { incarnation, count: count + 1 });
    database.write((entry) => this.#acknowledged(box, incarnation, entry));
    this.#world.logGrew(box);
  }

  /** Rarely, because a client that gives up learns nothing. */
  #cancel(box: Box, count: number): void {
    if (!this.#world.random.chance(0.05)) return;
    box.database.cancelOldestWait();
    this.#waiting.set(box, { incarnation: box.database.incarnation, count: count - 1 });
  }

  #acknowledged(box: Box, incarnation: number, entry: Position): void {
    const { ledger, queue } = this.#world;
    ledger.acknowledge(entry, box.name);
    ledger.acknowledgedWrites += 1;
    ledger.lastAcknowledgedMs = queue.nowMs;
    const waiting = this.#waiting.get(box);
    if (waiting?.incarnation === incarnation) waiting.count -= 1;
  }
}
