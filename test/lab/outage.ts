// The two figures that the client's list gives: the outage and the lost rows. Pure.

import type { Acknowledgement } from './clientProcess.ts';

/** The longest gap, in ms, between two acknowledged rows that ends after the fault; null: none. */
export function longestGapMs(
  acknowledged: readonly Acknowledgement[],
  faultAtMs: number,
): number | null {
  let longest: number | null = null;
  for (const [index, { atMs }] of acknowledged.entries()) {
    const before = acknowledged[index - 1];
    if (before === undefined || atMs <= faultAtMs) continue;
    longest = Math.max(longest ?? 0, atMs - before.atMs);
  }
  return longest;
}

/** How many acknowledged rows are not in the table. */
export function countLost(
  acknowledged: readonly Pick<Acknowledgement, 'row'>[],
  stored: ReadonlySet<number>,
): number {
  return acknowledged.filter(({ row }) => !stored.has(row)).length;
}
