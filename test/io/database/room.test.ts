// How much room is left, in stages and in time, and what of it the log for a missing standby may have.
import test from 'ava';
import { fittingBudget } from '../../../src/io/database/care.ts';
import { openRoomWatch, sizeText, spanText } from '../../../src/io/database/room.ts';
import { differencesOf } from '../../../src/io/database/peerDifferences.ts';

const limits = {
  low: { fraction: 0.2, bytes: Infinity, seconds: 3_600 },
  almostGone: { fraction: 0.1, bytes: Infinity, seconds: 600 },
} as const;

test('stages by what is left; a stage ends only with clearly more', (t) => {
  const room = openRoomWatch(limits);
  const stages = [500, 199, 205, 221, 99, 105, 111, 300].map((left, index) =>
    // Long apart, so that no rate is known.
    room.note({ at: index * 1_000_000, left, whole: 1_000 }),
  );
  t.deepEqual(stages, ['ample', 'low', 'low', 'ample', 'almostGone', 'almostGone', 'low', 'ample']);
});

test('stages by the time that is left at the present rate, once that is known', (t) => {
  const room = openRoomWatch(limits);
  // One in a second: 9,000 are gone in two and a half hours, 3,000 in fifty minutes.
  t.is(room.note({ at: 0, left: 9_000, whole: 10_000 }), 'ample');
  t.is(room.secondsLeft(), null);
  t.is(room.note({ at: 200_000, left: 8_800, whole: 10_000 }), 'ample');
  t.is(room.secondsLeft(), 8_800);
  // Forty in a second.
  t.is(room.note({ at: 300_000, left: 4_800, whole: 10_000 }), 'almostGone');
});

test('the budget is a quarter of what the log could have, and changes only where it is worth it', (t) => {
  const mb = 1024 * 1024;
  t.is(fittingBudget({ free: 4_000 * mb, log: 0 }, 1_000), 1_000);
  t.is(fittingBudget({ free: 3_000 * mb, log: 1_000 * mb }, 1_000), 1_000);
  t.is(fittingBudget({ free: 3_500 * mb, log: 0 }, 1_000), 1_000);
  t.is(fittingBudget({ free: 2_000 * mb, log: 0 }, 1_000), 500);
  t.is(fittingBudget({ free: 0, log: 16 * mb }, 1_000), 64);
  t.is(fittingBudget({ free: 1e15, log: 0 }, 64), 16 * 1024);
});

test('words for people', (t) => {
  t.is(spanText(90), '90 s');
  t.is(spanText(600), '10 min');
  t.is(spanText(36_000), '10 h');
  t.is(sizeText(5 * 1024 * 1024), '5 MB');
  t.is(sizeText(20 * 1024 ** 3), '20 GB');
});

test('what the two boxes do not have alike is named; what only one of them tells is not', (t) => {
  const own = {
    version: '15.18 (Debian 15.18-0+deb12u1)',
    settings: new Map([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ]),
  };
  const theirs = {
    version: '15.13',
    settings: new Map([
      ['a', '1'],
      ['b', '4'],
    ]),
  };
  const findings = differencesOf(own, theirs);
  t.deepEqual(
    findings.map(({ name }) => name),
    ['versionsDiffer', 'settingsDiffer'],
  );
  t.regex(findings[0]?.text ?? '', /PostgreSQL 15.18, its primary 15.13/);
  t.regex(findings[1]?.text ?? '', /: b \(2 here, 4 on the primary\)$/);
  t.deepEqual(differencesOf(own, own), []);
});
