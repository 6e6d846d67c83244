// Section B of the faults: cables, switches and what else may happen to packets.

import { nowMs, pause, pauseUntil, until } from '../clock.ts';
import { blockReplication, cutPower, pullCable, pullLan, silenceEth1 } from '../faults.ts';
import { untilAlarm, untilEvent, untilTakenOver, type Field } from '../field.ts';
import { untilHealthy } from '../health.ts';
import { hotpair } from '../hotpairCommand.ts';
import { leaveServiceAddresses, takeServiceAddress, takeServiceAddress6 } from '../intruder.ts';
import { askKeeper } from '../keeperProtocol.ts';
import { objectToRows } from '../keptRows.ts';
import { sentenceOf } from '../labError.ts';
import {
  darkenSwitch,
  lightSwitch,
  mendLan,
  silenceSwitch,
  spanningTree,
  splitLan,
} from '../lanSwitch.ts';
import { boxNames, type BoxName } from '../layout.ts';
import { isLeading } from '../sight.ts';
import {
  atMost,
  noLimit,
  takeoverGoal,
  withEvidence,
  type Expected,
  type Trial,
} from '../trial.ts';

/** A port listens and learns so long each. A real switch takes 15 s. */
const forwardDelaySeconds = 2;
const listenSeconds = 2 * forwardDelaySeconds;

const calm: Omit<Expected, 'text'> = {
  roleChanges: [0],
  outageLimitMs: noLimit,
  mayOverlap: false,
};
const takeover: Omit<Expected, 'text'> = {
  roleChanges: [1],
  outageLimitMs: takeoverGoal,
  mayOverlap: false,
};

export const networkTrials: readonly Trial[] = [
  {
    name: 'B01-heartbeat-cut',
    title: 'Eth1 cut while both boxes live',
    expected: {
      text: 'no role change; without another path for the log the primary goes on alone',
      ...calm,
      outageLimitMs: withEvidence(1500),
      mayOverlap: true,
    },
    act: heartbeatCut,
  },
  {
    name: 'B03-service-cut',
    title: 'Eth0 of the primary cut',
    expected: {
      text: 'the primary hands over through Eth1 within a second',
      ...takeover,
      outageLimitMs: atMost(1000),
      mayOverlap: true,
    },
    act: serviceCut,
  },
  {
    name: 'B04-standby-lan-cut',
    title: 'Eth0 of the standby cut',
    expected: {
      text: 'no change and no stall; the standby is unfit, and a switchover to it is refused',
      ...calm,
      outageLimitMs: atMost(300),
    },
    act: standbyLanCut,
  },
  {
    name: 'B05-lan-dead',
    title: 'the LAN is dead for both boxes: the switch has lost its power',
    expected: {
      text: 'no role change, an alarm; processes on the primary itself still store rows',
      ...calm,
    },
    act: lanDead,
  },
  {
    name: 'B06-heartbeat-lost',
    title: 'every heartbeat path carries nothing, no light goes out, the LAN is alive',
    expected: {
      text: 'no takeover: the address answers; the primary goes on alone after the long wait',
      ...calm,
      outageLimitMs: atMost(10_000),
      mayOverlap: true,
    },
    act: heartbeatLost,
  },
  {
    name: 'B07-primary-isolated',
    title: 'all cables of the living primary are cut: Eth1 and its LAN',
    expected: {
      text: 'the standby takes over; the isolated primary acknowledges nothing and follows later',
      ...takeover,
      mayOverlap: true,
    },
    act: primaryIsolated,
  },
  {
    name: 'B08-split-and-healed',
    title: 'Eth1 and the LAN between two living boxes are cut, both see a reference; later mended',
    expected: {
      text: 'the documented risk of lan: both may serve; healed, one goes on, the rows of the other are kept',
      roleChanges: [0, 1, 2],
      outageLimitMs: noLimit,
      mayOverlap: true,
      mayDiverge: true,
    },
    act: splitAndHealed,
  },
  {
    name: 'B14-replication-blocked',
    title: 'the TCP connection of the log is cut without a word, heartbeats pass',
    expected: {
      text: 'the standby notices and gives its consent; the primary goes on alone',
      roleChanges: [0],
      outageLimitMs: atMost(1500),
      mayOverlap: false,
    },
    act: replicationBlocked,
  },
  {
    name: 'B17-switch-reboots',
    title: 'the switch reboots: nothing is forwarded for a minute',
    expected: {
      text: 'no role change; rows again as soon as the switch forwards',
      ...calm,
      outageLimitMs: atMost(63_000),
    },
    act: switchReboots,
  },
  {
    name: 'B18-spanning-tree',
    title: 'switch ports listen before they forward, and the primary loses power',
    expected: {
      text: 'as A01: the port of the standby forwards already; that of the old primary disturbs nobody',
      ...takeover,
    },
    act: spanningTreeTakeover,
  },
  {
    name: 'B18-spanning-tree-port-down',
    title: 'the same where the port of the standby is down until it takes over',
    // The configuration warns of this; what it has to be given is time.
    site: { standbyPort: 'down', linkUpDeadline: '15s' },
    expected: {
      text: 'service is restored when the port forwards',
      ...takeover,
      outageLimitMs: atMost(4 * listenSeconds * 1000),
    },
    act: spanningTreeTakeover,
  },
  {
    name: 'B21-duplicate-address',
    title: 'another device in the LAN begins to use the service address',
    expected: {
      text: 'an alarm, the address is defended, no role change',
      ...calm,
    },
    act: duplicateAddress,
  },
  {
    name: 'B22-duplicate-address-6',
    title: 'another device has the IPv6 service address when the primary loses power',
    expected: { text: 'the takeover goes on as if nothing was', ...takeover },
    act: duplicateAddress6,
  },
];

