// A process of the lab in the client's network namespace that writes lines into a file, and those lines as they come.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { until } from './clock.ts';
import { labFile, namespaces } from './layout.ts';

export type GrowingFile<Item> = {
  /** What all complete lines up to now say. */
  readonly items: () => readonly Item[];
  /** Closes and removes it; what it had is still there to be read. */
  readonly remove: () => void;
};

/** A file of lines, made empty here, that another process writes to. */
export function growingFile<Item>(path: string, itemOf: (line: string) => Item): GrowingFile<Item> {
  const reader = openSync(path, 'w+');
  const items: Item[] = [];
  let open = true;
  let position = 0;
  let rest = '';
  const read = (): readonly Item[] => {
    const bytes = Buffer.alloc(65_536);
    while (open) {
      const count = readSync(reader, bytes, 0, bytes.length, position);
      if (count === 0) break;
      position += count;
      const parts = (rest + bytes.toString('latin1', 0, count)).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) items.push(itemOf(line));
    }
    return items;
  };
  return {
    items: read,
    remove: () => {
      read();
      open = false;
      closeSync(reader);
      rmSync(path, { force: true });
    },
  };
}

/** Starts a script of the lab among the phones. */
export function startInLan(script: string, words: readonly string[]): ChildProcess {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', labFile(script)];
  return spawn('nsenter', [`--net=/run/netns/${namespaces.client}`, ...node, ...words], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** Asks it to end, and kills it where it does not. */
export async function endProcess(what: string, child: ChildProcess): Promise<void> {
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  child.kill('SIGTERM');
  await until(`the end of ${what}`, 3000, hasEnded).catch(() => {
    child.kill('SIGKILL');
  });
}
