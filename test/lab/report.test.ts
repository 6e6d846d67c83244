// The report of a suite, in both forms.
import test from 'ava';
import { elsewhereFaults } from './elsewhere.ts';
import { inMinutes, junitOf, markdownOf, type Report, type ReportLine } from './report.ts';
import { missedGoals } from './summary.ts';

function line(
  run: number,
  outageMs: number | null,
  why: string | null,
  measured: ReportLine['measured'] = {},
): ReportLine {
  return {
    fault: 'A01-primary-power-loss',
    run,
    outageMs,
    acked: 100,
    lost: 0,
    doubleAckMs: 0,
    rivalAcks: 0,
    doubleAddressMs: 0,
    roleChanges: 1,
    primary: 'box-b',
    mode: 'paired',
    promotedMs: 140,
    pairedAgainMs: 3000,
    measured,
    notes: ['replayed 3 MB'],
    pass: why === null,
    why,
    tookMs: 6500,
    machineLoad: 1.5,
  };
}

function reportOf(lines: readonly ReportLine[]): Report {
  const row = {
    name: 'A01-primary-power-loss',
    title: 'the primary loses power',
    expected: 'the standby takes over',
    lines,
  };
  return { rows: [row], elsewhere: elsewhereFaults, seed: 7, cores: 2, totalMs: 725_000 };
}

test('a row tells runs passed, median and extremes of the outage, what was expected, notes', (t) => {
  const text = markdownOf(reportOf([line(1, 222, null), line(2, 300, null), line(3, 210, null)]));
  t.true(
    text.includes(
      '| A01-primary-power-loss | the primary loses power | 3 of 3 | 222 [210 .. 300] | 300, 0 | the standby takes over | replayed 3 MB |',
    ),
  );
  t.true(text.includes('3 of 3 runs passed; 12 min 5 s in all; seed 7.'));
});

function withGoal(newCallMs: number) {
  return { name: 'A01-primary-power-loss', expected: { goals: { newCallMs } } };
}

test('what only this trial measures is told with its spread, and held against its goal', (t) => {
  const lines = [700, 400, 500].map((newCallMs, run) => line(run, 222, null, { newCallMs }));
  t.true(markdownOf(reportOf(lines)).includes('| newCallMs 500 [400 .. 700]; replayed 3 MB |'));
  t.deepEqual(missedGoals([withGoal(500)], lines), []);
  t.deepEqual(missedGoals([withGoal(499)], lines), [
    'A01-primary-power-loss: newCallMs is 500, the goal is 499',
  ]);
  t.deepEqual(missedGoals([withGoal(500)], [line(1, 222, 'no call')]), [
    'A01-primary-power-loss: newCallMs was never measured',
  ]);
});

test('a failed run is told with its number, and a bar in its sentence breaks no table', (t) => {
  const text = markdownOf(reportOf([line(1, null, 'this | that')]));
  t.true(
    text.includes(
      String.raw`0 of 1 | - | 100, 0 | the standby takes over | replayed 3 MB; run 1: this \| that |`,
    ),
  );
});

test('what is not run here is named with its reason', (t) => {
  const text = markdownOf(reportOf([]));
  for (const { id, why, where } of elsewhereFaults) {
    t.true(text.split('\n').some((row) => [id, why, where].every((cell) => row.includes(cell))));
  }
});

test('JUnit XML counts cases, failures and what was left out, and escapes what it quotes', (t) => {
  const text = junitOf(reportOf([line(1, 222, null), line(2, 300, 'a < b & "c"\u0007')]));
  t.true(
    text.includes(
      `tests="${2 + elsewhereFaults.length}" failures="1" skipped="${elsewhereFaults.length}"`,
    ),
  );
  t.true(text.includes('time="725.000"'));
  t.true(text.includes('<failure message="a &lt; b &amp; &quot;c&quot; ">'));
  t.is(text.match(/<testcase /gu)?.length, 2 + elsewhereFaults.length);
});

test('a span is told in minutes and seconds', (t) => {
  t.is(inMinutes(59_600), '1 min 0 s');
  t.is(inMinutes(3_725_000), '62 min 5 s');
});
