// One service under supervision: it is started, its end is seen, it is stopped or killed, always one of these at a time, and
// nothing is said of an end before nothing of it is left.
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../kernel/clock.ts';
import { signalProcess } from '../../kernel/processHandle.ts';
import type { ProcessIdentity, ProcessStat } from '../../kernel/processes.ts';
import { limitQuietly } from '../../kernel/programStart.ts';
import type { ServiceDescription } from '../../protocol/guardianMessages.ts';
import { askToStop } from './childService.ts';
import type { Found } from './driver.ts';
import { killAll, membersOf, untilGone } from './members.ts';
import { lastLogLine, logLength, serviceLogPath } from './serviceLog.ts';
import type { ServiceEvent } from './serviceEvent.ts';
import { watchRun } from './serviceRun.ts';
import type { Kind, RunOfService, WatchedRun } from './serviceRun.ts';

export type SupervisedOptions = Kind & {
  readonly logDirectory: string;
  readonly runDirectory: string;
  readonly onEvent: (event: ServiceEvent) => void;
  /** What runs has changed: it is to be written down before anything else happens. */
  readonly onChange: () => void;
  /** Resolves when nothing is in the way of its start that is no part of it. */
  readonly mayStart: () => Promise<unknown>;
};

export type Supervised = {
  readonly description: ServiceDescription;
  /** serviceStarted or serviceNotStarted; from then on serviceExited once, when it ends by itself. */
  readonly start: (token: number) => void;
  /** serviceStopped; a start under way is given up and answered before that. */
  readonly stop: (token: number, kill: boolean, deadlineMs: number) => void;
  /** What is there of it now. Its end is told as usual. */
  readonly kill: () => void;
  readonly adopt: (adoption: Adoption) => void;
  readonly running: () => RunOfService | null;
  /** Lets it run on without supervision. */
  readonly close: () => void;
};

export type Adoption = {
  /** What runs; null: nothing. */
  readonly found: Found | null;
  /** What ran when it was last written down: of that, something may be left. */
  readonly known: ProcessIdentity | null;
  readonly kind: Kind;
  /** Nothing of it is left, or what is left is what was found. */
  readonly isClear: boolean;
};

type Supervision = {
  readonly options: SupervisedOptions;
  running: WatchedRun | null;
  /** The main process of the last run: its session may outlive it. */
  last: ProcessIdentity | null;
  isClear: boolean;
  /** Length of the log when the run began, or was found. */
  logLength: Promise<number>;
  /** Stops that were asked for and are not done: an end is expected. */
  stopsAsked: number;
  /** Gives up the start under way. */
  starting: AbortController;
  turn: Promise<void>;
};

const foundToken = 0;

/**
 * A single process may have this much more private memory than the whole service may use: threads are counted with all of
 * their stacks. It bounds what a process can take between two looks at what is really used (memoryWatch.ts).
 */
const dataFactor = 2n;

export function supervise(options: SupervisedOptions): Supervised {
  const it: Supervision = {
    options,
    running: null,
    last: null,
    isClear: false,
    logLength: Promise.resolve(0),
    stopsAsked: 0,
    starting: new AbortController(),
    turn: Promise.resolve(),
  };
  return {
    description: options.description,
    start(token) {
      const { signal } = (it.starting = new AbortController());
      inTurn(it, async () => start(it, token, signal));
    },
    stop(token, kill, deadlineMs) {
      it.stopsAsked += 1;
      it.starting.abort();
      inTurn(it, async () => stop(it, token, kill, deadlineMs));
    },
    kill() {
      for (const each of findMembers(it)) signalProcess(each, 'SIGKILL');
    },
    adopt({ found, known, kind, isClear }) {
      it.last = known;
      it.isClear = isClear;
      it.logLength = logLength(logPathOf(options));
      if (found !== null) take(it, { token: foundToken, main: found.main, kind }, null);
    },
    running: () => it.running,
    close: () => it.running?.close(),
  };
}

function inTurn(it: Supervision, act: () => Promise<void>): void {
  const before = it.turn;
  it.turn = (async () => {
    await before;
    await act();
  })();
}

