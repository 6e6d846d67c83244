// Runs hooks and remembers which were done: a hook begins after what was remembered before it is on disk. A disk that refuses or
// hangs costs only that hooks are run once more by the next guardian.
import { setTimeout as delay } from 'node:timers/promises';
import type { GuardianEffect } from '../../core/guardian/effects.ts';
import type { GuardianEvent } from '../../core/guardian/events.ts';
import { monotonicMs } from '../../kernel/clock.ts';
import { signalProcess } from '../../kernel/processHandle.ts';
import { isRunning, processStat, runningProcesses } from '../../kernel/processes.ts';
import type { ProcessIdentity } from '../../kernel/processes.ts';
import { describeEnd, runProgram, succeeded } from '../../kernel/programRun.ts';
import { findUser } from '../../kernel/systemUser.ts';
import type { HookDescription } from '../../protocol/guardianMessages.ts';
import { hookEnvironment } from './environment.ts';
import type { Situation } from './environment.ts';
import { writeHooksDone } from './hooksFile.ts';

type Effect<T extends GuardianEffect['type']> = Extract<GuardianEffect, { readonly type: T }>;
type HookDone = Omit<Extract<GuardianEvent, { readonly type: 'hookDone' }>, 'at' | 'draw'>;

export type HookRunnerOptions = {
  readonly hooks: readonly HookDescription[];
  readonly stateDirectory: string;
  readonly situation: () => Situation;
  readonly onDone: (event: HookDone) => void;
  /** What `running` gives has changed. */
  readonly onChange: () => void;
  readonly onTrouble: (event: string, text: string) => void;
};

export type HookRunner = {
  readonly remember: (effect: Effect<'rememberHooks'>) => void;
  readonly run: (effect: Effect<'runHook'>) => void;
  readonly cancel: (effect: Effect<'cancelHook'>) => void;
  readonly running: () => readonly ProcessIdentity[];
  /** Ends those that run: nobody would see to their deadline. */
  readonly close: () => void;
};

const notRemembered = 'hooksNotRemembered';
const diskMs = 2_000;
const killMs = 1_000;
const lookMs = 5;

export function openHookRunner(options: HookRunnerOptions): HookRunner {
  const runs = new Map<number, AbortController>();
  const running = new Map<number, ProcessIdentity>();
  let before: Promise<void> = Promise.resolve();
  let written: Promise<unknown> = Promise.resolve();

  const afterwards = (act: () => Promise<void>): void => {
    const former = before;
    before = (async () => {
      await former;
      await act();
    })();
  };

  async function run({ hook, token, deadlineMs }: Effect<'runHook'>, cancel: AbortController) {
    const begun = monotonicMs();
    const onStart = (pid: number): void => {
      const stat = processStat(pid);
      if (stat !== null) running.set(token, { pid, startTime: stat.startTime });
      options.onChange();
    };
    const text = await runHook(options, hook, deadlineMs, cancel.signal, onStart);
    runs.delete(token);
    if (running.delete(token)) options.onChange();
    const tookMs = Math.round(monotonicMs() - begun);
    const ok = text === null;
    options.onDone({ type: 'hookDone', hook, token, ok, text: text ?? `done in ${tookMs} ms` });
  }

  return {
    remember(effect) {
      afterwards(async () => {
        // One after another: on a disk that hangs each would keep a thread, and the oldest might come last.
        const former = written;
        const writing = (async () => {
          await former;
          await write(options, effect);
        })();
        written = writing;
        await inTime(options, writing);
      });
    },
    run(effect) {
      const cancel = new AbortController();
      runs.set(effect.token, cancel);
      // Begun in order, but nobody waits for its end here.
      afterwards(async () => void run(effect, cancel));
    },
    cancel: ({ token }) => runs.get(token)?.abort(),
    running: () => [...running.values()],
    close() {
      for (const cancel of runs.values()) cancel.abort();
    },
  };
}

/** Null: done; else why not. */
async function runHook(
  options: HookRunnerOptions,
  name: string,
  deadlineMs: number,
  signal: AbortSignal,
  onStart: (pid: number) => void,
): Promise<string | null> {
  const hook = options.hooks.find((each) => each.name === name);
  if (hook === undefined) throw new Error(`there is no hook ${name}`);
  const user = hook.user === null ? null : findUser(hook.user);
  if (hook.user !== null && user === null) return `there is no user ${hook.user}`;
  const end = await runProgram({
    command: hook.command,
    directory: '/',
    environment: hookEnvironment(name, user, options.situation()),
    user,
    openFiles: null,
    deadlineMs,
    signal,
    onStart,
  });
  return succeeded(end) ? null : describeEnd(hook.command[0] ?? name, end);
}

/** Never rejects. */
async function write(
  { stateDirectory, onTrouble }: HookRunnerOptions,
  { role, epoch, done }: Effect<'rememberHooks'>,
): Promise<void> {
  try {
    await writeHooksDone(stateDirectory, { role, epoch, done });
  } catch (error) {
    onTrouble(notRemembered, error instanceof Error ? error.message : String(error));
  }
}

async function inTime({ onTrouble }: HookRunnerOptions, writing: Promise<void>): Promise<void> {
  const late = await Promise.race([writing, delay(diskMs, 'late' as const, { ref: false })]);
  if (late === 'late') onTrouble(notRemembered, `the disk has not answered within ${diskMs} ms`);
}

/** Ends what a guardian that died has left of its hooks, with their groups, before they are run anew. */
export async function endLeftHooks(left: readonly ProcessIdentity[]): Promise<void> {
  const processes = runningProcesses();
  // The number of a group stays taken while it has members; with another leader it is another group.
  const isOther = ({ pid, startTime }: ProcessIdentity): boolean =>
    processes.some((each) => each.pid === pid && each.startTime !== startTime);
  const groups = new Set(left.filter((each) => !isOther(each)).map(({ pid }) => pid));
  const members = processes.filter(({ group }) => groups.has(group));
  for (const each of members) signalProcess(each, 'SIGKILL');
  const end = monotonicMs() + killMs;
  while (members.some(isRunning) && monotonicMs() < end) await delay(lookMs);
}
