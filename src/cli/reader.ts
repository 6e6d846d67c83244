// Whether anybody still reads what this process prints. A reader that goes away early (`hotpair replay FILE | head`) is no
// failure and no order to stop: a command that changes something goes on, and each ends with the status that it earned.
import { exitCodes } from './exitCodes.ts';

const gone = new AbortController();

/** Aborted when a write found nobody: what prints without an end ends then. */
export const readerGone: AbortSignal = gone.signal;

/** To be called once, before anything is printed. Output that the system refuses otherwise ends the process. */
export function watchReader(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', noteRefusal);
}

function noteRefusal({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') {
    gone.abort();
    return;
  }
  process.stderr.write(`hotpair: OUTPUT_WRITE: what is printed is refused: ${code ?? message}\n`);
  process.exit(exitCodes.failed);
}
