// Real-time scheduling, seen from the files of the kernel; in a child, to leave this process alone.

import { execFileSync } from 'node:child_process';
import test from 'ava';
import { executableOptions } from '../../scripts/executableOptions.ts';
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

// On one processor, as when another real-time thread has the second: a main thread that waits for a
// normal one by asking again and again keeps it from the processor. Makes garbage that grows old,
// and prints for how many of 6 s the thread had nearly all of its processor.
const COLLECT = `
  import { setRealtime } from '${SCHEDULER}';
  if (!setRealtime(10).granted) throw new Error('not real-time');
  let kept = [];
  setInterval(() => {
    for (let made = 0; made < 80; made++) kept.push({ made, more: new Array(8).fill(made) });
    if (kept.length > 20000) kept = kept.slice(10000);
  }, 1);
  let before = process.threadCpuUsage(), then = performance.now(), greedyMs = 0, collections = 0;
  new PerformanceObserver((list) => {
    collections += list.getEntries().filter((entry) => entry.detail.kind === 4).length;
  }).observe({ entryTypes: ['gc'] });
  setInterval(() => {
    const used = process.threadCpuUsage(before), now = performance.now();
    if (used.user + used.system > 700 * (now - then)) greedyMs += now - then;
    before = process.threadCpuUsage();
    then = now;
  }, 50);
  setTimeout(() => { console.log(JSON.stringify({ greedyMs, collections })); process.exit(); }, 6000);
`;

test('collecting garbage, a real-time thread leaves the processor to others', (t) => {
  const node = [process.execPath, ...executableOptions, '--input-type=module', '-e', COLLECT];
  const output = execFileSync('taskset', ['--cpu-list', '0', ...node]).toString();
  const { greedyMs, collections } = JSON.parse(output) as { greedyMs: number; collections: number };
  t.true(collections >= 3, `${collections} collections of the old space`);
  t.true(greedyMs <= 300, `${greedyMs} ms`);
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