async function start(it: Supervision, token: number, signal: AbortSignal): Promise<void> {
  const { description, driver, onEvent } = it.options;
  const service = description.name;
  await Promise.race([it.options.mayStart(), whenAborted(signal)]);
  await clear(it);
  it.logLength = logLength(logPathOf(it.options));
  await it.logLength;
  const started = signal.aborted
    ? ({ started: false, text: 'a stop was asked for' } as const)
    : await driver.start(signal);
  if (started.started) {
    take(it, { token, main: started.main, kind: it.options }, started.child);
    onEvent({ type: 'serviceStarted', service, token });
    return;
  }
  // A script that failed or was late may have started something all the same.
  if (description.program.type !== 'process') it.isClear = false;
  await clear(it);
  onEvent({ type: 'serviceNotStarted', service, token, text: started.text });
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function take(it: Supervision, run: RunOfService, child: ChildProcess | null): void {
  const watched = watchRun(run, child);
  it.running = watched;
  it.last = run.main;
  it.isClear = false;
  if (run.main !== null) limitMemory(run.kind.description, run.main.pid);
  it.options.onChange();
  void noteEnd(it, watched);
}

async function noteEnd(it: Supervision, run: WatchedRun): Promise<void> {
  const how = await run.ended;
  inTurn(it, async () => {
    // It ended because it was stopped.
    if (it.running !== run) return;
    it.running = null;
    await clear(it);
    await run.kind.driver.tidy();
    it.options.onChange();
    const line = await lastWords(it);
    if (it.stopsAsked > 0) return;
    const { name: service } = it.options.description;
    const text = line === '' ? how : `${how}: ${line}`;
    it.options.onEvent({ type: 'serviceExited', service, token: run.token, text });
  });
}

async function stop(
  it: Supervision,
  token: number,
  kill: boolean,
  deadlineMs: number,
): Promise<void> {
  const run = it.running;
  if (run === null) {
    await clear(it);
  } else {
    const isDone = !kill && (await stopsInTime(it, run, deadlineMs));
    it.running = null;
    run.close();
    await clear(it);
    if (!isDone) await run.kind.driver.tidy();
    it.options.onChange();
  }
  it.stopsAsked -= 1;
  it.options.onEvent({ type: 'serviceStopped', service: it.options.description.name, token });
}

/** True when all of it ended by itself before the deadline. */
async function stopsInTime(
  it: Supervision,
  { main, ended, kind }: WatchedRun,
  deadlineMs: number,
): Promise<boolean> {
  const { description, driver } = kind;
  const end = monotonicMs() + deadlineMs;
  const isLate = delay(deadlineMs, 'late' as const, { ref: false });
  // Scripts and systemctl are waited for: what they do after the daemon's end belongs to the stop.
  const stopped = Promise.all([driver.askToStop(main, deadlineMs), ended]);
  if ((await Promise.race([stopped, isLate])) === 'late') return false;
  if (description.program.type !== 'process') return true;
  // Children that the main process has left get a chance of their own.
  const left = findMembers(it);
  for (const each of left) askToStop(each, description.stopSignal);
  return untilGone(left, end - monotonicMs());
}

function findMembers({ options, last }: Supervision): readonly ProcessStat[] {
  const { description, runDirectory } = options;
  return membersOf({ service: description.name, main: last, runDirectory });
}

/** Takes milliseconds, or as long as something hangs in the kernel: the core finds out by its own clock that it is stuck. */
async function clear(it: Supervision): Promise<void> {
  if (!it.isClear) it.isClear = await killAll(() => findMembers(it));
}

function limitMemory({ memoryLimitBytes }: ServiceDescription, pid: number): void {
  if (memoryLimitBytes !== null) limitQuietly(pid, 'data', BigInt(memoryLimitBytes) * dataFactor);
}

/** Why it ended stands in its log more often than not. */
async function lastWords({ options, logLength: since }: Supervision): Promise<string> {
  return lastLogLine(logPathOf(options), await since);
}

function logPathOf({ logDirectory, description }: SupervisedOptions): string {
  return serviceLogPath(logDirectory, description.name);
}
