// What the agent says, line by line.
import type { ToGuardian } from '../../protocol/guardianMessages.ts';

/** A description of a hundred services with long environments has some hundred kilobytes. */
const longestLine = 8 * 1024 * 1024;

/** `broken`: it is not the agent of this very program that speaks. */
export type LineListener = {
  readonly heard: (message: ToGuardian) => void;
  readonly broken: (why: string) => void;
  /** Nobody speaks any more. */
  readonly ended: () => void;
};

export function readLines(input: NodeJS.ReadableStream, listener: LineListener): void {
  let pending = '';
  input.setEncoding('utf8');
  input.on('data', (text: string) => {
    pending += text;
    const lines = pending.split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) {
      const message = messageOf(line);
      if (message === null) listener.broken('a line is no message to a guardian');
      else listener.heard(message);
    }
    if (pending.length > longestLine) listener.broken('a line has no end');
  });
  input.on('end', listener.ended);
  input.on('error', listener.ended);
  input.on('close', listener.ended);
}

const known = ['configure', 'role', 'order', 'shutdown', 'syncSecrets'];

function messageOf(line: string): ToGuardian | null {
  try {
    const value = JSON.parse(line) as ToGuardian | null;
    return value !== null && known.includes(value.type) ? value : null;
  } catch {
    return null;
  }
}
