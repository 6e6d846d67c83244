// Section D of the faults, the partition of the state directory.

import { nowMs, until } from '../clock.ts';
import { cutPower } from '../faults.ts';
import { objectToLeading, untilLeading, type Field } from '../field.ts';
import { statusOf } from '../hotpairCommand.ts';
import { runInBox } from '../insideBox.ts';
import { LabError } from '../labError.ts';
import type { BoxName } from '../layout.ts';
import { noLimit, type Trial } from '../trial.ts';

export const stateDiskTrials: readonly Trial[] = [
  {
    name: 'D20-state-read-only',
    title: 'the state partition of the standby is read-only, then the primary loses power',
    expected: {
      text: 'an alarm; the standby, which cannot write its record, does not serve',
      roleChanges: [0],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    act: stateReadOnly,
  },
];

async function stateReadOnly(field: Field): Promise<void> {
  const { primary, standby, site } = field;
  await makeReadOnly(standby);
  const isTold = async (): Promise<boolean> => {
    const status = await statusOf(site.binary, standby);
    return typeof status !== 'string' && status.alarms.includes('statePartition');
  };
  // The agent looks once a minute, so that a flash memory is not worn out by the look.
  await until('the alarm statePartition', 70_000, isTold, 500);
  const atMs = await cutPower(primary);
  field.noteFault(atMs);
  const isOver = (): boolean => nowMs() > atMs + 6000;
  await objectToLeading(field, standby, isOver, 'served although it cannot write its record');
  await cutPower(standby);
  await field.powerOn(primary, standby);
  await untilLeading(field, primary, 60_000);
}

/**
 * A read-only view is laid over the directory, because what is open for writing keeps the mount
 * itself from becoming so. The data directory stays writable, as where it is a partition of its own.
 */
async function makeReadOnly(box: BoxName): Promise<void> {
  const lib = '/var/lib/hotpair';
  const steps = [
    ['mount', '--bind', lib, lib],
    ['mount', '--bind', `${lib}/pgdata`, `${lib}/pgdata`],
    ['mount', '-o', 'remount,bind,ro', lib],
  ];
  for (const words of steps) {
    const { exitCode, stderr } = await runInBox(box, words, 5000);
    if (exitCode !== 0) throw new LabError(`${words.join(' ')} (${box}): ${stderr.trim()}`);
  }
}
