// One run of a program: bounded in time and output, with nothing left of it.
import { openSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { processStat } from '../../src/kernel/processes.ts';
import { describeEnd, runProgram, succeeded } from '../../src/kernel/programRun.ts';
import type { ProgramEnd, ProgramRun } from '../../src/kernel/programRun.ts';
import { until } from './until.ts';

async function run(script: string, changes: Partial<ProgramRun> = {}): Promise<ProgramEnd> {
  return runProgram({
    command: ['/bin/sh', '-c', script],
    directory: '/',
    environment: { PATH: '/usr/bin:/bin' },
    user: null,
    openFiles: null,
    deadlineMs: 5_000,
    ...changes,
  });
}

function lives(pid: number): boolean {
  const stat = processStat(pid);
  return stat !== null && stat.state !== 'Z';
}

test('an end is told with its status and the last line', async (t) => {
  const good = await run('echo fine');
  t.true(succeeded(good));
  const bad = await run('echo one; printf "two\\n\\033[1mthree\\n\\n" >&2; exit 9');
  t.is(describeEnd('it', bad), 'it ended with status 9: [1mthree');
  t.is(describeEnd('it', await run('kill -TERM $$')), 'it was ended by SIGTERM');
});

test('a program that holds its output open, or writes without end, ends at its deadline with its group', async (t) => {
  const late = await run('sleep 600 & echo $!; wait', { deadlineMs: 100 });
  t.regex(describeEnd('it', late), /^it did not end within 100 ms: \d+$/);
  t.false(lives(Number(late.type === 'late' ? late.lastLine : 0)));
  const flood = await run('yes', { deadlineMs: 100 });
  t.regex(describeEnd('it', flood), /^it did not end within 100 ms: y*$/);
});

test('what leaves the group with the pipe in its hands is not waited for', async (t) => {
  const begun = performance.now();
  const end = await run('setsid sleep 3 & echo gone');
  t.like(end, { type: 'ended', code: 0, lastLine: 'gone' });
  t.true(performance.now() - begun < 1_500);
});

test('a cancelled run is killed, one that was cancelled before is not begun', async (t) => {
  const cancel = new AbortController();
  let pid = 0;
  const running = run('sleep 600', {
    signal: cancel.signal,
    onStart(own) {
      pid = own;
      cancel.abort();
    },
  });
  t.deepEqual(await running, { type: 'cancelled' });
  t.false(lives(pid));
  const onStart = (): void => t.fail();
  t.deepEqual(await run('exit 0', { signal: cancel.signal, onStart }), { type: 'cancelled' });
});

test('with a descriptor for its output, what it starts lives on', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-run-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const outputFd = openSync(join(folder, 'log'), 'a');
  const end = await run('(sleep 0.3; echo later) & echo $!', { outputFd });
  t.like(end, { type: 'ended', code: 0, output: '' });
  const log = (): string => readFileSync(join(folder, 'log'), 'utf8');
  await until('it went on', () => log().endsWith('later\n'));
  t.pass();
});

test('what cannot be run is told', async (t) => {
  const end = await run('', { command: ['/nowhere/x'] });
  t.is(describeEnd('it', end), '/nowhere/x is not there');
  t.is(describeEnd('it', await run('', { command: [] })), 'there is no program to run');
  t.is(
    describeEnd('it', await run('', { environment: { A: 'x\0y' } })).includes('cannot be run'),
    true,
  );
});
