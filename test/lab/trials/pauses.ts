// Section C of the faults: pauses, clocks, and disks that hang.

import { nowMs, pause, pauseUntil, until } from '../clock.ts';
import { cutPower } from '../faults.ts';
import { objectToLeading, untilAlarm, untilLeading, untilTakenOver, type Field } from '../field.ts';
import { stopAgent, stopBackends, stopPostgres, thawAll } from '../freeze.ts';
import { untilHealthy } from '../health.ts';
import { statusOf } from '../hotpairCommand.ts';
import { agentOf } from '../insideBox.ts';
import { askKeeper } from '../keeperProtocol.ts';
import type { BoxName } from '../layout.ts';
import { loseWatchdog, requireWatchdog } from '../missingWatchdog.ts';
import {
  atMost,
  noLimit,
  takeoverGoal,
  withEvidence,
  type Expected,
  type Trial,
} from '../trial.ts';
import { giveClocksBack, giveOwnClocks, setClock } from '../wallClock.ts';

const calm: Omit<Expected, 'text'> = {
  roleChanges: [0],
  outageLimitMs: noLimit,
  mayOverlap: false,
};

export const pauseTrials: readonly Trial[] = [
  {
    name: 'C01-agent-stopped',
    title: 'the agent of the primary is stopped (SIGSTOP) for ten seconds',
    expected: {
      text: 'the watchdog resets the box, and only then the standby serves',
      ...calm,
      roleChanges: [1],
      outageLimitMs: atMost(5000),
    },
    act: agentStopped,
  },
  {
    name: 'C03-database-stopped',
    title: 'PostgreSQL of the primary is stopped (SIGSTOP), its agent is well',
    expected: {
      text: 'an alarm within 3 s, no role change (the guardian of a later part acts); it goes on where it stopped',
      ...calm,
    },
    act: databaseStopped,
  },
  {
    name: 'C05-agent-blocked-briefly',
    title: 'the agent does nothing for 1.3 s: odd runs on the primary, even runs on the standby',
    expected: { text: 'no role change, no stall', ...calm, outageLimitMs: atMost(300) },
    act: agentBlockedBriefly,
  },
  {
    name: 'C05-standby-blocked',
    title: 'the agent of the standby does nothing for longer than its watchdog allows',
    expected: {
      text: 'the watchdog resets the box; the primary goes on alone',
      ...calm,
      outageLimitMs: withEvidence(1500),
    },
    act: standbyBlocked,
  },
  {
    name: 'C05-cpu-load',
    title: 'both cores fully loaded for --minutes',
    expected: { text: 'no role change', ...calm },
    load: 'cpu',
    act: async (field) => {
      field.noteFault(nowMs());
      await pause((field.options.minutes ?? 10) * 60_000);
    },
  },
  {
    name: 'C08-clock-jumps',
    title: 'the wall clocks of both boxes jump by years, forth and back',
    expected: { text: 'nothing happens', ...calm, outageLimitMs: atMost(300) },
    act: clockJumps,
  },
  {
    name: 'C08-clock-jumps-at-takeover',
    title: 'the same while the primary loses power and comes back',
    expected: {
      text: 'as A01: no decision depends on the wall clock',
      ...calm,
      roleChanges: [1],
      outageLimitMs: takeoverGoal,
    },
    act: clockJumpsAtTakeover,
  },
  {
    name: 'C10-watchdog-missing',
    title: 'the agent of the standby finds no watchdog (watchdog.policy: automatic)',
    expected: { text: 'the box serves on, with an alarm', ...calm },
    act: watchdogMissing,
  },
  {
    name: 'C10-watchdog-required',
    title: 'the same with watchdog.policy: required, then the primary loses power',
    expected: { text: 'without an agent the standby does not take over', ...calm },
    act: watchdogRequired,
  },
  {
    name: 'C13-standby-disk-hangs',
    title: 'the log is not written on the standby any more: its receiver stands still',
    expected: {
      text: 'the standby gives its consent; the primary goes on alone; later the pair heals',
      ...calm,
      outageLimitMs: atMost(1700),
    },
    act: standbyDiskHangs,
  },
];

async function agentStopped(field: Field): Promise<void> {
  const { primary, standby } = field;
  const resets = await resetsOf(field);
  const atMs = stopAgent(primary);
  field.noteFault(atMs, standby);
  await untilLeading(field, standby, 20_000);
  if ((await resetsOf(field)) === resets) field.object(`${standby} led before the reset`);
  await untilTakenOver(field, standby, atMs);
  field.noteHealed();
}

async function resetsOf({ primary }: Field): Promise<number> {
  return (await askKeeper({ type: 'report' })).boxes[primary].resets;
}

