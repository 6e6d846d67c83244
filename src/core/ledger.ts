// What the entry of a ledger outside the pair says, and what it is turned into: by the holder who publishes its paired epoch,
// by a claim, by whoever is alone. Whatever client there is moves the entry from what it read to what these say, by
// compare-and-swap (protocol.md section 5).
import type { NodeId } from './record.ts';

export type LedgerEntry = {
  readonly epoch: number;
  readonly mode: 'paired' | 'solo';
  readonly holder: NodeId;
  /**
   * Of a lone entry: the paired epoch out of which its holder took it while nobody else took anything. Null where somebody
   * had, or where nobody knows: such an entry may stand above a peer who serves already.
   */
  readonly takenFrom: number | null;
};

/**
 * `won`: the ledger gave me the epoch; `lost`: the peer; `contested`: it names me, above one that it may have given to the peer;
 * `refused`: none of these, and nothing is under way.
 */
export type ClaimOutcome = 'won' | 'lost' | 'contested' | 'refused';

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
  return stays ? null : { epoch, mode: 'paired', holder: self, takenFrom: null };
}

/** What is written for a claim; null: there is nothing to claim. Without `take` it is what stands there, written again. */
export function claimed(
  found: LedgerEntry | null,
  { epoch, self, take }: { epoch: number; self: NodeId; take: boolean },
): LedgerEntry | null {
  if (found === null || found.epoch !== epoch || found.mode !== 'paired') return null;
  return take ? { epoch: epoch + 1, mode: 'solo', holder: self, takenFrom: epoch } : found;
}

/**
 * I1. What the entry gives to a node whose record is paired in `epoch`. An operator's order that was carried out late may have
 * passed over a claim that the peer has won: only what nobody else came between is a win.
 */
export function outcomeOf(found: LedgerEntry | null, epoch: number, self: NodeId): Claim {
  if (found === null) return { outcome: 'refused', epoch, forgotten: true };
  if (found.epoch <= epoch) return { outcome: 'refused', epoch, forgotten: false };
  const { takenFrom } = found;
  const isFirst = takenFrom !== null && takenFrom <= epoch;
  const mine = isFirst ? 'won' : 'contested';
  return { outcome: found.holder === self ? mine : 'lost', epoch: found.epoch, forgotten: false };
}

/** What whoever is alone in `epoch` writes, or with `above` an operator's order; null: it stays as it is. */
export function entered(
  found: LedgerEntry | null,
  { epoch, self, above }: { epoch: number; self: NodeId; above: boolean },
): LedgerEntry | null {
  // An order stands on what the ledger gave away before: one without memory cannot say.
  if (found === null) return above ? null : { epoch, mode: 'solo', holder: self, takenFrom: null };
  if (found.epoch >= epoch && !above) return null;
  const next = found.epoch >= epoch ? found.epoch + 2 : epoch;
  return { epoch: next, mode: 'solo', holder: self, takenFrom: origin(found, self) };
}

function origin(found: LedgerEntry, self: NodeId): number | null {
  if (found.mode === 'paired') return found.epoch;
  return found.holder === self ? found.takenFrom : null;
}
