// One agent a box, and a dead one never in the way of the next.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { agentRuns, takeAgentLock } from '../../src/daemon/agentLock.ts';
import { until } from './until.ts';

function aDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-lock-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'run');
}

test('a second agent is refused with the process id of the first', (t) => {
  const directory = aDirectory(t);
  const lock = takeAgentLock(directory);
  t.true(agentRuns(directory));
  const error = t.throws(() => takeAgentLock(directory), { code: 'AGENT_RUNNING' });
  t.like(error, { seen: `process ${process.pid}`, exitCode: 4 });
  lock.release();
  t.false(agentRuns(directory));
  takeAgentLock(directory).release();
});

test('a process id left in the file by a dead agent does not matter, whoever has it now', (t) => {
  const directory = aDirectory(t);
  takeAgentLock(directory).release();
  writeFileSync(join(directory, 'agent.pid'), `${process.ppid}\n`);
  t.false(agentRuns(directory));
  const lock = takeAgentLock(directory);
  t.is(readFileSync(join(directory, 'agent.pid'), 'utf8'), `${process.pid}\n`);
  lock.release();
});

test('the lock goes with its process when that is killed', async (t) => {
  const directory = aDirectory(t);
  const lockModule = join(import.meta.dirname, '../../src/daemon/agentLock.ts');
  const program = `import { takeAgentLock } from ${JSON.stringify(lockModule)};
    takeAgentLock(${JSON.stringify(directory)}); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    program,
  ]);
  t.teardown(() => holder.kill('SIGKILL'));
  await until('the lock is held', () => agentRuns(directory), 20_000);
  holder.kill('SIGKILL');
  await until('the lock is free', () => !agentRuns(directory));
  t.pass();
});

test('a run directory that cannot be made is RUN_DIRECTORY', (t) => {
  t.throws(() => takeAgentLock('/proc/nowhere/run'), { code: 'RUN_DIRECTORY' });
});
