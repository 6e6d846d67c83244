// The log that a primary keeps for a standby that does not fetch it: how much more may be written before it is given up
// for the disk's sake, told while there is time to bring the other box back.
import type { Finding } from './care.ts';
import { parseLsn } from './lsn.ts';
import { openRoomWatch, sizeText, spanText } from './room.ts';
import type { Row } from './session.ts';

const logLimits = {
  low: { fraction: 0.5, bytes: Infinity, seconds: 60 * 60 },
  almostGone: { fraction: 0.2, bytes: Infinity, seconds: 10 * 60 },
} as const;

export type SlotCare = { readonly note: (row: Row, budgetMb: number) => Finding[] };

/** How much of the budget is left, and whether it was given up. */
export function openSlotCare(): SlotCare {
  const left = openRoomWatch(logLimits);
  let last: bigint | null = null;
  let isLost = false;
  return {
    note: (row, budgetMb) => {
      const isActive = row['active'] === true;
      const position = parseLsn(textOf(row['restart_lsn']));
      // The slot of a peer that does not fetch stands still, unless it was given up and made anew.
      const isMoved = last !== null && position !== null && position > last;
      if (isActive) isLost = false;
      else if (row['wal_status'] === 'lost' || isMoved) isLost = true;
      last = position;
      if (isLost) {
        const text =
          'the log for the missing standby was given up to keep the disk from filling: it is cloned when it is back';
        return [{ name: 'standbyLogLost', text, unfit: null }];
      }
      const safe = Number.parseFloat(textOf(row['safe_wal_size']));
      if (Number.isNaN(safe)) return [];
      const sample = {
        at: performance.now(),
        left: Math.max(0, safe),
        whole: budgetMb * 1024 * 1024,
      };
      const stage = left.note(sample);
      if (stage === 'ample' || isActive) return [];
      const seconds = left.secondsLeft();
      const until =
        seconds === null ? '' : `, in ${spanText(seconds)} at the rate of the last minutes`;
      const text = `the log for the missing standby is given up after another ${sizeText(sample.left)}${until}: then it is cloned anew`;
      return [
        { name: stage === 'low' ? 'standbyLogShort' : 'standbyLogAlmostLost', text, unfit: null },
      ];
    },
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
