// The figures of a trial: the longest gap that ends after the fault, and what was lost.
import test from 'ava';
import { countLost, longestGapMs } from './outage.ts';

const acknowledged = [10, 20, 500, 510, 800, 810].map((atMs, index) => ({ row: index, atMs }));

test('the outage is the longest gap that ends after the fault, also one that began before it', (t) => {
  t.is(longestGapMs(acknowledged, 15), 480);
  t.is(longestGapMs(acknowledged, 499), 480);
  t.is(longestGapMs(acknowledged, 505), 290);
});

test('without a row after the fault there is no outage figure', (t) => {
  t.is(longestGapMs(acknowledged, 810), null);
});

test('a row that was acknowledged and is not in the table is lost', (t) => {
  t.is(countLost(acknowledged, new Set([0, 1, 2, 3, 4, 5, 6])), 0);
  t.is(countLost(acknowledged, new Set([0, 1, 2, 5])), 2);
});
