// Invariants of the whole world, checked after every event.
import type { Box } from './box.ts';
import { text } from './ledger.ts';
import { contains } from './log.ts';
import { holdsAlone, said } from './steps.ts';
import type { World } from './world.ts';

const maxQueue = 5000;

export class Invariants {
  readonly #world: World;
  readonly #conflictGraceMs: number;
  #conflictMs: number | null = null;
  #available = false;
  #checkedMs = 0;
  /** How long some box could acknowledge a write, of a client on the LAN or of a process on the box. */
  availableMs = 0;

  constructor(world: World) {
    this.#world = world;
    // Two heartbeats to hear of the conflict, and the time that taking the address off takes.
    this.#conflictGraceMs = 2 * world.options.settings.heartbeatIntervalMs + 60;
  }

  check(): void {
    const { nowMs } = this.#world.queue;
    if (this.#available) this.availableMs += nowMs - this.#checkedMs;
    this.#checkedMs = nowMs;
    this.#world.consents.pass();
    const [a, b] = this.#world.boxes;
    const aAcknowledges = canAcknowledge(this.#world, a);
    const bAcknowledges = canAcknowledge(this.#world, b);
    if (aAcknowledges) this.#holdsEverything(a);
    if (bAcknowledges) this.#holdsEverything(b);
    if (aAcknowledges && bAcknowledges) this.#world.ledger.break('I2', 'A and B can acknowledge');
    this.#oneAddress(a, b);
    this.#available = (aAcknowledges && !a.database.hung) || (bAcknowledges && !b.database.hung);
    if (this.#world.queue.length > maxQueue)
      this.#world.ledger.break('bounded', 'too much is under way');
  }

  #holdsEverything(box: Box): void {
    const { ledger } = this.#world;
    const { database } = box;
    if (!contains(database.log, ledger.acknowledged)) {
      ledger.break(
        'I1',
        `${box.name} can acknowledge and lacks ${text(ledger.acknowledged)}: it ends at ${text(database.log)}`,
      );
    }
    if (!database.synchronous && !holdsAlone(box)) {
      ledger.break('I4', `${box.name} acknowledges alone with ${said(box.disk.record)} on disk`);
    }
  }

  /** V3: two addresses only as long as the boxes could not hear of it. */
  #oneAddress(a: Box, b: Box): void {
    const { queue, cable, ledger } = this.#world;
    const bothServe = a.addressOn && b.addressOn && hears(a) && hears(b);
    if (!bothServe || !cable.carriesHeartbeats || cable.lossy.active || cable.reordering.active) {
      this.#conflictMs = null;
      return;
    }
    this.#conflictMs ??= queue.nowMs;
    if (queue.nowMs - this.#conflictMs > this.#conflictGraceMs)
      ledger.break('V3', 'A and B hold the service address and hear each other');
  }
}

function hears(box: Box): boolean {
  return box.agent !== null && !box.agent.isStalled;
}

/** A primary whose commits wait can acknowledge only while its standby streams. */
export function canAcknowledge(world: World, box: Box): boolean {
  const { database } = box;
  if (!box.powered || !database.isPrimary || !database.admitted) return false;
  return !database.synchronous || world.replicationFrom(box).isLive;
}
