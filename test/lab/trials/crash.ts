// Section A of the faults: boxes that lose power or crash.

import { nowMs, pause, pauseUntil, until } from '../clock.ts';
import { dirtyStandby, restartpointUnderWay } from '../dirtyStandby.ts';
import { cutPower } from '../faults.ts';
import { objectToLeading, untilAlarm, untilTakenOver, type Field } from '../field.ts';
import { statusOf } from '../hotpairCommand.ts';
import { askKeeper } from '../keeperProtocol.ts';
import { LabError } from '../labError.ts';
import type { BoxName } from '../layout.ts';
import { objectToRows } from '../keptRows.ts';
import { takeOverByHand } from '../operatorAct.ts';
import { noLimit, takeoverGoal, withEvidence, type Expected, type Trial } from '../trial.ts';
import { hasRow, leaveCommitUnsent } from '../unsentCommit.ts';

const sameRoles: Omit<Expected, 'text'> = {
  roleChanges: [0],
  outageLimitMs: noLimit,
  mayOverlap: false,
};

export const crashTrials: readonly Trial[] = [
  {
    name: 'A01-primary-power-loss',
    title: 'the primary loses power; the standby takes over; power comes back',
    expected: {
      text: 'the standby takes over within the goal; the old primary follows it',
      roleChanges: [1],
      outageLimitMs: takeoverGoal,
      mayOverlap: false,
    },
    act: primaryPowerLoss,
  },
  {
    name: 'A01-old-primary-returns',
    title: 'the old primary comes back with rows that the new one never had',
    expected: {
      text: 'as A01; what only the old primary had is kept aside and does not come back',
      roleChanges: [1],
      outageLimitMs: takeoverGoal,
      mayOverlap: false,
    },
    act: oldPrimaryReturns,
  },
  {
    name: 'A04-standby-power-loss',
    title: 'the standby loses power; the primary goes on alone',
    expected: {
      text: 'writes stall for 1.4 s at most where evidence shortens the wait, then go on alone',
      roleChanges: [0],
      outageLimitMs: withEvidence(1400),
      mayOverlap: false,
    },
    act: standbyPowerLoss,
  },
  {
    name: 'A06-both-power-loss',
    title: 'both lose power at once and get it back',
    expected: {
      text: 'the pair resumes within 30 s, with the same primary',
      roleChanges: [0],
      outageLimitMs: noLimit,
      healthyWithinMs: 30_000,
      mayOverlap: false,
    },
    act: bothPowerLoss,
  },
  {
    name: 'A07-old-primary-alone',
    title: 'both lose power while paired, only the old primary gets it back',
    expected: {
      text: 'it waits and says for what; with the other one back it serves',
      ...sameRoles,
    },
    act: async (field) => {
      await bothLosePower(field);
      await waitAlone(field, field.primary);
      await field.powerOn(field.standby);
    },
  },
  {
    name: 'A07-operator-decides',
    title: 'both lose power while paired, only the old primary returns, the operator decides',
    expected: { text: 'it serves by order; the other one follows when it is back', ...sameRoles },
    act: operatorDecides,
  },
  {
    name: 'A08-old-standby-alone',
    title: 'both lose power while paired, only the old standby gets it back',
    expected: { text: 'it waits and never serves by itself; the old order returns', ...sameRoles },
    act: async (field) => {
      await bothLosePower(field);
      await waitAlone(field, field.standby);
      await field.powerOn(field.primary);
    },
  },
  {
    name: 'A09-lone-primary-alone',
    title: 'standby off, primary writes alone, primary off, primary returns alone',
    expected: { text: 'it serves at once, without waiting for anybody', ...sameRoles },
    act: lonePrimaryAlone,
  },
  {
    name: 'A10-stale-standby-alone',
    title: 'standby off, primary writes alone, primary off, standby returns alone',
    expected: {
      text: 'the stale box never serves; with the other one back the pair is whole',
      roleChanges: [0],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    act: staleStandbyAlone,
  },
  {
    name: 'A13-standby-crash-loops',
    title: 'the standby loses power again and again, each time soon after the pairing',
    expected: {
      text: 'each loss costs a stall within its budget, and the next pairing waits',
      roleChanges: [0],
      outageLimitMs: withEvidence(1400),
      mayOverlap: false,
    },
    act: standbyCrashLoops,
  },
];

async function primaryPowerLoss(field: Field): Promise<void> {
  const atMs = await cutPower(field.primary);
  field.noteFault(atMs, field.standby);
  await untilTakenOver(field, field.standby, atMs);
  await field.powerOn(field.primary);
}

/**
 * For a moment before the power cut nothing passes Eth1, so that the primary has written rows that
 * the standby never got (and nobody was told of). They have to be kept aside, and not come back.
 */
async function oldPrimaryReturns(field: Field): Promise<void> {
  const row = await leaveCommitUnsent(field.primary);
  const atMs = await cutPower(field.primary);
  field.noteFault(atMs, field.standby);
  await askKeeper({ type: 'setSilent', silent: false });
  await untilTakenOver(field, field.standby, atMs);
  await pauseUntil(atMs + 3000);
  await field.powerOn(field.primary);
  const rejoined = `${field.primary} follows ${field.standby}`;
  await field.observer.untilSeen(rejoined, 60_000, (sight) => {
    return sight[field.primary].database?.inRecovery === true;
  });
  const [kept] = field.newlyKept(field.primary);
  if (kept === undefined) field.object('what only the old primary had was not kept');
  else await objectToRows(field, field.primary, kept);
  if (await hasRow(field.standby, row)) field.object('a row that nobody was told of came back');
}

async function standbyPowerLoss(field: Field): Promise<void> {
  if (field.options.duringCheckpoint) {
    await dirtyStandby(field.primary);
    await restartpointUnderWay(field.primary, field.standby);
  }
  const atMs = await cutPower(field.standby);
  field.noteFault(atMs);
  await field.client.untilFlowing('rows acknowledged without a standby', atMs + 300, 500, 20_000);
  await field.powerOn(field.standby);
}

async function bothPowerLoss(field: Field): Promise<void> {
  await bothLosePower(field);
  await pause(1000);
  await field.powerOn('box-a', 'box-b');
}

async function bothLosePower(field: Field): Promise<void> {
  field.noteFault(await cutPower('box-a', 'box-b'));
}

/** Power for a box that may not serve alone: it must say so, and never lead until it does. */
async function waitAlone(field: Field, box: BoxName): Promise<void> {
  await field.powerOn(box);
  let waits = false;
  const told = untilAlarm(field, box, 'waitingForOperator', 30_000).finally(() => {
    waits = true;
  });
  await Promise.all([told, objectToLeading(field, box, () => waits, 'served alone')]);
  const status = await statusOf(field.site.binary, box);
  if (typeof status === 'string') throw new LabError(status);
  field.remark(
    `${box === field.primary ? 'it' : 'the old standby'} waits for ${status.waitingFor}`,
  );
}

async function operatorDecides(field: Field): Promise<void> {
  await bothLosePower(field);
  await waitAlone(field, field.primary);
  const orderedMs = nowMs();
  await takeOverByHand(field, field.primary);
  await field.client.untilFlowing('rows acknowledged by order', orderedMs, 500, 30_000);
  await field.powerOn(field.standby);
}

async function lonePrimaryAlone(field: Field): Promise<void> {
  await writeAlone(field);
  await cutPower(field.primary);
  const backMs = nowMs();
  await field.powerOn(field.primary);
  await field.client.untilFlowing('rows acknowledged alone again', backMs, 500, 30_000);
  await field.powerOn(field.standby);
}

async function writeAlone(field: Field): Promise<void> {
  const atMs = await cutPower(field.standby);
  field.noteFault(atMs);
  await field.client.untilFlowing('rows acknowledged alone', atMs + 300, 500, 20_000);
}

async function staleStandbyAlone(field: Field): Promise<void> {
  await writeAlone(field);
  await cutPower(field.primary);
  const { atMs } = await askKeeper({ type: 'powerOn', box: field.standby });
  const isOver = (): boolean => nowMs() > atMs + 7000;
  await objectToLeading(field, field.standby, isOver, 'served although it lacks acknowledged rows');
  const answered = field.client.acknowledged().at(-1)?.atMs ?? 0;
  if (answered > atMs) field.object('a row was acknowledged while only the stale box had power');
  const status = await statusOf(field.site.binary, field.standby);
  if (typeof status === 'string') throw new LabError(status);
  field.remark(`the stale box waits: ${status.waitingFor}`);
  await field.powerOn(field.primary);
}

/** Three losses in a row: from the second one on the pairing waits, and the status of the primary says why. */
async function standbyCrashLoops(field: Field): Promise<void> {
  const { primary, standby, site } = field;
  for (let loss = 1; loss <= 3; loss += 1) {
    const atMs = await cutPower(standby);
    if (loss === 1) field.noteFault(atMs);
    await field.client.untilFlowing('rows acknowledged alone', atMs + 300, 500, 20_000);
    await field.powerOn(standby);
    if (loss === 2) await until('a pairing that waits', 20_000, async () => isDamped(field));
    await until(`${primary} is paired again`, 40_000, async () => {
      const status = await statusOf(site.binary, primary);
      return typeof status !== 'string' && status.mode === 'paired';
    });
  }
}

async function isDamped({ site, primary }: Field): Promise<boolean> {
  const status = await statusOf(site.binary, primary);
  return typeof status !== 'string' && status.alarms.includes('pairingPaused');
}
