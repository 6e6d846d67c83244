// The postmaster as a process: started directly, so that its end is known at once, or adopted from
// a former run of the agent, when only /proc can tell. It is never stopped because the agent ends.
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HotpairError } from '../../protocol/hotpairError.ts';
import type { Binaries } from './binaries.ts';
import type { DatabaseExit, DatabaseOptions } from './databaseOptions.ts';
import { deadlineIn, isOver, leftOf, waitFor } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import {
  childrenTitled,
  clearRemains,
  isAlive,
  livingPostmaster,
  readPidFile,
  sendSignal,
} from './postmaster.ts';
import { programEnvironment } from './program.ts';
import { commandLineSettings } from './settings.ts';
import { spawnAs } from './systemUser.ts';
import type { SystemUser } from './systemUser.ts';

export type LaunchRequest = {
  readonly binaries: Binaries;
  readonly deadline: Deadline;
  /** Asked right before a process is started: a stop may have been asked for meanwhile. */
  readonly isWanted: () => boolean;
};

export type ServerProcess = {
  /** The living postmaster, or null. */
  readonly pid: () => number | null;
  /** True when the postmaster says that it takes connections. */
  readonly isReady: () => boolean;
  /** Starts PostgreSQL and resolves when it takes connections. */
  readonly launch: (request: LaunchRequest) => Promise<void>;
  /** Looks for a postmaster that runs already; true when there is one now. */
  readonly adopt: () => boolean;
  /** Sends a signal to the postmaster; false when there is none. */
  readonly signal: (signal: NodeJS.Signals) => boolean;
  /** Makes postmaster and checkpointer read the settings again. */
  readonly reload: () => boolean;
  /** From now on its end is expected, and is not reported. */
  readonly expectExit: () => void;
  readonly waitExit: (deadline: Deadline) => Promise<boolean>;
  readonly close: () => void;
};

type Running = { readonly pid: number; readonly launched: boolean; exit: DatabaseExit | null };

const adoptedPollMs = 25;

export function openServerProcess(options: DatabaseOptions, user: SystemUser): ServerProcess {
  let running: Running | null = null;
  let exitExpected = false;
  let poll: NodeJS.Timeout | null = null;

  const ended = (gone: Running, exit: DatabaseExit): void => {
    gone.exit = exit;
    if (running !== gone) return;
    running = null;
    if (poll !== null) clearInterval(poll);
    poll = null;
    if (!exitExpected) options.onExit(exit);
  };

  // Its end is noticed here as well as by the watch, whichever comes first.
  const pid = (): number | null => {
    if (running !== null && !isAlive(running.pid) && !running.launched) {
      ended(running, { pid: running.pid, code: null, signal: null });
    }
    return running?.pid ?? null;
  };

  const adopt = (): boolean => {
    if (pid() !== null) return true;
    const found = livingPostmaster(options.dataDirectory);
    if (found === null) return false;
    running = { pid: found, launched: false, exit: null };
    exitExpected = false;
    poll = setInterval(pid, adoptedPollMs);
    poll.unref();
    return true;
  };

  const isReady = (): boolean => {
    const file = pid() === null ? null : readPidFile(options.dataDirectory);
    return file !== null && file.pid === running?.pid && file.status === 'ready';
  };

  const signal = (name: NodeJS.Signals): boolean => {
    const target = pid();
    return target !== null && sendSignal(target, name);
  };

  return {
    pid,
    isReady,
    adopt,
    signal,
    reload: () => {
      const postmaster = pid();
      if (postmaster === null || !sendSignal(postmaster, 'SIGHUP')) return false;
      // The postmaster passes it on; sent directly it arrives even when the postmaster is stuck.
      for (const child of childrenTitled(postmaster, 'checkpointer')) sendSignal(child, 'SIGHUP');
      return true;
    },
    launch: async ({ binaries, deadline, isWanted }) => {
      exitExpected = true;
      for (;;) {
        await clearRemains(options.dataDirectory, options.socketDirectory, options.port);
        if (!isWanted()) {
          throw new HotpairError('DATABASE_SUPERSEDED', 'a stop was asked for during the start');
        }
        const attempt = spawnServer(options, user, binaries, ended);
        running = attempt.running;
        const outcome = await waitFor(
          () => (isReady() ? 'ready' : attempt.running.exit === null ? null : 'exited'),
          deadline,
          2,
        );
        if (outcome === 'ready') break;
        if (outcome === null) {
          exitExpected = false;
          throw startError(options, 'it still recovers', attempt.logText());
        }
        // The kernel may take a moment to give the old shared memory back.
        const isShared = attempt.logText().includes('pre-existing shared memory block');
        if (!isShared || isOver(deadline)) {
          throw startError(options, `exit status ${attempt.running.exit?.code}`, attempt.logText());
        }
        await waitFor(() => null, deadlineIn(Math.min(10, leftOf(deadline))), 10);
      }
      exitExpected = false;
    },
    expectExit: () => {
      exitExpected = true;
    },
    waitExit: async (deadline) =>
      (await waitFor(() => (pid() === null ? true : null), deadline, 2)) !== null,
    close: () => {
      if (poll !== null) clearInterval(poll);
      running = null;
    },
  };
}

type Attempt = { readonly running: Running; readonly logText: () => string };

function spawnServer(
  options: DatabaseOptions,
  user: SystemUser,
  binaries: Binaries,
  ended: (gone: Running, exit: DatabaseExit) => void,
): Attempt {
  const log = openSync(options.logFile, 'a', 0o640);
  const logStart = fstatSync(log).size;
  try {
    const child = spawn(
      join(binaries.directory, 'postgres'),
      ['-D', options.dataDirectory, ...commandLineSettings(options.dataDirectory)],
      {
        ...spawnAs(user),
        cwd: '/',
        detached: true,
        env: programEnvironment(user),
        stdio: ['ignore', log, log],
      },
    );
    child.on('error', () => {});
    child.unref();
    if (child.pid === undefined) {
      throw new HotpairError('DATABASE_START', `${binaries.directory}/postgres cannot be run`);
    }
    const running: Running = { pid: child.pid, launched: true, exit: null };
    child.on('exit', (code, name) => ended(running, { pid: running.pid, code, signal: name }));
    const logText = (): string =>
      readFileSync(options.logFile).subarray(logStart).toString().slice(-20_000);
    return { running, logText };
  } finally {
    closeSync(log);
  }
}

function startError(options: DatabaseOptions, what: string, log: string): HotpairError {
  const line = log.split('\n').findLast((text) => /FATAL|PANIC|ERROR/.test(text));
  const detail = line?.replace(/^.*?(FATAL|PANIC|ERROR):\s*/, '') ?? 'its log says nothing';
  return new HotpairError(
    'DATABASE_START',
    `PostgreSQL in ${options.dataDirectory} does not answer (${what}): ${detail}`,
  );
}
