// A power cut at a named step: it waits for what the step leaves on the box's disk, a file of the
// state directory that comes into being or says something, and springs when the kernel tells of it.

import { readFileSync, watch } from 'node:fs';
import { paths, type BoxName } from './layout.ts';

export type Trap = {
  /** A name in the box's state directory. */
  readonly file: string;
  /** A text that must be in it; empty: it only has to be there. */
  readonly contains: string;
  /** From the sight of it to the power cut. */
  readonly delayMs: number;
};

/** Sets a trap that springs once; the function takes it away. */
export function setPowerTrap(box: BoxName, trap: Trap, spring: () => void): () => void {
  const directory = paths.lib(box);
  const watcher = watch(directory, (_event, name) => {
    if (name !== trap.file || !says(`${directory}/${trap.file}`, trap.contains)) return;
    watcher.close();
    if (trap.delayMs === 0) spring();
    else setTimeout(spring, trap.delayMs);
  });
  // A directory that is replaced under the watcher: the trap never springs, and the trial says so.
  watcher.on('error', () => watcher.close());
  return () => watcher.close();
}

function says(file: string, text: string): boolean {
  if (text === '') return true;
  try {
    return readFileSync(file, 'latin1').includes(text);
  } catch {
    return false;
  }
}
