// Making directories. Not mkdirSync with `recursive`: on file systems that answer ENOENT to every mkdir (proc, sysfs) it
// never returns (seen with Node 26.10).
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes the directory and those above it with `mode`; one that is there stays as it is. Throws the system's error. */
export function makeDirectories(path: string, mode: number): void {
  if (tryMake(path, mode)) return;
  makeDirectories(dirname(path), mode);
  mkdirSync(path, { mode });
}

/** False where the directory above is missing. */
function tryMake(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return true;
    if (code === 'ENOENT' && dirname(path) !== path) return false;
    throw error;
  }
}
