// What the outside world was promised: the newest acknowledged entry (everything before it in its log is promised with
// it), and who holds which epoch.
import type { AgentStart, DurableRecord, Mode, NodeId } from '../../src/core/record.ts';
import type { Grant } from '../../src/core/standing.ts';
import { common, contains } from './log.ts';
import type { Position } from './log.ts';

export type Violation = { readonly invariant: string; readonly text: string };

type EligibilityGrant = Omit<Extract<Grant, { readonly type: 'eligibility' }>, 'type'>;

export class Ledger {
  acknowledged: Position;
  acknowledgedWrites = 0;
  lastAcknowledgedMs = 0;
  /** The first broken invariant; a run ends with it. */
  violation: Violation | null = null;
  readonly #reigns = new Map<number, { readonly holder: NodeId; readonly mode: Mode }>();
  /** Where both boxes were replaced, one after the other, nobody knows how far the first had counted. */
  readonly #gone = new Set<NodeId>();
  /** Every epoch and counter that was granted, by the agent start that it was granted to. */
  readonly #grants = new Map<AgentStart, Set<string>>();

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
    const { holder, mode } = after;
    const reign = this.#reigns.get(after.epoch);
    if (reign === undefined) {
      this.#reigns.set(after.epoch, { holder, mode });
    } else if (reign.holder !== holder || reign.mode !== mode) {
      this.break(
        'I3',
        `epoch ${after.epoch} is ${reign.mode} of ${reign.holder} and ${mode} of ${holder}`,
      );
    }
  }

  /** A box is gone for good, and with it what only it knew of its reigns above `epoch`. */
  forgetReigns(holder: NodeId, epoch: number): void {
    this.#gone.add(holder);
    for (const [reign, { holder: held }] of this.#reigns)
      if (this.#gone.has(held) && reign > epoch) this.#reigns.delete(reign);
  }

  noteGrant({ toStart, epoch, lossCounter }: EligibilityGrant): void {
    const granted = this.#grants.get(toStart);
    const key = `${epoch}/${lossCounter}`;
    if (granted === undefined) this.#grants.set(toStart, new Set([key]));
    else granted.add(key);
  }

  wasGranted({ toStart, epoch, lossCounter }: EligibilityGrant): boolean {
    return this.#grants.get(toStart)?.has(`${epoch}/${lossCounter}`) === true;
  }

  /** An operator gives up whatever is not in this log. */
  accept(log: Position): void {
    if (!contains(log, this.acknowledged)) this.acknowledged = common(log, this.acknowledged);
  }
}

export function text(position: Position): string {
  return `entry ${position.length} of timeline ${position.branch.timeline}`;
}