async function databaseStopped(field: Field): Promise<void> {
  const atMs = stopPostgres(field.primary);
  field.noteFault(atMs);
  try {
    await untilAlarm(field, field.primary, 'databaseFault', 3000);
    await pauseUntil(atMs + 10_000);
  } finally {
    thawAll();
  }
  field.noteHealed();
  await field.client.untilFlowing('rows acknowledged again', nowMs(), 500, 20_000);
}

async function agentBlockedBriefly(field: Field): Promise<void> {
  const atMs = stopAgent(field.run % 2 === 1 ? field.primary : field.standby);
  field.noteFault(atMs);
  await pauseUntil(atMs + 1300);
  thawAll();
  field.noteHealed();
  await pauseUntil(atMs + 4000);
}

async function standbyBlocked(field: Field): Promise<void> {
  const atMs = stopAgent(field.standby);
  field.noteFault(atMs);
  await field.observer.untilSeen('the reset', 5000, (sight) => !sight[field.standby].powered);
  await field.client.untilFlowing('rows acknowledged alone', atMs + 2300, 500, 20_000);
  field.noteHealed();
}

/** Differences to the machine's clock in days, one box's and the other's. */
const jumps = [
  [3650, -3650],
  [-3650, 3650],
  [1, 9000],
  [0, 0],
] as const;

async function clockJumps(field: Field): Promise<void> {
  await giveOwnClocks(field.site.binary);
  await untilHealthy(field.site.binary, field.observer, 30_000);
  field.noteFault(nowMs());
  for (const [days, otherDays] of jumps) {
    setClock('box-a', days);
    setClock('box-b', otherDays);
    await untilClockIs(field, 'box-a', days);
    await untilClockIs(field, 'box-b', otherDays);
    await pause(500);
  }
  await giveClocksBack(field.site.binary);
}

/** Asks the agent, whose clock it is: a jump that did not happen would prove nothing. */
async function untilClockIs(field: Field, box: BoxName, days: number): Promise<void> {
  await until(`a clock of ${box} that is ${days} days away`, 5000, async () => {
    const status = await statusOf(field.site.binary, box);
    if (typeof status === 'string' || status.lastContact === null) return false;
    const awayMs = Date.parse(status.lastContact) - Date.now();
    return Math.abs(awayMs - days * 86_400_000) < 60_000;
  });
}

async function clockJumpsAtTakeover(field: Field): Promise<void> {
  const { primary, standby, site } = field;
  await giveOwnClocks(site.binary);
  await untilHealthy(site.binary, field.observer, 30_000);
  setClock(standby, 3650);
  await pause(500);
  const atMs = await cutPower(primary);
  setClock(standby, -3650);
  field.noteFault(atMs, standby);
  await untilTakenOver(field, standby, atMs);
  setClock(primary, 9000);
  await field.powerOn(primary);
  await untilHealthy(site.binary, field.observer, 60_000);
  await giveClocksBack(site.binary);
}

async function watchdogMissing(field: Field): Promise<void> {
  const { site, standby } = field;
  field.noteFault(nowMs());
  await loseWatchdog(standby);
  await until('a status that tells of the watchdog', 20_000, async () => {
    const status = await statusOf(site.binary, standby);
    if (typeof status === 'string' || status.watchdog.armed) return false;
    if (!status.alarms.includes('watchdog')) field.object('a missing watchdog raises no alarm');
    field.remark(
      `status: ${status.watchdog.problem}; alarms: ${status.alarms.join(', ') || 'none'}`,
    );
    return status.watchdog.problem !== null;
  });
  await cutPower(standby);
  await field.powerOn(standby);
}

async function watchdogRequired(field: Field): Promise<void> {
  const { primary, standby } = field;
  const undo = requireWatchdog(standby);
  try {
    await loseWatchdog(standby);
    await until('the end of the agent', 5000, () => agentOf(standby) === undefined, 20);
    const atMs = await cutPower(primary);
    field.noteFault(atMs);
    const isOver = (): boolean => nowMs() > atMs + 5000;
    await objectToLeading(field, standby, isOver, 'served without its watchdog');
  } finally {
    undo();
  }
  await cutPower(standby);
  await field.powerOn(primary, standby);
}

async function standbyDiskHangs(field: Field): Promise<void> {
  const atMs = stopBackends(field.standby, 'walreceiver');
  field.noteFault(atMs);
  try {
    await field.client.untilFlowing('rows acknowledged alone', atMs + 300, 1000, 20_000);
  } finally {
    thawAll();
  }
  field.noteHealed();
}
