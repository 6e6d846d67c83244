// Faults of a pair whose boxes can switch each other off: what is done when they lose each other, and when the switches fail.

import { nowMs, pauseUntil, until } from '../clock.ts';
import { cutApart, cutPower, joinAgain, setSwitch } from '../faults.ts';
import { untilTakenOver, type Field } from '../field.ts';
import { askKeeper } from '../keeperProtocol.ts';
import type { BoxName } from '../layout.ts';
import type { PowerOrder, SwitchName } from '../powerStrip.ts';
import { atMost, noLimit, type Trial } from '../trial.ts';

const site = { arbiter: 'fence' } as const;

/** Two runs of the agent, the order and its verification, come to the usual takeover. */
const fencedTakeover = atMost(3000);
/** As long as whoever may not go on alone is watched. */
const blockedMs = 5000;

export const fenceTrials: readonly Trial[] = [
  {
    name: 'A01-primary-power-loss-fence',
    title:
      'the primary loses power; it is switched off before the standby takes over, and on again after it',
    expected: {
      text: 'takeover after the verified order',
      roleChanges: [1],
      outageLimitMs: fencedTakeover,
      mayOverlap: false,
    },
    site,
    act: async (field) => primaryPowerLoss(field, 'bmc'),
  },
  {
    name: 'A04-standby-power-loss-fence',
    title:
      'the standby loses power; the primary waits its delay, then switches it off, and on again',
    expected: {
      text: 'the primary goes on alone after its delay',
      roleChanges: [0],
      outageLimitMs: atMost(8000),
      mayOverlap: false,
    },
    site,
    act: standbyPowerLoss,
  },
  {
    name: 'B07-everything-cut-fence',
    title: 'nothing passes between the boxes, both live and reach the power switches',
    expected: {
      text: 'one is switched off, the other goes on; then it gets its power back',
      roleChanges: [0, 1],
      outageLimitMs: fencedTakeover,
      mayOverlap: false,
    },
    site,
    act: everythingCut,
  },
  {
    name: 'E08-fence-next-level',
    title: 'the service processor fails, then the primary loses power',
    expected: {
      text: 'the power strip is asked next; takeover',
      roleChanges: [1],
      outageLimitMs: atMost(6000),
      mayOverlap: false,
    },
    site,
    act: async (field) => {
      await setSwitch('deaf', ['bmc']);
      await primaryPowerLoss(field, 'pdu');
    },
  },
  {
    name: 'E08-fence-fails',
    title: 'no power switch answers, then the primary loses power',
    expected: {
      text: 'nobody serves until one answers; then the standby takes over',
      roleChanges: [1],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    site,
    act: fenceFails,
  },
  {
    name: 'E08-fence-lies',
    title: 'the switches say that they did and do not; nothing passes between the living boxes',
    expected: {
      text: 'nobody goes on alone; when the boxes hear each other again the pair goes on',
      roleChanges: [0, 1],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    site,
    act: fenceLies,
  },
  {
    name: 'E08-fence-deaf-until-joined',
    title:
      'no power switch answers while nothing passes between the boxes, nor until they hear each other again',
    expected: {
      text: 'nobody is switched off any more, the pair goes on',
      roleChanges: [0],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    site,
    act: fenceDeafUntilJoined,
  },
  {
    name: 'E09-both-fence-at-once',
    title: 'nothing passes between the boxes, and an order takes a second',
    expected: {
      text: 'one order is given: the box that serves waits, and is off before its turn',
      roleChanges: [0, 1],
      outageLimitMs: atMost(8000),
      mayOverlap: false,
    },
    site,
    act: async (field) => {
      await setSwitch('slow');
      await everythingCut(field);
    },
  },
];

async function ordersSince(atMs: number): Promise<readonly PowerOrder[]> {
  const { powerOrders } = await askKeeper({ type: 'report' });
  return powerOrders.filter((order) => order.atMs >= atMs);
}

/** Power comes back by itself: whoever went on alone switches the other one on. */
async function untilPowered(box: BoxName): Promise<void> {
  await until(`${box} has power again`, 20_000, async () => {
    const { boxes } = await askKeeper({ type: 'report' });
    return boxes[box].pid !== null;
  });
}

async function primaryPowerLoss(field: Field, by: SwitchName): Promise<void> {
  const atMs = await cutPower(field.primary);
  field.noteFault(atMs, field.standby);
  await untilTakenOver(field, field.standby, atMs);
  await untilPowered(field.primary);
  field.noteHealed();
  const on = (await ordersSince(atMs)).filter(({ action }) => action === 'on');
  if (by === 'pdu' && on.some(({ device }) => device === 'bmc'))
    field.object('a device that does not answer has switched on');
}

async function standbyPowerLoss(field: Field): Promise<void> {
  const atMs = await cutPower(field.standby);
  field.noteFault(atMs);
  await field.client.untilFlowing('rows acknowledged alone', atMs + 300, 500, 20_000);
  await untilPowered(field.standby);
  field.noteHealed();
}

async function everythingCut(field: Field): Promise<void> {
  const atMs = await cutApart();
  field.noteFault(atMs, field.standby);
  await field.client.untilFlowing('rows acknowledged by one of them', atMs + 300, 1000, 20_000);
  const off = (await ordersSince(atMs)).filter(({ action }) => action === 'off');
  field.remark(
    `off: ${off.map(({ device, box, atMs: at }) => `${box} by ${device} after ${Math.round(at - atMs)} ms`).join(', ')}`,
  );
  if (off.length !== 1) field.object(`${off.length} boxes were switched off, not one`);
  const [first] = off;
  if (first !== undefined) await untilPowered(first.box);
  // It has booted and hears nobody: it must not shoot back.
  await pauseUntil(nowMs() + blockedMs);
  const again = (await ordersSince(atMs)).filter(({ action }) => action === 'off');
  if (again.length !== off.length)
    field.object('the box that came back has switched the other one off');
  await joinAgain();
  field.noteHealed();
}

async function fenceFails(field: Field): Promise<void> {
  await setSwitch('deaf');
  const atMs = await cutPower(field.primary);
  field.noteFault(atMs, field.standby);
  await nobodyServes(field, atMs);
  await setSwitch('obey');
  await untilTakenOver(field, field.standby, atMs, 30_000);
  await untilPowered(field.primary);
  field.noteHealed();
}

async function fenceLies(field: Field): Promise<void> {
  await setSwitch('lie');
  const atMs = await cutApart();
  field.noteFault(atMs, field.standby);
  await nobodyServes(field, atMs);
  await joinAgain();
  field.noteHealed();
  await field.client.untilFlowing('rows acknowledged again', nowMs(), 700, 30_000);
  await setSwitch('obey');
}

async function fenceDeafUntilJoined(field: Field): Promise<void> {
  await setSwitch('deaf');
  const atMs = await cutApart();
  field.noteFault(atMs);
  await nobodyServes(field, atMs);
  await joinAgain();
  await pauseUntil(nowMs() + blockedMs);
  await setSwitch('obey');
  field.noteHealed();
  await field.client.untilFlowing('rows acknowledged again', nowMs(), 700, 30_000);
  // As long as an order that is under way may take.
  await pauseUntil(nowMs() + blockedMs);
  const off = (await ordersSince(atMs)).filter(({ action }) => action === 'off');
  if (off.length > 0)
    field.object(`${off.length} boxes were switched off although both were heard`);
}

async function nobodyServes(field: Field, atMs: number): Promise<void> {
  // What was on its way when the fault came may still be acknowledged.
  await pauseUntil(atMs + 300);
  const before = field.client.acknowledged().length;
  await pauseUntil(atMs + blockedMs);
  const answered = field.client.acknowledged().length - before;
  if (answered > 0)
    field.object(`${answered} rows were acknowledged although nobody was switched off`);
}
