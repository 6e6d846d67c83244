// The observer as the lab sees it: the newest of its reports, and the few things it is told.

import { spawn } from 'node:child_process';
import { nowMs, until } from './clock.ts';
import { boxNames, labFile, runDirectory, type BoxName } from './layout.ts';
import type { MonitorAck } from './rivals.ts';
import { darkBox, emptyTally, type Sight, type Tally } from './sight.ts';
import { reserveRows, type RowRange } from './siteState.ts';

export type ObserverOrder =
  | { readonly type: 'resetTally' }
  | { readonly type: 'awaitPromotion'; readonly box: BoxName }
  | { readonly type: 'setApart'; readonly apart: boolean };

export type ObserverReport = {
  readonly sight: Sight;
  readonly tally: Tally;
  /** CLOCK_MONOTONIC of the first write accepted on the box named last. */
  readonly promotedAtMs: number | null;
  /** What the monitor's writers got acknowledged since the report before. */
  readonly acknowledged: readonly MonitorAck[];
};

export type RunningObserver = {
  readonly report: () => Omit<ObserverReport, 'acknowledged'>;
  /** What the monitor's writers got acknowledged since the tally was reset. */
  readonly acknowledged: () => readonly MonitorAck[];
  readonly ranges: Readonly<Record<BoxName, RowRange>>;
  readonly awaitPromotion: (box: BoxName) => void;
  readonly resetTally: () => void;
  /** While no path is left between the boxes, two that answer for the address are not counted. */
  readonly setApart: (apart: boolean) => void;
  /** Waits until something is seen. @throws {LabError} not within the deadline */
  readonly untilSeen: (
    what: string,
    deadlineMs: number,
    condition: (sight: Sight) => boolean,
  ) => Promise<number>;
  readonly stop: () => Promise<void>;
};

export function startObserver(): RunningObserver {
  const ranges = { 'box-a': reserveRows(), 'box-b': reserveRows() };
  const firsts = boxNames.map((box) => String(ranges[box].first));
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', labFile('observer.ts'), runDirectory, ...firsts],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  let latest: ObserverReport = {
    sight: { 'box-a': darkBox, 'box-b': darkBox },
    tally: emptyTally,
    promotedAtMs: null,
    acknowledged: [],
  };
  let acknowledged: MonitorAck[] = [];
  let heardMs = 0;
  child.on('error', () => undefined);
  child.on('message', (message: ObserverReport) => {
    latest = message;
    acknowledged.push(...message.acknowledged);
    heardMs = nowMs();
  });
  const order = (what: ObserverOrder): void => {
    if (child.connected) child.send(what);
  };
  return {
    report: () => latest,
    setApart: (apart) => order({ type: 'setApart', apart }),
    awaitPromotion: (box) => order({ type: 'awaitPromotion', box }),
    acknowledged: () => acknowledged,
    ranges,
    resetTally: () => {
      acknowledged = [];
      order({ type: 'resetTally' });
    },
    untilSeen: async (what, deadlineMs, condition) =>
      until(what, deadlineMs, () => nowMs() - heardMs < 2000 && condition(latest.sight)),
    stop: async () => {
      child.kill('SIGKILL');
      const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
      await until('the end of the observer', 3000, ended);
    },
  };
}
