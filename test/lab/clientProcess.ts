// The client as the lab sees it: starts it in its namespace, reads what it has written down so far,
// stops it.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { nowMs, until } from './clock.ts';
import { labFile, namespaces, runDirectory } from './layout.ts';
import { reserveRows, type RowRange } from './siteState.ts';
import { appPassword } from './tables.ts';

export type Acknowledgement = { readonly row: number; readonly atMs: number };

export type RunningClient = {
  /** Everything acknowledged up to now, in order of time. */
  readonly acknowledged: () => readonly Acknowledgement[];
  /** Waits until rows have been acknowledged without a longer gap for a span that began at `sinceMs`. */
  readonly untilFlowing: (
    what: string,
    sinceMs: number,
    spanMs: number,
    deadlineMs: number,
  ) => Promise<void>;
  readonly range: RowRange;
  readonly stop: () => Promise<readonly Acknowledgement[]>;
};

/** A pause between two rows that still counts as writing without a gap. */
const flowingGapMs = 250;

/** Starts a client with row numbers of its own. */
export function startClient(): RunningClient {
  const range = reserveRows();
  const file = `${runDirectory}/client-${range.first}.acknowledged`;
  const reader = openSync(file, 'w+');
  const child = spawn(
    'nsenter',
    [
      `--net=/run/netns/${namespaces.client}`,
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      labFile('client.ts'),
      file,
      String(range.first),
      appPassword,
    ],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const list: Acknowledgement[] = [];
  let position = 0;
  let rest = '';

  const acknowledged = (): readonly Acknowledgement[] => {
    const bytes = Buffer.alloc(65_536);
    for (;;) {
      const count = readSync(reader, bytes, 0, bytes.length, position);
      if (count === 0) return list;
      position += count;
      const lines = (rest + bytes.toString('latin1', 0, count)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) list.push(parsed(line));
    }
  };
  return {
    acknowledged,
    untilFlowing: async (what, sinceMs, spanMs, deadlineMs) => {
      await until(what, deadlineMs, () => flowsSince(acknowledged(), sinceMs, spanMs));
    },
    range,
    stop: async () => {
      await ended(child);
      const all = acknowledged();
      closeSync(reader);
      rmSync(file, { force: true });
      return all;
    },
  };
}

function parsed(line: string): Acknowledgement {
  const [row = '', atMs = ''] = line.split(' ');
  return { row: Number(row), atMs: Number(atMs) };
}

function flowsSince(list: readonly Acknowledgement[], sinceMs: number, spanMs: number): boolean {
  let laterMs = nowMs();
  for (let index = list.length - 1; index >= 0; index -= 1) {
    const atMs = list[index]?.atMs ?? 0;
    if (atMs < sinceMs || laterMs - atMs > flowingGapMs) return false;
    if (nowMs() - atMs >= spanMs) return true;
    laterMs = atMs;
  }
  return false;
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await until('the end of the client', 3000, () => hasEnded(child)).catch(() => {
    child.kill('SIGKILL');
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
