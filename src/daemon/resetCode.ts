// The word that joins the two steps of a factory reset: shown by the first, asked for by the second, on the same box, in the same
// boot and within minutes, so that no script and no slip of the hand erases a box.
import { randomInt } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from '../config/durableFile.ts';
import { makeDirectories } from '../kernel/directories.ts';
import { monotonicMs } from '../kernel/clock.ts';
import { bootId } from './bootRecord.ts';

/** So long is the second step waited for. */
export const resetCodeLastsMs = 10 * 60_000;

const digits = 6;

type Given = { readonly code: string; readonly boot: string; readonly untilMs: number };

/** A new code of six digits, in the place of an older one. */
export function giveResetCode(runDirectory: string, now = monotonicMs()): string {
  const code = String(randomInt(10 ** digits)).padStart(digits, '0');
  const given: Given = { code, boot: bootId(), untilMs: now + resetCodeLastsMs };
  makeDirectories(runDirectory, 0o700);
  writePrivateFile(pathIn(runDirectory), `${JSON.stringify(given)}\n`, 'replace');
  return code;
}

/** Whether this is the code that was given last and still holds. */
export function isResetCode(runDirectory: string, code: string, now = monotonicMs()): boolean {
  try {
    const given = JSON.parse(readFileSync(pathIn(runDirectory), 'utf8')) as Partial<Given>;
    const { untilMs } = given;
    return (
      given.code === code && given.boot === bootId() && typeof untilMs === 'number' && now < untilMs
    );
  } catch {
    return false;
  }
}

export function forgetResetCode(runDirectory: string): void {
  rmSync(pathIn(runDirectory), { force: true });
}

function pathIn(runDirectory: string): string {
  return join(runDirectory, 'factory-reset.json');
}
