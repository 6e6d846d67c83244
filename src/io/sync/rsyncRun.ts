// One run of the client of rsync: never through a shell, in a process group of its own that is killed as a whole, with bounded
// time and output. Lines of stdout are given on as they come: a listing can be long.
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { setPriority } from 'node:os';
import { killGroup } from '../../kernel/programRun.ts';
import { startProgram } from '../../kernel/programStart.ts';
import type { Program } from '../../kernel/programStart.ts';

export type RsyncRun = {
  readonly args: readonly string[];
  readonly password: string;
  /** Goes into the environment: whoever finds it left over knows what it is. */
  readonly mark: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Each line as the bytes it has, in Latin-1, without its end. */
  readonly onLine: (line: string) => void;
};

export type RsyncEnd =
  | { readonly type: 'ended'; readonly code: number; readonly complaint: string }
  | { readonly type: 'late' }
  | { readonly type: 'cancelled' }
  | { readonly type: 'notRun'; readonly text: string };

const places = ['/usr/bin/rsync', '/usr/local/bin/rsync', '/bin/rsync'];

/** Below the telephone system and the database: files can wait. */
const niceness = 10;

const longestLine = 20_000;
const keptComplaints = 4_000;
const longestComplaint = 200;

/** Null: rsync is not installed. */
export function findRsync(): string | null {
  return places.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Never rejects. When it resolves, nothing of the run is left. */
export async function runRsync(run: RsyncRun): Promise<RsyncEnd> {
  const path = findRsync();
  if (path === null) return { type: 'notRun', text: 'rsync is not installed' };
  if (run.signal.aborted) return { type: 'cancelled' };
  const start = await startProgram(programOf(path, run), 'pipe');
  if (!start.started) return { type: 'notRun', text: start.text };
  const { child, pid } = start;
  lowerPriority(pid);
  takeLines(child, run.onLine);
  const complaints = takeComplaints(child);
  const why = await whenOver(child, pid, run);
  return why === null
    ? { type: 'ended', code: child.exitCode ?? 255, complaint: complaints() }
    : { type: why };
}

function programOf(path: string, { args, mark, password }: RsyncRun): Program {
  return {
    command: [path, ...args],
    directory: '/',
    environment: {
      PATH: '/usr/bin:/bin',
      LC_ALL: 'C',
      TZ: 'UTC',
      ...mark,
      RSYNC_PASSWORD: password,
    },
    user: null,
    openFiles: null,
  };
}

/** Null: it ended by itself. The half of rsync that writes files is a child of the one that we know: the group goes as one. */
function whenOver(
  child: ChildProcess,
  pid: number,
  { deadlineMs, signal }: RsyncRun,
): Promise<'late' | 'cancelled' | null> {
  return new Promise((resolve) => {
    let why: 'late' | 'cancelled' | null = null;
    const end = (reason: 'late' | 'cancelled'): void => {
      why ??= reason;
      killGroup(pid);
    };
    const cancel = (): void => end('cancelled');
    const timer = setTimeout(() => end('late'), deadlineMs);
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    child.once('exit', () => killGroup(pid));
    child.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      resolve(why);
    });
  });
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // It has ended already, or another one may not be slowed down: both do no harm.
  }
}

function takeLines({ stdout }: ChildProcess, onLine: (line: string) => void): void {
  if (stdout === null) return;
  let begun = '';
  stdout.on('data', (chunk: Buffer) => {
    const lines = (begun + chunk.toString('latin1')).split('\n');
    begun = (lines.pop() ?? '').slice(0, longestLine);
    for (const line of lines) onLine(line);
  });
  stdout.on('error', () => {});
}

/** The first thing that rsync complains of is the cause; what follows are its consequences. */
function takeComplaints({ stderr }: ChildProcess): () => string {
  let text = '';
  stderr?.on('data', (chunk: Buffer) => {
    if (text.length < keptComplaints) text += chunk.toString('latin1');
  });
  stderr?.on('error', () => {});
  return () => {
    const lines = text
      .split(/[\r\n]+/)
      .map((line) => line.replaceAll(/\p{Cc}/gu, ' ').trim())
      .filter((line) => line !== '');
    return (lines[0] ?? '')
      .replace(/^rsync(?: error)?: (?:\[\w+\] )?/, '')
      .slice(0, longestComplaint);
  };
}