async function heartbeatCut(field: Field): Promise<void> {
  const atMs = await pullCable();
  field.noteFault(atMs);
  await field.client.untilFlowing('rows acknowledged without Eth1', atMs + 300, 1000, 20_000);
  await pauseUntil(atMs + 4000);
  await askKeeper({ type: 'setCable', connected: true });
  field.noteHealed();
}

async function serviceCut(field: Field): Promise<void> {
  const atMs = await pullLan(field.primary);
  field.noteFault(atMs, field.standby);
  await untilTakenOver(field, field.standby, atMs);
  await plugIn(field, field.primary);
}

async function plugIn(field: Field, box: BoxName): Promise<void> {
  await askKeeper({ type: 'setLan', box, connected: true });
  field.noteHealed();
}

async function standbyLanCut(field: Field): Promise<void> {
  const atMs = await pullLan(field.standby);
  field.noteFault(atMs);
  await untilAlarm(field, field.standby, 'lanLost', 20_000);
  const answer = await hotpair(field.site.binary, field.primary, ['switchover'], 10_000).then(
    () => 'accepted',
    sentenceOf,
  );
  if (answer === 'accepted') field.object('a switchover to an unfit standby was accepted');
  else field.remark(answer);
  await plugIn(field, field.standby);
}

async function lanDead(field: Field): Promise<void> {
  const atMs = nowMs();
  darkenSwitch();
  field.noteFault(atMs);
  await untilAlarm(field, field.primary, 'lanLost', 20_000);
  await until('a row of a process on the primary itself', 5000, () =>
    acknowledgesSince(field, field.primary, atMs + 2000),
  );
  lightSwitch();
  field.noteHealed();
}

async function heartbeatLost(field: Field): Promise<void> {
  const atMs = await silenceEth1();
  field.noteFault(atMs);
  await untilEvent(field, field.standby, 'the loss of its right', 5000, ({ event, reason }) => {
    return event === 'note' && reason === 'eligibilityLost';
  });
  await field.client.untilFlowing('rows acknowledged alone', atMs + 300, 1000, 30_000);
  await askKeeper({ type: 'setSilent', silent: false });
  field.noteHealed();
}

async function primaryIsolated(field: Field): Promise<void> {
  const atMs = await pullLan(field.primary);
  await pullCable();
  field.noteFault(atMs, field.standby);
  await untilTakenOver(field, field.standby, atMs);
  await field.observer.untilSeen('the address is off', 2000, (sight) => {
    return !sight[field.primary].holdsAddress;
  });
  await pauseUntil(atMs + 6000);
  await askKeeper({ type: 'setCable', connected: true });
  await plugIn(field, field.primary);
}

