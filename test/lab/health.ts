// A healthy pair: both agents say so, and the observer, who believes neither, sees it too.

import { nowMs, pause } from './clock.ts';
import { statusOf, type BoxStatus } from './hotpairCommand.ts';
import { LabError } from './labError.ts';
import { otherBox, type BoxName } from './layout.ts';
import type { RunningObserver } from './observerProcess.ts';
import { wholePairPrimary, type Sight } from './sight.ts';

export type HealthyPair = {
  readonly primary: BoxName;
  readonly standby: BoxName;
  readonly mode: string;
  readonly sinceMs: number;
};

/**
 * Waits until the pair is healthy. The observer is asked first and often, the agents (a process
 * start each) only when it sees a whole pair.
 * @throws {LabError} with what was still missing
 */
export async function untilHealthy(
  binary: string,
  observer: RunningObserver,
  deadlineMs: number,
): Promise<HealthyPair> {
  const end = nowMs() + deadlineMs;
  let missing = 'the observer has not seen anything yet';
  while (nowMs() < end) {
    const primary = wholePairPrimary(observer.report().sight);
    if (primary === undefined) {
      missing = `the observer sees ${described(observer.report().sight)}`;
      await pause(20);
      continue;
    }
    const answer = await confirmed(binary, primary);
    if (typeof answer !== 'string') return answer;
    missing = answer;
    await pause(50);
  }
  throw new LabError(`no healthy pair within ${Math.round(deadlineMs / 1000)} s: ${missing}`);
}

async function confirmed(binary: string, primary: BoxName): Promise<HealthyPair | string> {
  const standby = otherBox(primary);
  const [first, second] = await Promise.all([statusOf(binary, primary), statusOf(binary, standby)]);
  if (typeof first === 'string') return first;
  if (typeof second === 'string') return second;
  const healthy =
    first.role === 'primary' &&
    first.mode === 'paired' &&
    second.role === 'standby' &&
    second.eligible;
  if (!healthy) return `${primary}: ${inWords(first)}; ${standby}: ${inWords(second)}`;
  return { primary, standby, mode: first.mode, sinceMs: nowMs() };
}

function inWords(status: BoxStatus): string {
  const reason = status.reason ?? '';
  return `${status.role} ${status.mode ?? '-'} eligible=${status.eligible} ${reason}`.trim();
}

/** Both boxes in a few words, for people. */
export function described(sight: Sight): string {
  const one = (box: BoxName): string => {
    const { powered, holdsAddress, database } = sight[box];
    if (!powered) return `${box} without power`;
    const address = holdsAddress ? ', service address' : '';
    if (database === null) return `${box} without database${address}`;
    if (database.inRecovery) return `${box} standby${address}`;
    const waits = database.waitsFor === '' ? 'waits for nobody' : 'waits for its standby';
    const streams = database.standbySynchronous ? ', streaming' : '';
    return `${box} primary (${waits}${streams})${address}`;
  };
  return `${one('box-a')}; ${one('box-b')}`;
}
