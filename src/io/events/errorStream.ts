// The standard error stream for the agent's log. process.stderr writes to pipes synchronously, so a log reader that hangs
// would hang the agent; here the thread pool waits instead.
import { write } from 'node:fs';
import { openBoundedWriter } from './boundedWriter.ts';
import type { BoundedWriter } from './boundedWriter.ts';

const standardError = 2;
const retryMs = 20;
const maximumWaitingBytes = 256 * 1024;

export function openErrorStream(): BoundedWriter {
  return openBoundedWriter(writeAll, maximumWaitingBytes);
}

async function writeAll(bytes: Buffer): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) {
    const written = await writeSome(bytes, offset);
    if (written === 0) await new Promise((resolve) => setTimeout(resolve, retryMs));
    offset += written;
  }
}

/** Bytes written; 0 where a non-blocking pipe is full for now. */
function writeSome(bytes: Buffer, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(standardError, bytes, offset, bytes.length - offset, null, (error, written) => {
      if (error === null) resolve(written);
      else if (error.code === 'EAGAIN') resolve(0);
      else reject(error);
    });
  });
}
