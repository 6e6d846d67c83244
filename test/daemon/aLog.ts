// A log whose lines can be looked at: the real log with sinks that keep what they are given.
import { openLog } from '../../src/daemon/log.ts';
import type { Log } from '../../src/daemon/log.ts';
import type { BoundedWriter } from '../../src/io/events/boundedWriter.ts';

export type Line = Readonly<Record<string, unknown>>;

/** `shown` is what stderr would get, `kept` the history. */
export function aLog(): { readonly log: Log; readonly shown: Line[]; readonly kept: Line[] } {
  const shown: Line[] = [];
  const kept: Line[] = [];
  return { log: openLog(keeper(shown), keeper(kept), 'info'), shown, kept };
}

function keeper(lines: Line[]): BoundedWriter {
  return {
    write: (line) => lines.push(JSON.parse(line) as Line),
    lost: () => 0,
    flush: () => Promise.resolve(),
  };
}
