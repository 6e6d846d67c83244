// One agent a box: the run directory and the lock in it. The lock goes with the process, so a dead agent never blocks the
// next one.
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { makeDirectories } from '../kernel/directories.ts';
import { lockFile } from '../kernel/fileLock.ts';
import { HotpairError } from '../protocol/hotpairError.ts';

const alreadyRunning = 4;
const refusedInput = 2;

export type AgentLock = { release(): void };

/** Takes the lock and writes the process id. Throws HotpairError AGENT_RUNNING or RUN_DIRECTORY. */
export function takeAgentLock(runDirectory: string): AgentLock {
  const path = join(runDirectory, 'agent.pid');
  const fd = openPidFile(runDirectory, path);
  if (!lockFile(fd)) {
    const pid = readFileSync(path, 'utf8').trim();
    closeSync(fd);
    throw new HotpairError('AGENT_RUNNING', 'another agent runs on this box', {
      seen: `process ${pid}`,
      exitCode: alreadyRunning,
    });
  }
  ftruncateSync(fd);
  writeSync(fd, `${process.pid}\n`, 0);
  return { release: () => closeSync(fd) };
}

/** Whether an agent holds the lock, for commands that must not run beside one. */
export function agentRuns(runDirectory: string): boolean {
  let fd: number;
  try {
    fd = openSync(join(runDirectory, 'agent.pid'), 'r');
  } catch {
    return false;
  }
  try {
    return !lockFile(fd);
  } finally {
    closeSync(fd);
  }
}

function openPidFile(runDirectory: string, path: string): number {
  try {
    makeDirectories(runDirectory, 0o700);
    return openSync(path, 'a+', 0o600);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new HotpairError('RUN_DIRECTORY', `the run directory cannot be used: ${why}`, {
      seen: runDirectory,
      exitCode: refusedInput,
    });
  }
}
