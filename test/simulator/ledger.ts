// What the outside world was promised: the newest acknowledged entry (everything before it in its log is promised with
// it), and who holds which epoch.
import type { DurableRecord, NodeId } from '../../src/core/record.ts';
import { contains } from './log.ts';
import type { Position } from './log.ts';

export type Violation = { readonly invariant: string; readonly text: string };

export class Ledger {
  acknowledged: Position;
  acknowledgedWrites = 0;
  lastAcknowledgedMs = 0;
  /** The first broken invariant; a run ends with it. */
  violation: Violation | null = null;
  readonly #holders = new Map<number, NodeId>();

  constructor(beginning: Position) {
    this.acknowledged = beginning;
  }

  break(invariant: string, what: string): void {
    this.violation ??= { invariant, text: what };
  }

  /** A client was told that this entry is safe, or a reader saw it. */
  acknowledge(position: Position, by: string): void {
    if (contains(position, this.acknowledged)) this.acknowledged = position;
    else if (!contains(this.acknowledged, position)) {
      this.break(
        'I1',
        `${by} acknowledged ${text(position)}, and ${text(this.acknowledged)} is not in that log`,
      );
    }
  }

  /** A record is on disk: its epoch belongs to its holder for ever. */
  noteRecord(before: DurableRecord | null, after: DurableRecord): void {
    if (before !== null && after.epoch < before.epoch) {
      this.break('I3', `${after.node} wrote epoch ${after.epoch} over ${before.epoch}`);
    }
    if (after.mode === 'catchup') return;
    const holder = this.#holders.get(after.epoch);
    if (holder !== undefined && holder !== after.holder) {
      this.break('I3', `epoch ${after.epoch} is held by ${holder} and by ${after.holder}`);
    }
    this.#holders.set(after.epoch, after.holder);
  }
}

export function text(position: Position): string {
  return `entry ${position.length} of timeline ${position.branch.timeline}`;
}
