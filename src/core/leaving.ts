// The primary leaves a paired epoch alone (I4): record first, then the setting, then waiting commits are released. From the moment
// the record is asked for it says only that it is leaving (protocol.md sections 4 and 7).
import { keepAddress } from './address.ts';
import { beginOpening, beginSolo, clearSetting, resumeOpening } from './entrances.ts';
import { peerIsAhead } from './contact.ts';
import { stepDown } from './stepDown.ts';
import type { Turn } from './turn.ts';
import { inPhaseMs, isPending } from './turn.ts';

const retryMs = 500;

export function leavingRecorded(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== 'recording') return;
  if (state.database.running && state.database.inRecovery === false) {
    clearSetting(turn);
    return;
  }
  // PostgreSQL does not run (yet): it is started with the setting of the new record.
  state.leaving = false;
  beginOpening(turn, state.reason);
}

export function leavingCleared(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== 'clearing') return;
  state.leaving = false;
  state.database = { ...state.database, synchronousSetting: false };
  if (state.database.admitted) beginSolo(turn, state.reason);
  else resumeOpening(turn, state.reason);
}

/** Commits wait as long as the setting cannot be cleared: tried again until it is. */
export function retryLeaving(turn: Turn): void {
  const { state } = turn;
  // An arbiter may be silent for long: until it answers, the address is kept as that of any paired primary.
  if (state.phase === 'asking') keepAddress(turn);
  if (state.phase !== 'clearing') return;
  if (peerIsAhead(state)) {
    stepDown(turn, { code: 'peerHasHigherEpoch' });
    return;
  }
  if (isPending(turn, 'clearSynchronous') || inPhaseMs(turn) < retryMs) return;
  if (state.database.running) clearSetting(turn);
  else leavingExited(turn);
}

export function leavingExited(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== 'clearing') return;
  state.leaving = false;
  beginOpening(turn, { code: 'databaseExited' });
}
