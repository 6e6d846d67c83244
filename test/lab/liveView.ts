// The live view of a demo: both boxes, and what else the demo shows: counters, a clock of the outage.

import { nowMs } from './clock.ts';
import { boxNames } from './layout.ts';
import type { RunningObserver } from './observerProcess.ts';
import type { BoxSight } from './sight.ts';

export type LiveView = {
  readonly title: (text: string) => void;
  readonly close: () => void;
};

/** A name, and what is there to be shown at this moment. */
export type Figure = readonly [string, () => string];

const drawMs = 100;
const nameWidth = 20;

export function openLiveView(observer: RunningObserver, figures: readonly Figure[]): LiveView {
  const terminal = process.stdout.isTTY;
  const startedMs = nowMs();
  let title = '';
  let drawn = false;
  let lastStates = '';

  const clock = (): string => `${((nowMs() - startedMs) / 1000).toFixed(1).padStart(5)} s`;
  const draw = (): void => {
    const { sight } = observer.report();
    const states = boxNames.map((box) => `${box}  ${inWords(sight[box])}`);
    if (!terminal) {
      // Without a terminal only changes are worth a line.
      if (states.join() !== lastStates) for (const state of states) line(`${clock()}  ${state}`);
      lastStates = states.join();
      return;
    }
    const rows = [
      `  ${clock()}   ${title}`,
      '',
      ...boxNames.map((box, index) => `   ${coloured(sight[box], states[index] ?? box)}`),
      ...figures.map(([name, shown]) => `   ${name.padEnd(nameWidth)} ${shown()}`),
    ];
    process.stdout.write(drawn ? `\x1b[${rows.length}A` : '\n');
    for (const row of rows) process.stdout.write(`\x1b[2K${row}\n`);
    drawn = true;
  };
  const timer = setInterval(draw, drawMs);
  return {
    title: (text) => {
      title = text;
      if (!terminal) line(`${clock()}  ${text}`);
    },
    close: () => clearInterval(timer),
  };
}

function line(text: string): void {
  process.stdout.write(`${text}\n`);
}

function inWords(box: BoxSight): string {
  const address = box.holdsAddress ? '  has the service address' : '';
  if (!box.powered) return 'no power';
  if (box.database === null) return `database not running${address}`;
  if (box.database.inRecovery) return `STANDBY${address}`;
  const safe = box.database.waitsFor !== '' && box.database.standbySynchronous;
  return `PRIMARY  ${safe ? 'paired' : 'alone '}${address}`;
}

function coloured(box: BoxSight, text: string): string {
  const colour = !box.powered ? 31 : box.database?.inRecovery === false ? 32 : 36;
  return `\x1b[${colour}m${text}\x1b[0m`;
}

/** A clock that runs from the last sign of life before a fault to the first one after it. */
export function outageClock(instantsMs: readonly number[], faultAtMs: number | undefined): string {
  if (faultAtMs === undefined) return '-';
  const index = instantsMs.findIndex((atMs) => atMs > faultAtMs + 1);
  const before = instantsMs[index < 0 ? instantsMs.length - 1 : index - 1] ?? faultAtMs;
  const end = index < 0 ? nowMs() : (instantsMs[index] ?? nowMs());
  const text = `${Math.round(end - before)} ms`;
  return index < 0 ? `\x1b[1;31m${text}\x1b[0m (running)` : `\x1b[1m${text}\x1b[0m`;
}
