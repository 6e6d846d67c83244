// The postmaster as a process: started directly, so that its end is known at once, or adopted from
// a former run of the agent, when only /proc can tell. It is never stopped because the agent ends.
import { spawn } from 'node:child_process';
import { chownSync, closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeDirectories } from '../../kernel/directories.ts';
import { HotpairError } from '../../protocol/hotpairError.ts';
import type { Binaries } from './binaries.ts';
import type { DatabaseExit, DatabaseOptions } from './databaseOptions.ts';
import { isOver, waitFor } from './deadline.ts';
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
import { closeServerLog, maximumLogBytes, openServerLog, shortenServerLog } from './serverLog.ts';
import { commandLineSettings } from './settings.ts';
import { spawnAs } from '../../kernel/systemUser.ts';
import type { SystemUser } from '../../kernel/systemUser.ts';

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
  /** Whatever runs in the data directory meanwhile is not the server: it is a scratch instance. */
  readonly lend: <T>(work: () => Promise<T>) => Promise<T>;
  readonly close: () => void;
};

type Running = { readonly pid: number; readonly launched: boolean; exit: DatabaseExit | null };

/** The one postmaster that is known, and whether its end will surprise anybody. */
type Watch = {
  readonly pid: () => number | null;
  readonly take: (next: Running) => void;
  readonly ended: (gone: Running, exit: DatabaseExit) => void;
  readonly expectExit: (isExpected: boolean) => void;
  readonly close: () => void;
};

const adoptedPollMs = 25;
const retryPauseMs = 10;

export function openServerProcess(options: DatabaseOptions, user: SystemUser): ServerProcess {
  const watch = watchPostmaster(options);

  let isLent = false;

  const adopt = (): boolean => {
    if (watch.pid() !== null) return true;
    if (isLent) return false;
    const found = livingPostmaster(options.dataDirectory);
    if (found === null) return false;
    watch.expectExit(false);
    watch.take({ pid: found, launched: false, exit: null });
    return true;
  };

  const isReady = (): boolean => {
    const pid = watch.pid();
    if (pid === null) return false;
    const file = readPidFile(options.dataDirectory);
    return file?.pid === pid && file.status === 'ready';
  };

  const signal = (name: NodeJS.Signals): boolean => {
    const target = watch.pid();
    return target !== null && sendSignal(target, name);
  };

  return {
    pid: watch.pid,
    isReady,
    adopt,
    signal,
    reload: () => {
      const postmaster = watch.pid();
      if (postmaster === null || !sendSignal(postmaster, 'SIGHUP')) return false;
      // The postmaster passes it on; sent directly it arrives even when the postmaster is stuck.
      for (const child of childrenTitled(postmaster, 'checkpointer')) sendSignal(child, 'SIGHUP');
      return true;
    },
    launch: async (request) => {
      watch.expectExit(true);
      try {
        await launch({ options, user, watch, isReady }, request);
      } finally {
        // A refused start reports its own end; whatever runs from here on is not expected to end.
        if (watch.pid() !== null) watch.expectExit(false);
      }
    },
    expectExit: () => watch.expectExit(true),
    waitExit: async (deadline) =>
      (await waitFor(() => (watch.pid() === null ? true : null), deadline, 2)) !== null,
    lend: async (work) => {
      isLent = true;
      try {
        return await work();
      } finally {
        isLent = false;
      }
    },
    close: watch.close,
  };
}

