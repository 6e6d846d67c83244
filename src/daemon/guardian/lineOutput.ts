// What the agent is told, one JSON object a line. An agent that does not read neither blocks the guardian nor makes it grow: of
// states only the newest waits, of all else a bounded number.
import type { Writable } from 'node:stream';
import type { FromGuardian } from '../../protocol/guardianMessages.ts';

type State = Extract<FromGuardian, { readonly type: 'state' }>;

export type LineOutput = {
  readonly say: (message: Exclude<FromGuardian, State>) => void;
  readonly sayState: (state: State) => void;
};

const mostWaiting = 1_000;

/** Bytes that the stream itself may hold before it counts as one that nobody reads. */
const mostBuffered = 64 * 1024;

/** `output` must not wait in `write`: what a Node parent calls a pipe is a socket, which does not. */
export function openLineOutput(output: Writable): LineOutput {
  let waiting: Exclude<FromGuardian, State>[] = [];
  let newest: State | null = null;
  let lost = 0;

  function drain(): void {
    while (output.writableLength < mostBuffered) {
      const message = waiting.shift() ?? newest;
      if (message === null) return;
      if (message === newest) newest = null;
      output.write(`${JSON.stringify(message)}\n`, drain);
    }
  }

  // The agent has gone: the end of its own input says so, too.
  output.on('error', () => {});
  return {
    say(message) {
      waiting.push(message);
      if (waiting.length > mostWaiting) {
        waiting = waiting.slice(mostWaiting / 2);
        lost += mostWaiting / 2;
        waiting.push(lostEvent(lost));
      }
      drain();
    },
    sayState(state) {
      newest = state;
      drain();
    },
  };
}

function lostEvent(lines: number): Exclude<FromGuardian, State> {
  return { type: 'event', level: 'warning', event: 'guardianLinesLost', detail: { lines } };
}
