// The arbiter outside the pair, behind one interface: what the core asks of it, and what the status says of it. An arbiter
// inside the pair (`lan`, `manual`) has nobody to ask: the core never does, and whoever does all the same is refused.
import type { Effect } from '../core/effects.ts';
import type { ArbiterName } from '../core/record.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import type { Happening } from './mailbox.ts';

type EffectOf<N extends Effect['type']> = Extract<Effect, { readonly type: N }>;

/**
 * Each request answers with the one event that its effect names, or rejects with a HotpairError: then nothing is known of
 * the outcome. A wrong or doubtful answer of the world outside is a rejection, never a grant. A request ends by itself
 * within its deadline.
 */
export type Arbiter = {
  publishEpoch(effect: EffectOf<'publishEpoch'>): Promise<Happening>;
  claimEpoch(effect: EffectOf<'claimEpoch'>): Promise<Happening>;
  enterEpoch(effect: EffectOf<'enterEpoch'>): Promise<Happening>;
  fencePeer(effect: EffectOf<'fencePeer'>): Promise<Happening>;
  unfencePeer(effect: EffectOf<'unfencePeer'>): Promise<Happening>;
  status(): ArbiterStatus;
  /** Reads the files beside the configuration again; returns whether anything has changed. Throws HotpairError about one of them. */
  readAgain(): boolean;
  close(): void;
};

export type ArbiterStatus = {
  readonly type: ArbiterName;
  /** How it stands with it now, in one line; null where there is nobody outside the pair. */
  readonly state: string | null;
  /** What is wrong with it now. */
  readonly problem: { readonly code: string; readonly text: string } | null;
};

/** The arbiter of a pair that has none outside. */
export function insideArbiter(type: ArbiterName): Arbiter {
  return { ...noLedger(type), ...noPowerSwitch(type), ...nothingToTell(type) };
}

/** For an arbiter that keeps no ledger: refuses what only a ledger can answer. */
export function noLedger(
  type: ArbiterName,
): Pick<Arbiter, 'publishEpoch' | 'claimEpoch' | 'enterEpoch'> {
  const refuse = refusing('ARBITER_NO_LEDGER', `the arbiter ${type} keeps no ledger`);
  return { publishEpoch: refuse, claimEpoch: refuse, enterEpoch: refuse };
}

/** For an arbiter that switches nothing: refuses to switch the peer. */
export function noPowerSwitch(type: ArbiterName): Pick<Arbiter, 'fencePeer' | 'unfencePeer'> {
  const refuse = refusing('ARBITER_NO_FENCE', `the arbiter ${type} cannot switch the other box`);
  return { fencePeer: refuse, unfencePeer: refuse };
}

function nothingToTell(type: ArbiterName): Pick<Arbiter, 'status' | 'readAgain' | 'close'> {
  const status = { type, state: null, problem: null };
  return { status: () => status, readAgain: () => false, close() {} };
}

function refusing(code: string, message: string): () => Promise<Happening> {
  return async () => Promise.reject(new HotpairError(code, message));
}
