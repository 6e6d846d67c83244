// All trials in the order of their ids, and how the command line finds them.

import { LabError } from './labError.ts';
import { isCalled, type Trial } from './trial.ts';
import { crashTrials } from './trials/crash.ts';
import { crashStepTrials } from './trials/crashSteps.ts';
import { databaseTrials } from './trials/database.ts';
import { forgedHeartbeatTrials } from './trials/forgedHeartbeats.ts';
import { guardianLoadTrials } from './trials/guardianLoad.ts';
import { heartbeatLossTrials } from './trials/heartbeatLoss.ts';
import { logTrials } from './trials/logs.ts';
import { networkTrials } from './trials/network.ts';
import { operationTrials } from './trials/operation.ts';
import { pathTrials } from './trials/paths.ts';
import { pauseTrials } from './trials/pauses.ts';
import { sipTrials } from './trials/sip.ts';
import { sipBrokenTrials } from './trials/sipBroken.ts';
import { stateDiskTrials } from './trials/stateDisk.ts';
import { stabilityTrials } from './trials/stability.ts';
import { arbiterTrials } from './trials/arbiters.ts';
import { fenceTrials } from './trials/fence.ts';
import { keyTrials } from './trials/keys.ts';
import { syncTrials } from './trials/sync.ts';

export const trials: readonly Trial[] = [
  ...crashTrials,
  ...stabilityTrials,
  ...crashStepTrials,
  ...networkTrials,
  ...pathTrials,
  ...heartbeatLossTrials,
  ...forgedHeartbeatTrials,
  ...pauseTrials,
  ...databaseTrials,
  ...logTrials,
  ...stateDiskTrials,
  ...arbiterTrials,
  ...fenceTrials,
  ...keyTrials,
  ...syncTrials,
  ...operationTrials,
  ...guardianLoadTrials,
  ...sipTrials,
  ...sipBrokenTrials,
].toSorted((left, right) => (left.name < right.name ? -1 : 1));

/**
 * The trials that a word means: one by its name with or without the id, several by an id or a section.
 * @throws {LabError} exit status 2: none
 */
export function trialsCalled(word: string): readonly Trial[] {
  const called = trials.filter((trial) => isCalled(trial, word));
  if (called.length === 0) {
    throw new LabError(`no trial is called ${word || '(nothing)'}; scripts/lab list has them`, 2);
  }
  return called;
}
