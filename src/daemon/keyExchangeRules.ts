// What a box may do next while the pair's key is exchanged for a new one, as a pure function of what it holds and what the other
// box has said. Both rules that keep the boxes in contact stand here: a key is sent with only when the other box is known to
// accept it, and given up only when the other box is known to send with the newer one. What was said stays true however late it
// is heard, because no box ever goes back.
import type { OtherRole } from '../protocol/keyStatement.ts';

/** Fingerprints: of the key that is sent with, and of the one that is accepted beside it. */
export type HeldKeys = {
  readonly sends: string;
  readonly other: { readonly fingerprint: string; readonly role: OtherRole } | null;
};

export type KeyStep =
  /** The offered key is accepted from now on. */
  | 'takeOffer'
  /** The next key is sent with, the one before it still accepted. */
  | 'sendNext'
  /** The previous key is given up. */
  | 'dropPrevious';

/**
 * @param said what the other box holds, by its last statement; null: not heard yet
 * @param offered the key that it offers, unsealed
 * @param isSettled whether the database here goes by the key that is sent with
 */
export function nextKeyStep(
  held: HeldKeys,
  said: HeldKeys | null,
  offered: string | null,
  isSettled: boolean,
): KeyStep | null {
  if (said === null) return null;
  const { sends, other } = held;
  if (other?.role === 'previous') return said.sends === sends && isSettled ? 'dropPrevious' : null;
  const isOffered = offered !== null && offered !== sends && said.sends === sends;
  if (other === null) return isOffered ? 'takeOffer' : null;
  // The other box sends with the next key already, so that it accepts it.
  if (said.sends === other.fingerprint) return 'sendNext';
  if (said.sends !== sends || said.other?.role !== 'next') return null;
  if (said.other.fingerprint === other.fingerprint) return 'sendNext';
  // Both boxes began an exchange: the lower key is that of both.
  return isOffered && offered < other.fingerprint ? 'takeOffer' : null;
}
