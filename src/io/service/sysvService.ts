// A service with a script of the init system (LSB: start, stop and status, exit status 0, and 1 to 3 of `status` for one that
// does not run). Its daemon is known by its pid file, or else asked for with `status` now and then.
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../kernel/clock.ts';
import { hasEnded, isRunning, ownLine, processStat } from '../../kernel/processes.ts';
import type { ProcessIdentity } from '../../kernel/processes.ts';
import { describeEnd, runProgram, succeeded } from '../../kernel/programRun.ts';
import type { ProgramEnd } from '../../kernel/programRun.ts';
import { programOr } from './driver.ts';
import type { Driver, DriverOptions, DriverStart, Found } from './driver.ts';
import { withServiceLog } from './serviceLog.ts';

export type Script = { readonly script: string; readonly pidFile: string | null };

const statusDeadlineMs = 5_000;
const tidyDeadlineMs = 5_000;
const pidFileLookMs = 20;

export function sysvService(options: DriverOptions, { script, pidFile }: Script): Driver {
  const { description } = options;

  /** Output goes to the log and not into a pipe: the daemon inherits it. */
  const call = async (
    word: string,
    deadlineMs: number,
    signal?: AbortSignal,
  ): Promise<ProgramEnd> => {
    const program = programOr(options, [script, word]);
    if (typeof program === 'string') return { type: 'notRun', text: program };
    return withServiceLog(options.logDirectory, description.name, (outputFd) =>
      runProgram({ ...program, outputFd, deadlineMs, ...(signal === undefined ? {} : { signal }) }),
    );
  };

  return {
    async start(signal) {
      const end = monotonicMs() + description.startDeadlineMs;
      const called = await call('start', description.startDeadlineMs, signal);
      if (!succeeded(called)) {
        return { started: false, text: describeEnd(`${script} start`, called) };
      }
      return pidFile === null
        ? { started: true, main: null, child: null }
        : untilPidFile(pidFile, end, signal);
    },
    async askToStop(_main, deadlineMs) {
      await call('stop', deadlineMs);
    },
    // The script removes what its daemon left (pid and lock files). Without a pid file nobody else can end it either.
    async tidy() {
      await call('stop', tidyDeadlineMs);
    },
    find: async (known) => findDaemon(pidFile, known, () => call('status', statusDeadlineMs)),
  };
}

/** Scripts return before their daemon has written its file. */
async function untilPidFile(
  pidFile: string,
  end: number,
  signal: AbortSignal,
): Promise<DriverStart> {
  for (;;) {
    const main = daemonOf(pidFile);
    if (main !== null) return { started: true, main, child: null };
    if (signal.aborted || monotonicMs() > end) {
      return { started: false, text: `${pidFile} names no process that runs` };
    }
    await delay(pidFileLookMs);
  }
}

async function findDaemon(
  pidFile: string | null,
  known: ProcessIdentity | null,
  askStatus: () => Promise<ProgramEnd>,
): Promise<Found | null> {
  if (pidFile !== null) {
    const main = known !== null && isRunning(known) ? known : daemonOf(pidFile);
    return main === null ? null : { main };
  }
  const status = await askStatus();
  // Any other answer, or none, says nothing against it: checks are there for that.
  const isGone = status.type === 'ended' && status.code >= 1 && status.code <= 3;
  return isGone || status.type === 'notRun' ? null : { main: null };
}

/** The process that a pid file names, if it runs; never this one, one above it, or the init process. */
function daemonOf(pidFile: string): ProcessIdentity | null {
  const pid = readPid(pidFile);
  if (pid === null || pid <= 1 || ownLine().has(pid)) return null;
  const stat = processStat(pid);
  return stat === null || hasEnded(stat) ? null : { pid, startTime: stat.startTime };
}

function readPid(pidFile: string): number | null {
  try {
    // Whatever stands there: a pipe must not make anybody wait.
    const fd = openSync(pidFile, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const bytes = Buffer.alloc(32);
      const text = bytes.toString('latin1', 0, readSync(fd, bytes));
      return /^\s*\d{1,9}\s/.test(`${text}\n`) ? Number.parseInt(text, 10) : null;
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}
