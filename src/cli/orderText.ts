// What the agent answered to an order, as output and exit status.
import type { Verdict } from '../daemon/commands.ts';
import { exitCodes } from './exitCodes.ts';

/** Prints the verdict and returns the exit status: 4 where the state of the pair does not allow it. */
export function tellVerdict(verdict: Verdict): number {
  if (verdict.ok) {
    process.stdout.write(`${verdict.text}\n`);
    return exitCodes.ok;
  }
  process.stderr.write(`hotpair: ${verdict.code}: ${verdict.text}\n`);
  return exitCodes.notPossibleNow;
}
