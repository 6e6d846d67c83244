// Takes the log away from a box without power, so that its database can neither recover nor be
// rewound: what is left to it is a clone.

import { readdirSync, rmSync } from 'node:fs';
import { LabError } from './labError.ts';
import { paths, type BoxName } from './layout.ts';

/** Removes every segment of the log. The timeline history stays. */
export function loseWal(box: BoxName): void {
  const directory = `${paths.lib(box)}/pgdata/pg_wal`;
  const segments = readdirSync(directory).filter((name) => /^[0-9A-F]{24}$/u.test(name));
  if (segments.length === 0) throw new LabError(`${box} has no log`);
  for (const name of segments) rmSync(`${directory}/${name}`);
}
