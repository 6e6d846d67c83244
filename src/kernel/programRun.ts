// One run of a program to its end, bounded in time and output: checks, hooks, scripts of the init system. Whatever is left of
// its process group when it ends or is late is killed, unless it is there to start something.
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { startProgram } from './programStart.ts';
import type { Program } from './programStart.ts';

export type ProgramRun = Program & {
  readonly deadlineMs: number;
  /** Ends the run at once, as the deadline does. */
  readonly signal?: AbortSignal;
  /**
   * Both outputs go to this descriptor, and what the program leaves behind in its group lives on. Otherwise the last line is
   * kept and nothing is left.
   */
  readonly outputFd?: number;
  /** Told the process once it runs. */
  readonly onStart?: (pid: number) => void;
};

export type ProgramEnd =
  /** `output`: the last of what it wrote, where that was kept. */
  | {
      readonly type: 'ended';
      readonly code: number;
      readonly output: string;
      readonly lastLine: string;
    }
  | { readonly type: 'signalled'; readonly signal: string; readonly lastLine: string }
  | { readonly type: 'late'; readonly deadlineMs: number; readonly lastLine: string }
  | { readonly type: 'cancelled' }
  | { readonly type: 'notRun'; readonly text: string };

const keptOutput = 4_000;
const longestLine = 200;

/** What was written right before the end is read for so long: a process that left the group may hold the pipe for ever. */
const drainMs = 100;

/** A killed process that hangs in the kernel is not waited for any longer. */
const killMs = 1_000;

/** Never rejects. */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  if (run.signal?.aborted === true) return { type: 'cancelled' };
  const start = await startProgram(run, run.outputFd ?? 'pipe');
  if (!start.started) return { type: 'notRun', text: start.text };
  const { child, pid } = start;
  const output = keepOutput(child);
  run.onStart?.(pid);
  const exit = whenExited(child);
  const why = await Promise.race([exit, whenOver(run, exit)]);
  if (typeof why !== 'string') {
    if (run.outputFd === undefined) killGroup(pid);
    await output.drained();
    return endOf(why, output.text());
  }
  killGroup(pid);
  await Promise.race([exit, delay(killMs)]);
  await output.drained();
  return why === 'cancelled'
    ? { type: why }
    : { type: why, deadlineMs: run.deadlineMs, lastLine: lastLineOf(output.text()) };
}

/** A sentence on an end that is no success; `what` is its subject. */
export function describeEnd(what: string, end: ProgramEnd): string {
  if (end.type === 'notRun') return end.text;
  if (end.type === 'cancelled') return `${what} was cancelled`;
  return `${what} ${howOf(end)}${end.lastLine === '' ? '' : `: ${end.lastLine}`}`;
}

export function succeeded(end: ProgramEnd): boolean {
  return end.type === 'ended' && end.code === 0;
}

/** Every process of the group that the program leads. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}

type Exit = { readonly code: number | null; readonly signal: string | null };

function whenExited(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

function whenOver(run: ProgramRun, exit: Promise<Exit>): Promise<'late' | 'cancelled'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('late'), run.deadlineMs);
    const cancel = (): void => resolve('cancelled');
    run.signal?.addEventListener('abort', cancel, { once: true });
    if (run.signal?.aborted === true) cancel();
    void exit.then(() => {
      clearTimeout(timer);
      run.signal?.removeEventListener('abort', cancel);
    });
  });
}

function endOf({ code, signal }: Exit, output: string): ProgramEnd {
  const lastLine = lastLineOf(output);
  return code === null
    ? { type: 'signalled', signal: signal ?? 'a signal', lastLine }
    : { type: 'ended', code, output, lastLine };
}

type Output = { readonly text: () => string; readonly drained: () => Promise<void> };

function keepOutput(child: ChildProcess): Output {
  let text = '';
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  const closed = streams.map(
    (stream) => new Promise<void>((resolve) => stream.once('close', resolve)),
  );
  for (const stream of streams) {
    stream.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-keptOutput);
    });
    stream.on('error', () => {});
  }
  return {
    text: () => text,
    async drained() {
      if (streams.length === 0) return;
      await Promise.race([Promise.all(closed), delay(drainMs)]);
      for (const stream of streams) stream.destroy();
    },
  };
}

/** Without control characters, and short. */
export function lastLineOf(text: string): string {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const line = (lines.at(-1) ?? '').replaceAll(/\p{Cc}/gu, ' ').trim();
  return line.slice(0, longestLine);
}

type RanToItsEnd = Exclude<ProgramEnd, { readonly type: 'notRun' | 'cancelled' }>;

function howOf(end: RanToItsEnd): string {
  if (end.type === 'ended') return `ended with status ${end.code}`;
  if (end.type === 'signalled') return `was ended by ${end.signal}`;
  return `did not end within ${end.deadlineMs} ms`;
}
