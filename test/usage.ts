// How `npm run simulate`, `mutants`, `model` and `scenarios` answer a command line that they do not understand: with one
// sentence and the usage on stderr, and exit code 2. Nothing is guessed.
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
    if (!(error instanceof UsageError) && !isRefusedByNode(error)) throw error;
    process.stderr.write(`${error.message}\n${usage}\n`);
    process.exitCode = 2;
  }
}

function endUnread({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') process.exit(readerGoneStatus);
  process.stderr.write(`what is printed is refused: ${code ?? message}\n`);
  process.exit(1);
}

/** What `parseArgs` of Node throws. */
function isRefusedByNode(error: unknown): error is Error {
  return (
    error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  );
}

/** Throws UsageError where it is no whole number between the two. */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,15}$/u.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most))
    throw new UsageError(`${name} takes a whole number from ${least} to ${most}, not '${text}'`);
  return value;
}
