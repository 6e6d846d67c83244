// Section A of the faults: boxes that crash at a named step. The step is known by what it leaves on
// the box's disk (its record, the note of a rewind or clone), which the keeper watches.

import { existsSync } from 'node:fs';
import { nowMs } from '../clock.ts';
import { cutPower, setTrap, untilTrapped } from '../faults.ts';
import { objectToLeading, untilAlarm, untilLeading, type Field } from '../field.ts';
import { paths, type BoxName } from '../layout.ts';
import { loseWal } from '../lostWal.ts';
import type { Trap } from '../powerTrap.ts';
import { losePrimaryWithOwnRow, untilRebuilt } from '../rebuilding.ts';
import { noLimit, takeoverGoal, type Expected, type Trial } from '../trial.ts';

const recording: Trap = { file: 'record.a.new', contains: '', delayMs: 0 };
const recordedAlone: Trap = { file: 'record.a', contains: '"mode":"solo"', delayMs: 0 };
const recordedPaired: Trap = { file: 'record.a', contains: '"mode":"paired"', delayMs: 0 };

const sameRoles: Omit<Expected, 'text'> = {
  roleChanges: [0],
  outageLimitMs: noLimit,
  mayOverlap: false,
};
const otherRoles: Omit<Expected, 'text'> = { ...sameRoles, roleChanges: [1] };

export const crashStepTrials: readonly Trial[] = [
  {
    name: 'A15-lone-reign-being-recorded',
    title: 'the primary may go on alone and loses power while its record is being written',
    expected: {
      text: 'what its disk kept decides: it serves alone or waits for the other; nobody else acts',
      ...sameRoles,
      roleChanges: [0, 1],
    },
    act: loneReignBeingRecorded,
  },
  {
    name: 'A15-takeover-being-recorded',
    title: 'the standby may take over and loses power while its record is being written',
    expected: {
      text: 'what its disk kept decides: it serves alone or waits for the other',
      ...sameRoles,
      roleChanges: [0, 1],
    },
    act: takeoverBeingRecorded,
  },
  {
    name: 'A16-lone-reign-recorded',
    title: 'the primary loses power after it recorded to be alone, before commits stop waiting',
    expected: { text: 'back again it serves alone at once', ...sameRoles },
    act: loneReignRecorded,
  },
  {
    name: 'A16-takeover-recorded',
    title: 'the standby loses power after it recorded its takeover, before it is promoted',
    expected: { text: 'back again it serves alone; the old primary follows', ...otherRoles },
    act: takeoverRecorded,
  },
  {
    name: 'A18-pairing-recorded',
    title: 'the primary recorded to be paired again and loses power before it told the standby',
    expected: { text: 'the standby does not serve; the primary comes back', ...sameRoles },
    act: pairingRecorded,
  },
  {
    name: 'A19-crash-during-rewind',
    title: 'the old primary loses power while its database is being rewound',
    expected: {
      text: 'the half-rewound database is never started; it is cloned or rewound again',
      ...otherRoles,
      outageLimitMs: takeoverGoal,
    },
    act: crashDuringRewind,
  },
  {
    name: 'A21-crash-during-clone',
    title: 'a box whose database is being cloned anew loses power',
    expected: {
      text: 'the old directory is kept until the clone, begun again, is whole',
      ...otherRoles,
      outageLimitMs: takeoverGoal,
    },
    act: crashDuringClone,
  },
];

async function loneReignBeingRecorded(field: Field): Promise<void> {
  await setTrap(field.primary, recording);
  field.noteFault(await cutPower(field.standby));
  await untilTrapped('the record of a lone reign', 20_000);
  await returnAlone(field, field.primary);
  await field.powerOn(field.standby);
}

async function takeoverBeingRecorded(field: Field): Promise<void> {
  await setTrap(field.standby, recording);
  field.noteFault(await cutPower(field.primary));
  await untilTrapped('the record of a takeover', 20_000);
  await returnAlone(field, field.standby);
  await field.powerOn(field.primary);
}

/** Power for a box that serves alone or waits for the other one: its record says which. */
async function returnAlone(field: Field, box: BoxName): Promise<void> {
  await field.powerOn(box);
  const decision = await Promise.any([
    untilLeading(field, box, 20_000).then(() => 'serves alone'),
    untilAlarm(field, box, 'waitingForOperator', 20_000).then(() => 'waits for the other'),
  ]);
  field.remark(`back again it ${decision}`);
}

async function loneReignRecorded(field: Field): Promise<void> {
  await setTrap(field.primary, recordedAlone);
  field.noteFault(await cutPower(field.standby));
  const trappedMs = await untilTrapped('the record of a lone reign', 20_000);
  await field.powerOn(field.primary);
  await field.client.untilFlowing('rows acknowledged alone', trappedMs, 500, 30_000);
  await field.powerOn(field.standby);
}

async function takeoverRecorded(field: Field): Promise<void> {
  await setTrap(field.standby, recordedAlone);
  field.noteFault(await cutPower(field.primary));
  const trappedMs = await untilTrapped('the record of a takeover', 20_000);
  await field.powerOn(field.standby);
  await untilLeading(field, field.standby, 30_000);
  await field.client.untilFlowing('rows acknowledged alone', trappedMs, 500, 30_000);
  await field.powerOn(field.primary);
}

async function pairingRecorded(field: Field): Promise<void> {
  const atMs = await cutPower(field.standby);
  field.noteFault(atMs);
  await field.client.untilFlowing('rows acknowledged alone', atMs + 300, 300, 20_000);
  await setTrap(field.primary, recordedPaired);
  await field.powerOn(field.standby);
  const trappedMs = await untilTrapped('the record of a new pairing', 60_000);
  const isOver = (): boolean => nowMs() > trappedMs + 4000;
  await objectToLeading(field, field.standby, isOver, 'served without a grant');
  await field.powerOn(field.primary);
}

async function crashDuringRewind(field: Field): Promise<void> {
  await losePrimaryWithOwnRow(field);
  // The note is there before pg_rewind begins: later runs let it get further.
  const delayMs = 40 * (field.run - 1);
  await setTrap(field.primary, { file: 'pgdata.job', contains: 'rewinding', delayMs });
  await field.powerOn(field.primary);
  await untilTrapped('a rewind', 60_000);
  await field.powerOn(field.primary);
  await untilRebuilt(field, 'rewound', 'cloned');
}

async function crashDuringClone(field: Field): Promise<void> {
  await losePrimaryWithOwnRow(field);
  loseWal(field.primary);
  await setTrap(field.primary, { file: 'pgdata.new', contains: '', delayMs: 100 * field.run });
  await field.powerOn(field.primary);
  await untilTrapped('a clone', 90_000);
  if (!existsSync(`${paths.lib(field.primary)}/pgdata/PG_VERSION`)) {
    field.object('the old data directory was given up before the new one was whole');
  }
  await field.powerOn(field.primary);
  await untilRebuilt(field, 'cloned');
}