/** The client is on the side of the standby; the monitor's writers are on both boxes. */
async function splitAndHealed(field: Field): Promise<void> {
  const { primary, standby } = field;
  field.observer.setApart(true);
  // In this order: a standby that misses heartbeats while the LAN still passes has its answer and keeps still.
  splitLan(primary);
  const atMs = await silenceEth1();
  field.noteFault(atMs, standby);
  await untilTakenOver(field, standby, atMs);
  await until('both acknowledge', 30_000, () =>
    boxNames.every((box) => acknowledgesSince(field, box, atMs + 3000)),
  );
  await askKeeper({ type: 'setSilent', silent: false });
  // The boxes agree before the LAN is one again: nobody in it hears the address of the one that gave way any more.
  await pauseUntil(nowMs() + 5000);
  mendLan();
  field.observer.setApart(false);
  field.noteHealed();
  const healthy = await untilHealthy(field.site.binary, field.observer, 60_000);
  const loser = healthy.primary === primary ? standby : primary;
  field.remark(`${loser === primary ? 'the old primary' : 'the box that took over'} gave way`);
  const [kept] = field.newlyKept(loser);
  if (kept === undefined) field.object('what only the loser had was not kept');
  else await objectToRows(field, loser, kept);
}

function acknowledgesSince(field: Field, box: BoxName, sinceMs: number): boolean {
  return field.observer.acknowledged().some((ack) => ack.box === box && ack.sentMs > sinceMs);
}

async function replicationBlocked(field: Field): Promise<void> {
  const atMs = await blockReplication(field.primary, true);
  field.noteFault(atMs);
  try {
    await field.client.untilFlowing('rows acknowledged alone', atMs + 300, 1000, 20_000);
    await pauseUntil(atMs + 4000);
  } finally {
    await blockReplication(field.primary, false);
  }
  field.noteHealed();
}

async function switchReboots(field: Field): Promise<void> {
  const atMs = nowMs();
  silenceSwitch(true);
  field.noteFault(atMs);
  await untilAlarm(field, field.primary, 'lanLost', 20_000);
  await pauseUntil(atMs + 60_000);
  const backMs = nowMs();
  silenceSwitch(false);
  field.noteHealed();
  await field.client.untilFlowing('rows acknowledged again', backMs, 500, 20_000);
}

async function spanningTreeTakeover(field: Field): Promise<void> {
  const beganMs = nowMs();
  spanningTree(forwardDelaySeconds);
  // Every port listens anew at this moment, which is not the fault.
  await pause(listenSeconds * 1000);
  await field.client.untilFlowing('the LAN forwards again', beganMs + 500, 2000, 30_000);
  await untilHealthy(field.site.binary, field.observer, 30_000);
  const atMs = await cutPower(field.primary);
  field.noteFault(atMs, field.standby);
  await untilTakenOver(field, field.standby, atMs, 60_000);
  await field.powerOn(field.primary);
  await field.observer.untilSeen('the old primary follows', 60_000, (sight) => {
    return sight[field.primary].database?.inRecovery === true;
  });
  mendLan();
}

async function duplicateAddress(field: Field): Promise<void> {
  const atMs = nowMs();
  takeServiceAddress();
  field.noteFault(atMs);
  await untilAlarm(field, field.primary, 'addressConflict', 5000);
  await pauseUntil(atMs + 3000);
  if (!isLeading(field.observer.report().sight, field.primary)) field.object('the role changed');
  leaveServiceAddresses();
  field.noteHealed();
  await field.client.untilFlowing('rows acknowledged again', nowMs(), 500, 60_000);
  // It stays for a minute after the last claim; a run that begins before that end would see no alarm begin.
  await untilEvent(field, field.primary, 'end of the alarm addressConflict', 75_000, (event) => {
    return event.event === 'alarmCleared' && event.alarm === 'addressConflict';
  });
}

async function duplicateAddress6(field: Field): Promise<void> {
  takeServiceAddress6();
  const atMs = await cutPower(field.primary);
  field.noteFault(atMs, field.standby);
  await untilTakenOver(field, field.standby, atMs);
  leaveServiceAddresses();
  await field.powerOn(field.primary);
}
