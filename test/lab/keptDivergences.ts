// What the boxes have kept aside because only they had it.

import { existsSync, readdirSync } from 'node:fs';
import { paths, type BoxName } from './layout.ts';

/** Remembers what is kept now; the function gives the names of what a box has kept since. */
export function watchDivergences(): (box: BoxName) => readonly string[] {
  // Only the newest few are kept, so their number says nothing.
  const before = { 'box-a': new Set(keptNames('box-a')), 'box-b': new Set(keptNames('box-b')) };
  return (box) => keptNames(box).filter((name) => !before[box].has(name));
}

/** Those that are complete: one that is being written has another ending. */
function keptNames(box: BoxName): readonly string[] {
  const directory = `${paths.lib(box)}/divergence`;
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((name) => /-tl\d+$/u.test(name));
}
