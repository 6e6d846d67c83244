// What the entry of a ledger outside the pair says, and what it is turned into: by the holder who publishes its paired epoch,
// by a claim, by whoever is alone. Whatever client there is moves the entry from what it read to what these say, by
// compare-and-swap (protocol.md section 5).
import type { NodeId } from './record.ts';

export type LedgerEntry = {
  readonly epoch: number;
  readonly mode: 'paired' | 'solo';
  readonly holder: NodeId;
};

/** `won`: the ledger gave me an epoch above mine; `lost`: the peer; `refused`: neither, and nothing is under way. */
export type ClaimOutcome = 'won' | 'lost' | 'refused';

/** `epoch` is what the ledger says, or the one asked for where it was refused; `forgotten`: the ledger says nothing at all. */
export type Claim = {
  readonly outcome: ClaimOutcome;
  readonly epoch: number;
  readonly forgotten: boolean;
};

/** What the entry becomes when the holder of a paired epoch makes it known; null: it stays as it is. */
export function published(
  found: LedgerEntry | null,
  { epoch, self, create }: { epoch: number; self: NodeId; create: boolean },
): LedgerEntry | null {
  const stays = found === null ? !create : found.epoch >= epoch;
  return stays ? null : { epoch, mode: 'paired', holder: self };
}

/** What is written for a claim; null: there is nothing to claim. Without `take` it is what stands there, written again. */
export function claimed(
  found: LedgerEntry | null,
  { epoch, self, take }: { epoch: number; self: NodeId; take: boolean },
): LedgerEntry | null {
  if (found === null || found.epoch !== epoch || found.mode !== 'paired') return null;
  return take ? { epoch: epoch + 1, mode: 'solo', holder: self } : found;
}

/** What the entry gives to a node whose record is paired in `epoch`: a lone epoch is taken from nobody but by his peer's word. */
export function outcomeOf(found: LedgerEntry | null, epoch: number, self: NodeId): Claim {
  if (found === null) return { outcome: 'refused', epoch, forgotten: true };
  if (found.epoch <= epoch) return { outcome: 'refused', epoch, forgotten: false };
  const outcome = found.holder === self ? 'won' : 'lost';
  return { outcome, epoch: found.epoch, forgotten: false };
}

/** What the ledger says of an order: the epoch that was entered; null: it was refused. */
export type Order = { readonly epoch: number | null; readonly forgotten: boolean };

/** What whoever is alone in `epoch` writes; null: it stays as it is. */
export function entered(
  found: LedgerEntry | null,
  { epoch, self }: { epoch: number; self: NodeId },
): LedgerEntry | null {
  return found !== null && found.epoch >= epoch ? null : { epoch, mode: 'solo', holder: self };
}

/**
 * I1, I2. What an operator's order writes; null: it is refused. The peer to whom the ledger gave an epoch may serve, whatever the
 * operator saw when he gave an order that may land late; and one without memory cannot say.
 */
export function ordered(
  found: LedgerEntry | null,
  { epoch, self }: { epoch: number; self: NodeId },
): LedgerEntry | null {
  if (found === null || (found.mode === 'solo' && found.holder !== self)) return null;
  const next = found.epoch >= epoch ? found.epoch + 2 : epoch;
  return { epoch: next, mode: 'solo', holder: self };
}
