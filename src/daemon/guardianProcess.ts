// One run of the guardian process: what it is started with, the lines in both directions, and its end. Everything that it says
// is bounded: the agent must be on time whatever happens here.
import { spawn } from 'node:child_process';
import { isSea } from 'node:sea';
import type { FromGuardian, ToGuardian } from '../protocol/guardianMessages.ts';

/** A state of a hundred services has some 40 KB. */
const longestLine = 1024 * 1024;

/** What may wait for a guardian that does not read. */
const mostWaiting = 4 * 1024 * 1024;

export type GuardianProcess = {
  readonly pid: number | null;
  /** What is said to one that has ended, or does not read, is lost: the next one is told everything anew. */
  send(message: ToGuardian): void;
  /** Its stdin ends: it ends itself and leaves every service running. */
  end(): void;
  kill(): void;
};

export type GuardianProcessOptions = {
  /** Program and arguments. */
  readonly words: readonly string[];
  readonly heard: (message: FromGuardian) => void;
  /** Called once, with how it ended. */
  readonly ended: (how: string) => void;
};

/** The words that start a command of this very program, from its single executable or from its sources. */
export function wordsOf(command: 'guardian' | 'companion'): readonly string[] {
  const [, entry = ''] = process.argv;
  return isSea()
    ? [process.execPath, command]
    : [process.execPath, ...process.execArgv, entry, command];
}

export function startGuardianProcess(options: GuardianProcessOptions): GuardianProcess {
  const [program = '', ...argv] = options.words;
  const { UV_THREADPOOL_SIZE: _ofTheAgent, ...env } = process.env;
  // A session of its own: a Ctrl-C for the agent is not for its guardian, which ends in order when its stdin does.
  const child = spawn(program, argv, { stdio: ['pipe', 'pipe', 'inherit'], env, detached: true });
  let problem: string | null = null;
  const end = onceEnded(options.ended);
  const kill = (why: string): void => {
    problem ??= why;
    child.kill('SIGKILL');
  };
  child.on('error', (error) => end(`it cannot be started: ${error.message}`));
  // Not 'close': whoever still held the pipe would keep the next guardian from being started.
  child.on('exit', (code, signal) => end(problem ?? endText(code, signal)));
  // It is gone, or it does not read any more: its end says so.
  child.stdin.on('error', () => undefined);
  child.stdout.on('error', () => undefined);
  readLines(child.stdout, options.heard, kill);
  return {
    pid: child.pid ?? null,
    send(message) {
      if (child.stdin.writableEnded || child.stdin.destroyed) return;
      if (child.stdin.writableLength > mostWaiting) kill('it does not read what it is told');
      else child.stdin.write(`${JSON.stringify(message)}\n`);
    },
    end: () => child.stdin.end(),
    kill: () => kill('it was killed, because it did not answer'),
  };
}

function onceEnded(ended: (how: string) => void): (how: string) => void {
  let isOver = false;
  return (how) => {
    if (!isOver) ended(how);
    isOver = true;
  };
}

function endText(code: number | null, signal: string | null): string {
  return signal === null
    ? `it ended with status ${code ?? 'unknown'}`
    : `it was ended by ${signal}`;
}

function readLines(
  stream: NodeJS.ReadableStream,
  heard: (message: FromGuardian) => void,
  kill: (why: string) => void,
): void {
  let pending = '';
  let isBroken = false;
  const refuse = (why: string): void => {
    isBroken = true;
    kill(why);
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    if (isBroken) return;
    pending += text;
    for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n')) {
      const message = messageOf(pending.slice(0, end));
      pending = pending.slice(end + 1);
      if (message === null) {
        refuse('it said what nobody understands');
        return;
      }
      heard(message);
    }
    if (pending.length > longestLine) refuse('it said a line without an end');
  });
}

/** It is the same build of the same program: that the line is an object of a known kind is enough. */
function messageOf(line: string): FromGuardian | null {
  try {
    const value = JSON.parse(line) as FromGuardian | null;
    const isKnown = value !== null && ['state', 'event', 'answer'].includes(value.type);
    return isKnown ? value : null;
  } catch {
    return null;
  }
}
