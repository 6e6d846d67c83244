// The live view of the demo: both boxes, the row counter, the outage clock.

import type { RunningClient } from './clientProcess.ts';
import { nowMs } from './clock.ts';
import { boxNames } from './layout.ts';
import type { RunningObserver } from './observerProcess.ts';
import type { BoxSight } from './sight.ts';

export type LiveView = {
  readonly title: (text: string) => void;
  /** From this instant on the outage clock runs until rows are acknowledged again. */
  readonly fault: (atMs: number, text: string) => void;
  readonly close: () => void;
};

const drawMs = 100;
const height = 6;

export function openLiveView(observer: RunningObserver, client: RunningClient): LiveView {
  const terminal = process.stdout.isTTY;
  const startedMs = nowMs();
  let title = '';
  let faultAtMs: number | undefined;
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
      `   rows acknowledged  ${String(client.acknowledged().length).padStart(8)}`,
      `   outage clock       ${outage(client, faultAtMs)}`,
    ];
    process.stdout.write(drawn ? `\x1b[${height}A` : '\n');
    for (const row of rows) process.stdout.write(`\x1b[2K${row}\n`);
    drawn = true;
  };
  const timer = setInterval(draw, drawMs);
  return {
    title: (text) => {
      title = text;
      if (!terminal) line(`${clock()}  ${text}`);
    },
    fault: (atMs, text) => {
      faultAtMs = atMs;
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

function outage(client: RunningClient, faultAtMs: number | undefined): string {
  if (faultAtMs === undefined) return '-';
  const list = client.acknowledged();
  const index = list.findIndex(({ atMs }) => atMs > faultAtMs + 1);
  const before = list[index < 0 ? list.length - 1 : index - 1]?.atMs ?? faultAtMs;
  const end = index < 0 ? nowMs() : (list[index]?.atMs ?? nowMs());
  const text = `${Math.round(end - before)} ms`;
  return index < 0 ? `\x1b[1;31m${text}\x1b[0m (running)` : `\x1b[1m${text}\x1b[0m`;
}
