// Copies programs with every shared library that they are linked with, out of the unpacked packages and never out of this
// machine: an image made elsewhere from the same packages is the same image.

import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

const triplet = 'x86_64-linux-gnu';
const searched = [`lib/${triplet}`, `usr/lib/${triplet}`];
const loader = 'ld-linux-x86-64.so.2';

export type ProgramCopier = {
  /** Copies a program to its place below the root, and its libraries. */
  readonly add: (source: string, place: string) => void;
  /** Copies a library that is opened at run time and that no program names. */
  readonly addLibrary: (name: string) => void;
};

export function programCopier(packagesRoot: string, root: string): ProgramCopier {
  const present = new Set<string>();

  const addLibrary = (name: string): void => {
    if (present.has(name)) return;
    present.add(name);
    const source = searched
      .map((folder) => join(packagesRoot, folder, name))
      .find((path) => existsSync(path));
    if (source === undefined) throw new Error(`no package of the list has the library ${name}`);
    const place = name === loader ? `usr/lib64/${name}` : `usr/lib/${triplet}/${name}`;
    copyTo(realpathSync(source), join(root, place), 0o755);
    addNeeded(source);
  };
  const addNeeded = (file: string): void => {
    for (const name of neededBy(file)) addLibrary(name);
  };
  return {
    add: (source, place) => {
      copyTo(realpathSync(source), join(root, place), 0o755);
      addNeeded(source);
    },
    addLibrary,
  };
}

export function copyTo(source: string, target: string, mode: number): void {
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
  chmodSync(target, mode);
}

function neededBy(file: string): readonly string[] {
  const table = execFileSync('readelf', ['--dynamic', '--wide', file], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return [...table.matchAll(/\(NEEDED\).*\[(.+)\]/gu)].map((match) => match[1] ?? '');
}
