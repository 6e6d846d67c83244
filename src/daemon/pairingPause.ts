// Damping: a standby that comes and goes costs the clients a stall each time it goes. After a reign as a pair that ended
// soon, the next pairing waits, each time longer, up to a limit; the standby follows meanwhile and nothing is lost but the
// protection. It is a pause before something that is never urgent, so that nothing rests on it.
import type { DatabaseObservation } from '../core/events.ts';
import type { State } from '../core/state.ts';

/** A pair that held for so long is no sign of a standby in trouble. */
const steadyMs = 120_000;
const firstPauseMs = 5_000;

export type PairingPause = { readonly leftMs: number; readonly text: string };

export type Pairings = {
  /** Takes note of the state; called at every look. */
  readonly note: (state: State, now: number) => void;
  readonly pause: (now: number) => PairingPause | null;
  /** The look without the standby, while a pairing has to wait. */
  readonly withheld: (look: DatabaseObservation, state: State, now: number) => DatabaseObservation;
};

export function watchPairings(longestPauseMs: number): Pairings {
  let pairedAt: number | null = null;
  let shortOnes = 0;
  let notBefore = -Infinity;

  return {
    note: (state, now) => {
      if (state.name === 'paired') {
        pairedAt ??= now;
        if (now - pairedAt >= steadyMs) shortOnes = 0;
        return;
      }
      // What ends otherwise than in a lone reign (a handover, a restart in place) is no fault of the standby.
      if (state.name === 'leaving') return;
      if (state.name === 'solo' && pairedAt !== null) {
        if (now - pairedAt < steadyMs) shortOnes += 1;
        // The first one is everyday life: a reboot soon after the installation.
        const pauseMs = shortOnes < 2 ? 0 : firstPauseMs * 2 ** (shortOnes - 2);
        notBefore = now + Math.min(longestPauseMs, pauseMs);
      }
      pairedAt = null;
    },
    pause: (now) => {
      if (now >= notBefore) return null;
      const leftMs = Math.round(notBefore - now);
      const text = `the other box was lost ${shortOnes} times soon after the pairing: it follows, and is made synchronous in ${Math.ceil(leftMs / 1000)} s`;
      return { leftMs, text };
    },
    withheld: (look, state, now) =>
      state.name === 'solo' && now < notBefore ? { ...look, standbyStreaming: false } : look,
  };
}
