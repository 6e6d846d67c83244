// Processes by pidfd and as /proc shows them: ends of strangers, signals that reach nobody else, names that are made to confuse.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { signalProcess, watchProcess } from '../../src/kernel/processHandle.ts';
import {
  bootMark,
  environmentOf,
  isRunning,
  ownLine,
  processStat,
  proportionalBytes,
  runningProcesses,
} from '../../src/kernel/processes.ts';
import type { ProcessIdentity } from '../../src/kernel/processes.ts';
import { until } from './until.ts';

/** A process that is no child of this one. */
async function aStranger(t: ExecutionContext): Promise<ProcessIdentity> {
  const parent = spawn('/bin/sh', ['-c', 'setsid sleep 600 & echo $!; wait']);
  t.teardown(() => parent.kill('SIGKILL'));
  const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
  const stat = processStat(Number(chunk));
  if (stat === null) throw new Error('it has gone');
  t.teardown(() => signalProcess(stat, 'SIGKILL'));
  return stat;
}

test('the end of a process that is no child is told once', async (t) => {
  const stranger = await aStranger(t);
  let ends = 0;
  const watch = watchProcess(stranger, () => {
    ends += 1;
  });
  t.not(watch, null);
  t.true(isRunning(stranger));
  t.true(signalProcess(stranger, 'SIGKILL'));
  await until('its end is told', () => ends === 1);
  t.false(isRunning(stranger));
  watch?.close();
  watch?.close();
  t.is(ends, 1);
});

test('a closed watch is silent', async (t) => {
  const stranger = await aStranger(t);
  let ends = 0;
  watchProcess(stranger, () => {
    ends += 1;
  })?.close();
  signalProcess(stranger, 'SIGKILL');
  await until('it has ended', () => !isRunning(stranger));
  await delay(20);
  t.is(ends, 0);
});

test('a process of the same number that was started at another time is another one', async (t) => {
  const stranger = await aStranger(t);
  const another = { pid: stranger.pid, startTime: stranger.startTime + 1 };
  t.is(
    watchProcess(another, () => t.fail()),
    null,
  );
  t.false(signalProcess(another, 'SIGKILL'));
  t.false(isRunning(another));
  t.true(isRunning(stranger));
});

test('numbers that mean a group, everybody or the init process are never signalled', (t) => {
  for (const pid of [0, -1, 1, -process.pid, 1.5, Number.NaN]) {
    t.false(signalProcess({ pid, startTime: processStat(1)?.startTime ?? 0 }, 'SIGCONT'));
  }
});

test('a name with brackets, blanks and line ends is no trouble', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-name-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, ') R 1 1 (\n)');
  copyFileSync('/bin/sleep', path);
  const child = spawn(path, ['600'], { env: { GREETING: 'good day' }, detached: true });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  await until('it sleeps', () => processStat(pid)?.state === 'S');
  t.like(processStat(pid), { pid, parent: process.pid, group: pid, session: pid });
  t.deepEqual(environmentOf(pid).filter(Boolean), ['GREETING=good day']);
  t.true(runningProcesses().some((each) => each.pid === pid));
  t.true(proportionalBytes(pid) > 0 && proportionalBytes(pid) < 20 * 1024 * 1024);
  t.true((processStat(pid)?.residentBytes ?? 0) >= proportionalBytes(pid));
});

test('what has ended and was not asked for yet does not run', async (t) => {
  const parent = spawn('/bin/sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 600']);
  t.teardown(() => parent.kill('SIGKILL'));
  const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(chunk);
  await until('nobody asks how it ended', () => processStat(pid)?.state === 'Z');
  const { startTime = 0 } = processStat(pid) ?? {};
  t.false(isRunning({ pid, startTime }));
  t.false(runningProcesses().some((each) => each.pid === pid));
});

test('this process and those above it are known, and the boot has a mark', (t) => {
  const line = ownLine();
  t.true(line.has(process.pid) && line.has(process.ppid) && line.has(1));
  t.is(processStat(0), null);
  t.regex(bootMark(), /^[0-9a-f-]{36}\/\d+$/);
});