function watchPostmaster(options: DatabaseOptions): Watch {
  let running: Running | null = null;
  let isExpected = false;
  let poll: NodeJS.Timeout | null = null;

  const stopPolling = (): void => {
    if (poll !== null) clearInterval(poll);
    poll = null;
  };

  const ended = (gone: Running, exit: DatabaseExit): void => {
    gone.exit = exit;
    if (running !== gone) return;
    running = null;
    stopPolling();
    if (!isExpected) options.onExit(exit);
  };

  // The end of an adopted one is noticed by whoever asks first: the poll or an act.
  const pid = (): number | null => {
    if (running !== null && !running.launched && !isAlive(running.pid)) {
      ended(running, { pid: running.pid, code: null, signal: null });
    }
    return running?.pid ?? null;
  };

  return {
    pid,
    ended,
    take: (next) => {
      running = next;
      if (next.launched) return;
      poll = setInterval(pid, adoptedPollMs);
      poll.unref();
    },
    expectExit: (value) => {
      isExpected = value;
    },
    close: () => {
      stopPolling();
      running = null;
    },
  };
}

type Launcher = {
  readonly options: DatabaseOptions;
  readonly user: SystemUser;
  readonly watch: Watch;
  readonly isReady: () => boolean;
};

async function launch(launcher: Launcher, request: LaunchRequest): Promise<void> {
  const { options, watch, isReady } = launcher;
  const { deadline } = request;
  makeSocketDirectory(options, launcher.user);
  for (;;) {
    await clearRemains(options.dataDirectory, options.socketDirectory, options.port);
    // Now rather than a moment after the start, when its reason is read from this log.
    await shortenServerLog(options.logFile, maximumLogBytes).catch(() => {});
    if (!request.isWanted()) {
      throw new HotpairError('DATABASE_SUPERSEDED', 'a stop was asked for during the start');
    }
    const attempt = spawnServer(launcher, request.binaries);
    watch.take(attempt.running);
    const outcome = await waitFor(
      () => (isReady() ? 'ready' : attempt.running.exit === null ? null : 'exited'),
      deadline,
      2,
    );
    if (outcome === 'ready') return;
    const log = attempt.logText();
    if (outcome === null) throw startError(options, 'it still recovers', log);
    // The kernel may take a moment to give the old shared memory back.
    const isShared = log.includes('pre-existing shared memory block');
    if (!isShared || isOver(deadline)) {
      throw startError(options, `exit status ${attempt.running.exit?.code}`, log);
    }
    await delay(retryPauseMs);
  }
}

/** /run is empty after every boot; without the directory PostgreSQL does not start. */
function makeSocketDirectory(options: DatabaseOptions, user: SystemUser): void {
  if (existsSync(options.socketDirectory)) return;
  try {
    makeDirectories(options.socketDirectory, 0o755);
    chownSync(options.socketDirectory, user.uid, user.gid);
  } catch (cause) {
    throw new HotpairError(
      'DATABASE_SOCKET',
      `${options.socketDirectory} for the sockets of PostgreSQL cannot be made`,
      { cause },
    );
  }
}

type Attempt = { readonly running: Running; readonly logText: () => string };

function spawnServer({ options, user, watch }: Launcher, binaries: Binaries): Attempt {
  const { ended } = watch;
  const log = openServerLog(options.logFile);
  const logStart = log.isKept ? fstatSync(log.fd).size : 0;
  try {
    const child = spawn(
      join(binaries.directory, 'postgres'),
      ['-D', options.dataDirectory, ...commandLineSettings(options.dataDirectory)],
      {
        ...spawnAs(user),
        cwd: '/',
        detached: true,
        env: programEnvironment(user),
        stdio: ['ignore', log.fd, log.fd],
      },
    );
    child.on('error', () => {});
    child.unref();
    if (child.pid === undefined) {
      throw new HotpairError('DATABASE_START', `${binaries.directory}/postgres cannot be run`);
    }
    const running: Running = { pid: child.pid, launched: true, exit: null };
    child.on('exit', (code, name) => ended(running, { pid: running.pid, code, signal: name }));
    const logText = (): string => (log.isKept ? readFrom(options.logFile, logStart) : '');
    return { running, logText };
  } finally {
    closeServerLog(log);
  }
}

/** What was logged from `start` on, at most its first part: the file itself may be long. */
function readFrom(path: string, start: number): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(64_000);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start)).toString();
  } finally {
    closeSync(file);
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
