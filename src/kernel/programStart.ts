// Starting a program beside this process: as another user, in a session of its own, with its own limit of open files, never
// through a shell. A refused start is a sentence for people.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { getSystemErrorMessage } from 'node:util';
import { refusalName } from './libc.ts';
import { limitProcess, limitSelf, ownLimit } from './resourceLimit.ts';
import type { SystemUser } from './systemUser.ts';

export type Program = {
  /** Absolute path and arguments. */
  readonly command: readonly string[];
  readonly directory: string;
  /** All of it: nothing of this process is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** Null: as this process. */
  readonly user: SystemUser | null;
  /** Null: 1024, which may be raised by the program. */
  readonly openFiles: number | null;
};

export type ProgramStart =
  | { readonly started: true; readonly child: ChildProcess; readonly pid: number }
  | { readonly started: false; readonly text: string };

/**
 * Node raises its own limit as far as it may, and a child would inherit that: programs that close every descriptor up to
 * their limit would begin slowly, and those that use select() break. So a child gets what is usual.
 */
const usualOpenFiles = 1024;

const setpriv = '/usr/bin/setpriv';

/**
 * Starts a program that leads a session and process group of its own, without input. `output`: a descriptor for both of its
 * outputs, or pipes. Resolves when it runs (its exec is over) or is refused; never rejects.
 */
export async function startProgram(
  program: Program,
  output: number | 'pipe',
): Promise<ProgramStart> {
  const refused = refusedFirst(program);
  if (refused !== null) return { started: false, text: refused };
  try {
    const child = spawnLimited(program, output);
    // A child without a number says why in the next turn, as an event.
    if (child.pid === undefined) throw await nextError(child);
    child.on('error', () => {});
    limitAfterwards(child.pid, program.openFiles);
    return { started: true, child, pid: child.pid };
  } catch (error) {
    return { started: false, text: troubleText(program, error) };
  }
}

/** The system has one answer for a missing program and a missing directory. */
function refusedFirst({ command, directory }: Program): string | null {
  if (command[0] === undefined) return 'there is no program to run';
  try {
    if (statSync(directory).isDirectory()) return null;
    return `${directory}, where ${command[0]} is to run, is no directory`;
  } catch {
    return `${directory}, where ${command[0]} is to run, is not there`;
  }
}

/**
 * The limit is this process's own while it makes the child, because the child must have it from its first moment: many
 * programs read it once, when they begin. It is never set below what this process itself needs then.
 */
function spawnLimited(program: Program, output: number | 'pipe'): ChildProcess {
  const own = ownLimit('openFiles');
  const wanted = BigInt(Math.max(program.openFiles ?? 0, usualOpenFiles));
  const isMore = wanted > own.hard;
  const soft = isMore && program.openFiles === null ? own.hard : wanted;
  allowMyself(soft, soft > own.hard ? soft : own.hard);
  try {
    return spawnProgram(program, output);
  } finally {
    limitSelf('openFiles', own);
  }
}

function allowMyself(soft: bigint, hard: bigint): void {
  try {
    limitSelf('openFiles', { soft, hard });
  } catch (error) {
    throw new Error(`a limit of ${soft} open files is refused (${refusalName(error)})`, {
      cause: error,
    });
  }
}

function spawnProgram(program: Program, output: number | 'pipe'): ChildProcess {
  const { user } = program;
  const isRoot = process.getuid?.() === 0;
  const withGroups = user !== null && user.groups.length > 0 && isRoot ? user : null;
  if (withGroups !== null) accessSync(program.command[0] ?? '', constants.X_OK);
  const [path = '', ...args] = [...wordsFor(withGroups), ...program.command];
  return spawn(path, args, {
    ...(withGroups === null ? rightsOf(user) : {}),
    cwd: program.directory,
    env: program.environment,
    detached: true,
    stdio: ['ignore', output, output],
  });
}

/**
 * libuv takes all supplementary groups away when it changes the user. setpriv of util-linux gives a user his own, as every other
 * way to start a service does, and becomes the program: a key for TLS is often open to a group alone.
 */
function wordsFor(user: SystemUser | null): readonly string[] {
  if (user === null) return [];
  const { uid, gid, groups } = user;
  return [setpriv, `--reuid=${uid}`, `--regid=${gid}`, `--groups=${groups.join(',')}`, '--'];
}

/** Said explicitly also for root: then libuv takes the supplementary groups away. */
function rightsOf(user: SystemUser | null): { uid?: number; gid?: number } {
  if (process.getuid?.() === 0) return { uid: user?.uid ?? 0, gid: user?.gid ?? 0 };
  return user === null || user.uid === process.getuid?.() ? {} : { uid: user.uid, gid: user.gid };
}

/** What was configured is also the hard limit, and may be lower than what this process could live with. */
function limitAfterwards(pid: number, openFiles: number | null): void {
  if (openFiles === null) return;
  const limit = BigInt(openFiles);
  limitQuietly(pid, 'openFiles', limit);
}

/** Where the process has gone nothing is left to limit, and a hard limit that may not be raised is the stricter one. */
export function limitQuietly(pid: number, resource: 'openFiles' | 'data', limit: bigint): void {
  try {
    limitProcess(pid, resource, { soft: limit, hard: limit });
  } catch (error) {
    if (!['ESRCH', 'EPERM'].includes(refusalName(error))) throw error;
  }
}

function nextError(child: ChildProcess): Promise<Error> {
  return new Promise((resolve) => {
    child.once('error', resolve);
  });
}

function troubleText({ command, user }: Program, error: unknown): string {
  const path = command[0] ?? '';
  const who = user === null ? '' : ` as ${user.name}`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
      return isThere(path)
        ? `${path} cannot be run: the interpreter that it names is not there`
        : `${path} is not there`;
    case 'EACCES':
      return `${path} may not be run${who}: it is not executable, or a directory above it is closed`;
    case 'EPERM':
      return `${path} may not be run${who}: this process has not the right to do that`;
    case 'ENOEXEC':
      return `${path} is no program`;
    default:
      return `${path} cannot be run${who}: ${systemSentence(error)}`;
  }
}

function isThere(path: string): boolean {
  try {
    accessSync(path, constants.F_OK);
    return true;
  } catch {
    return false;
  }
}

function systemSentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hasNumber = 'errno' in error && typeof error.errno === 'number';
  return hasNumber ? getSystemErrorMessage(error.errno as number) : error.message;
}
