// PostgreSQL's own programs (initdb, pg_rewind, pg_basebackup ...), run as its user, never through
// a shell, with an environment that says only what they need.
import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { isOver, lateError, leftOf } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import { spawnAs } from '../../kernel/systemUser.ts';
import type { SystemUser } from '../../kernel/systemUser.ts';

export type ProgramRun = {
  readonly path: string;
  readonly args: readonly string[];
  readonly user: SystemUser;
  readonly input?: string;
  /** It is ended then, and the run rejects with DATABASE_DEADLINE. */
  readonly deadline?: Deadline;
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with each line or progress step of stderr and stdout. */
  readonly onLine?: (line: string) => void;
};

export type ProgramResult = { readonly code: number | null; readonly output: string };

const keptOutput = 20_000;
const longestLine = 100_000;
const longestTimerMs = 2 ** 31 - 1;

/** The environment of everything that runs as PostgreSQL's user: no setting of ours leaks in. */
export function programEnvironment(user: SystemUser): Record<string, string> {
  return { PATH: '/usr/bin:/bin', HOME: user.home, LC_ALL: 'C.UTF-8', LC_MESSAGES: 'C' };
}

/** Runs a program to its end; the last of its output is kept for a message. */
export async function runProgram(run: ProgramRun): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(run.path, run.args, {
      ...spawnAs(run.user),
      cwd: '/',
      env: { ...programEnvironment(run.user), ...run.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    const tell = (line: string): void => {
      if (line.trim() !== '') run.onLine?.(line.trim());
    };
    const taker = (): ((chunk: Buffer) => void) => {
      const text = new StringDecoder();
      let begun = '';
      return (chunk) => {
        const next = text.write(chunk);
        output = (output + next).slice(-keptOutput);
        const lines = (begun + next).split(/[\r\n]+/);
        // A line without its end yet goes on in the next chunk, unless it is no line at all.
        begun = (lines.pop() ?? '').slice(-longestLine);
        for (const line of lines) tell(line);
      };
    };
    child.stdout.on('data', taker());
    child.stderr.on('data', taker());
    // A program that ends before it has read everything is judged by its exit, not by the pipe.
    child.stdin.on('error', () => {});
    child.stdin.end(run.input ?? '');
    child.on('error', (error) => {
      reject(
        new HotpairError('DATABASE_BINARIES', `${run.path} cannot be run: ${error.message}`, {
          cause: error,
        }),
      );
    });
    const limit = run.deadline;
    const timer =
      limit && setTimeout(() => child.kill('SIGKILL'), Math.min(leftOf(limit), longestTimerMs));
    child.on('close', (code) => {
      clearTimeout(timer);
      if (limit !== undefined && isOver(limit)) reject(lateError(basename(run.path)));
      else resolve({ code, output });
    });
  });
}

/** The line of a failed program's output that says best what went wrong. */
export function lastComplaint(output: string): string {
  const lines = output.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const complaints = lines.filter((line) => /error|fatal|panic/i.test(line));
  return (complaints.at(-1) ?? lines.at(-1) ?? 'no output').trim().slice(0, 500);
}
