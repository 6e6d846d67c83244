// Two nodes that hold the same epoch: only after an assumption of the arbiter was broken. Both compute the same winner from
// both statements; it writes a higher solo, the other hears that and keeps what it alone has (protocol.md section 7).
import type { Standing } from './standing.ts';
import type { Turn } from './turn.ts';
import { write } from './turn.ts';
import { soloRecord } from './records.ts';

/** Returns whether a record was asked for. */
export function resolveTwoPrimaries(turn: Turn, said: Standing): boolean {
  const { state } = turn;
  const { record } = state;
  if (record === null || said.record === null || state.writing !== null) return false;
  if (
    said.record.mode === 'catchup' ||
    said.record.epoch !== record.epoch ||
    said.record.holder === record.holder
  )
    return false;
  if (!isWinner(turn, said)) return false;
  write(turn, soloRecord(turn, record.epoch + 1));
  return true;
}

export function seesTwoPrimaries(turn: Turn, said: Standing): boolean {
  const { record } = turn.state;
  return (
    record !== null &&
    record.holder === turn.settings.self &&
    record.mode !== 'catchup' &&
    said.record !== null &&
    said.record.mode !== 'catchup' &&
    said.record.epoch === record.epoch &&
    said.record.holder !== record.holder
  );
}

/** The side that acknowledged alone goes on; if both or neither did, the holder of the last common paired epoch. */
function isWinner(turn: Turn, said: Standing): boolean {
  const { state, settings } = turn;
  if (state.acknowledgedAlone !== said.acknowledgedAlone) return state.acknowledgedAlone;
  const mine = state.record?.pairedHolder ?? said.record?.pairedHolder ?? null;
  const theirs = said.record?.pairedHolder ?? mine;
  // Both must come to the same answer, also where they do not agree on what the last common epoch was.
  if (mine === theirs && mine === settings.self) return true;
  if (mine === theirs && mine === state.contact.peer) return false;
  return settings.self < (state.contact.peer ?? '');
}
