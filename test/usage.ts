// How the commands of the proof (`npm run simulate` and its like) and the lab answer a command line that they do not
// understand: with one sentence and the usage on stderr, and exit code 2. Nothing is guessed.
import { accessSync, constants } from 'node:fs';
import { parserSentence } from '../src/cli/parserSentence.ts';
import { makeDirectories } from '../src/kernel/directories.ts';

export class UsageError extends Error {}

/** As a shell reports a program that SIGPIPE ended: what was not run to its end has proved nothing. */
export const readerGoneStatus = 141;

/** Sets the exit code of the process to what `run` returns. Ends it quietly when nobody reads what it prints any more. */
export async function runCommand(
  usage: string,
  run: () => number | Promise<number>,
): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endUnread);
  try {
    process.exitCode = await run();
  } catch (error) {
    const sentence = error instanceof UsageError ? error.message : parserSentence(error);
    if (sentence === null) throw error;
    process.stderr.write(`${sentence}\n${usage}\n`);
    process.exitCode = 2;
  }
}

function endUnread({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') process.exit(readerGoneStatus);
  process.stderr.write(`what is printed is refused: ${code ?? message}\n`);
  process.exit(1);
}

/** Throws UsageError where it is no whole number between the two. */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,15}$/u.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most))
    throw new UsageError(`${name} takes a whole number from ${least} to ${most}, not '${text}'`);
  return value;
}

/** Makes a directory for what a long run will write: before it, not after it. Throws UsageError where it cannot be written. */
export function makeWritable(option: string, path: string): void {
  try {
    makeDirectories(path, 0o755);
    accessSync(`${path}/.`, constants.W_OK);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UsageError(`${option} takes a directory that can be written, not '${path}': ${why}`);
  }
}
