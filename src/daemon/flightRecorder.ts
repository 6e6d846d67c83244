// The last events before now, kept in memory, and the file they are written to when an invariant breaks.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CoreEvent } from '../core/events.ts';
import type { State } from '../core/state.ts';

const keptEvents = 256;
const keptFiles = 5;
const filePattern = /^crash-.*\.json$/;

export type FlightRecorder = {
  readonly note: (event: CoreEvent) => void;
  /** The remembered events, oldest first. */
  events(): readonly CoreEvent[];
};

export function openFlightRecorder(): FlightRecorder {
  const ring: CoreEvent[] = [];
  let count = 0;
  return {
    note(event) {
      ring[count % keptEvents] = event;
      count += 1;
    },
    events() {
      const start = count % keptEvents;
      return count <= keptEvents
        ? ring.slice(0, count)
        : [...ring.slice(start), ...ring.slice(0, start)];
    },
  };
}

/**
 * Writes state and last events to `<directory>/crash-<UTC>.json`, the oldest files making room. Synchronous, because the
 * process is about to end. Returns the path, or what the disk refused.
 */
export function writeCrashFile(
  directory: string,
  error: unknown,
  state: State | null,
  events: readonly CoreEvent[],
): { readonly path: string } | { readonly problem: string } {
  const time = new Date().toISOString();
  const path = join(directory, `crash-${time.replaceAll(/[:.]/g, '-')}.json`);
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
  try {
    removeOldest(directory);
    writeFileSync(path, JSON.stringify({ time, error: cause, state, events }, plain), {
      mode: 0o600,
    });
    return { path };
  } catch (refusal) {
    return { problem: refusal instanceof Error ? refusal.message : String(refusal) };
  }
}

function removeOldest(directory: string): void {
  const files = readdirSync(directory)
    .filter((name) => filePattern.test(name))
    .toSorted();
  for (const name of files.slice(0, Math.max(0, files.length - keptFiles + 1))) {
    rmSync(join(directory, name), { force: true });
  }
}

/** JSON knows neither log positions (bigint) nor the infinities that stand for "never". */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value;
}
