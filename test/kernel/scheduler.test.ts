// Real-time scheduling, seen from the files of the kernel; in a child, to leave this process alone.

import { execFileSync } from 'node:child_process';
import test from 'ava';
import { monotonicMs } from '../../src/kernel/clock.ts';

const SCHEDULER = new URL('../../src/kernel/scheduler.ts', import.meta.url).href;

// Field 41 of stat is the policy, field 40 the priority (proc(5)).
const REPORT = `
  import { readFileSync, readdirSync } from 'node:fs';
  import { execFileSync } from 'node:child_process';
  import { setRealtime } from '${SCHEDULER}';
  const granted = setRealtime(Number(process.argv[1]));
  const policy = (path) => readFileSync(path, 'latin1').replace(/.*\\) /s, '').split(' ')[38];
  const tasks = readdirSync('/proc/self/task').map((id) => policy('/proc/self/task/' + id + '/stat'));
  const child = execFileSync('cat', ['/proc/self/stat'], { encoding: 'latin1' }).replace(/.*\\) /s, '').split(' ')[38];
  console.log(JSON.stringify({ granted, main: policy('/proc/self/task/' + process.pid + '/stat'), tasks, child }));
`;

type Report = { granted: object; main: string; tasks: string[]; child: string };

function run(priority: number): Report {
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module'];
  const output = execFileSync(process.execPath, [...flags, '-e', REPORT, String(priority)]);
  return JSON.parse(output.toString()) as Report;
}

test('the main thread is real-time, other threads and children are not', (t) => {
  const report = run(10);
  t.deepEqual(report.granted, { granted: true });
  t.is(report.main, '1');
  t.is(report.tasks.filter((policy) => policy === '1').length, 1);
  t.is(report.child, '0');
});

test('a refusal is told by its errno', (t) => {
  t.deepEqual(run(1000).granted, { granted: false, errno: 'EINVAL' });
});

test('the clock goes forward in fractions of a millisecond', (t) => {
  const times = Array.from({ length: 1000 }, () => monotonicMs());
  t.true(times.every((time, index) => index === 0 || time >= (times[index - 1] ?? 0)));
  t.true(times.some((time) => !Number.isInteger(time)));
  t.true(Math.abs(monotonicMs() - Number(process.hrtime.bigint() / 1_000_000n)) < 50);
});
