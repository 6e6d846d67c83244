// The history that a box's agent writes, read from outside: what has come since a trial began.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { paths, type BoxName } from './layout.ts';

/** One line of events.jsonl; what else it has depends on `event`. */
export type BoxEvent = {
  readonly event: string;
  readonly reason?: string;
  readonly text?: string;
  readonly alarm?: string;
  readonly from?: string;
  readonly to?: string;
  readonly epoch?: number;
  readonly timeline?: number;
  readonly code?: string;
};

export type BoxEvents = {
  /** Everything since the reader was opened, the oldest first. */
  readonly all: () => readonly BoxEvent[];
};

/** Opens the history of a box at its end. */
export function openEvents(box: BoxName): BoxEvents {
  const file = `${paths.lib(box)}/events.jsonl`;
  const start = existsSync(file) ? statSync(file).size : 0;
  return {
    all: () => {
      if (!existsSync(file)) return [];
      const bytes = readFileSync(file);
      // A shorter file is the next one, begun because the last was full.
      const text = bytes.subarray(bytes.length < start ? 0 : start).toString('utf8');
      return text
        .split('\n')
        .filter((line) => line.startsWith('{') && line.endsWith('}'))
        .map((line) => JSON.parse(line) as BoxEvent);
    },
  };
}

/** How often a box has said, with a reason, that it became primary. */
export function reasonedPromotions(events: readonly BoxEvent[]): number {
  return events.filter(
    ({ event, to, reason }) => event === 'roleChanged' && to === 'primary' && Boolean(reason),
  ).length;
}
