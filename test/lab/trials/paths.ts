// Section B where heartbeats have more than one way, or where their one way fails in part.

import { nowMs, pauseUntil, until } from '../clock.ts';
import { endLoss, muteEth1 } from '../eth1Loss.ts';
import { cutPower, pullCable, setSerial, silenceEth1 } from '../faults.ts';
import { untilEvent, untilTakenOver, type Field } from '../field.ts';
import { statusOf, type BoxStatus } from '../hotpairCommand.ts';
import { askKeeper } from '../keeperProtocol.ts';
import { boxNames, type BoxName } from '../layout.ts';
import { atMost, noLimit, takeoverGoal, withEvidence, type Trial } from '../trial.ts';

type PathStatus = BoxStatus['paths'][number];

const serial = { secondPath: 'serial' } as const;
const lan = { secondPath: 'lan' } as const;
const alone = { secondPath: 'none' } as const;
/** Nothing of what the clients do is disturbed. */
const calm = { roleChanges: [0], outageLimitMs: atMost(300), mayOverlap: false } as const;
/** A standby that gets heartbeats and no log any more gives its consent, or the primary finds that it waits in vain. */
const broken = { roleChanges: [0], outageLimitMs: atMost(2500), mayOverlap: true } as const;

const flapMs = 700;
const flaps = 24;

export const pathTrials: readonly Trial[] = [
  {
    name: 'A01-primary-power-loss-serial',
    title: 'the primary loses its power; heartbeats go over a serial cable too',
    site: serial,
    expected: {
      text: 'the standby takes over as without that cable',
      roleChanges: [1],
      outageLimitMs: takeoverGoal,
      mayOverlap: false,
    },
    act: primaryDies,
  },
  {
    name: 'B01-heartbeat-cut-serial',
    title: 'Eth1 cut while both boxes live and hear each other over a serial cable',
    site: serial,
    expected: {
      text: 'no role change; the standby consents at once, because replication cannot follow',
      roleChanges: [0],
      outageLimitMs: withEvidence(1000),
      mayOverlap: false,
    },
    act: heartbeatCut,
  },
  {
    name: 'B01-heartbeat-cut-lan',
    title: 'Eth1 cut while both boxes live and hear each other over the LAN',
    site: lan,
    expected: {
      text: 'no role change; the standby consents at once, because replication cannot follow',
      roleChanges: [0],
      outageLimitMs: withEvidence(1000),
      mayOverlap: false,
    },
    act: heartbeatCut,
  },
  {
    name: 'B02-serial-cut',
    title: 'the serial cable is pulled',
    site: serial,
    expected: { text: 'no change and no stall; both boxes say which path is silent', ...calm },
    act: serialCut,
  },
  {
    name: 'B06-heartbeat-lost-serial',
    title: 'Eth1 carries nothing and the serial cable is pulled, the LAN is alive',
    site: serial,
    expected: {
      text: 'no takeover: the address answers; the primary goes on alone after the long wait',
      roleChanges: [0],
      outageLimitMs: atMost(10_000),
      mayOverlap: true,
    },
    act: everythingButLan,
  },
  {
    name: 'B10-one-way-from-primary',
    title: 'what the primary sends over Eth1 is lost, what the standby sends arrives',
    site: alone,
    expected: {
      text: 'no takeover: the address answers; the primary goes on alone after the long wait',
      roleChanges: [0],
      outageLimitMs: atMost(10_000),
      mayOverlap: true,
    },
    act: async (field) => oneWay(field, field.primary),
  },
  {
    name: 'B10-one-way-from-standby',
    title: 'what the standby sends over Eth1 is lost, what the primary sends arrives',
    site: alone,
    expected: {
      text: 'no takeover: the address answers; the primary goes on alone after the long wait',
      roleChanges: [0],
      outageLimitMs: atMost(10_000),
      mayOverlap: true,
    },
    act: async (field) => oneWay(field, field.standby),
  },
  {
    name: 'B10-one-way-from-primary-serial',
    title: 'the same with a serial cable, which carries both ways',
    site: serial,
    expected: { text: 'no role change; the standby consents', ...broken },
    act: async (field) => oneWay(field, field.primary),
  },
  {
    name: 'B10-one-way-from-standby-serial',
    title: 'the same with a serial cable, which carries both ways',
    site: serial,
    expected: { text: 'no role change; the standby consents', ...broken },
    act: async (field) => oneWay(field, field.standby),
  },
  {
    name: 'B13-eth1-flaps',
    title: `the only heartbeat cable comes and goes every ${flapMs} ms`,
    site: alone,
    expected: {
      text: 'no role change; the path is called flapping',
      roleChanges: [0],
      outageLimitMs: noLimit,
      mayOverlap: true,
    },
    act: eth1Flaps,
  },
  {
    name: 'B13-eth1-flaps-serial',
    title: 'the same beside a serial cable',
    site: serial,
    expected: {
      text: 'no role change; the path is called flapping, and commits do not wait for it',
      roleChanges: [0],
      outageLimitMs: atMost(1500),
      mayOverlap: false,
    },
    act: eth1Flaps,
  },
  {
    name: 'B23-serial-loop',
    title: 'each end of the serial cable gets a plug that gives back what is sent',
    site: serial,
    expected: { text: 'own heartbeats are counted and obeyed by nobody; no change', ...calm },
    act: serialLoop,
  },
];

async function primaryDies(field: Field): Promise<void> {
  const atMs = await cutPower(field.primary);
  field.noteFault(atMs, field.standby);
  await untilTakenOver(field, field.standby, atMs);
  await field.powerOn(field.primary);
}

async function heartbeatCut(field: Field): Promise<void> {
  const atMs = await pullCable();
  field.noteFault(atMs);
  await untilConsent(field);
  await field.client.untilFlowing('rows acknowledged without Eth1', atMs + 300, 1000, 20_000);
  for (const box of boxNames) await untilPath(field, box, 'eth1', 'it fails', isFailing);
  await askKeeper({ type: 'setCable', connected: true });
  field.noteHealed();
}

/** One that was cut in other runs of the last minute is called flapping. */
const isFailing = ({ state, alarms }: PathStatus): boolean =>
  state !== 'working' && (alarms.includes('pathSilent') || alarms.includes('pathFlapping'));

async function untilConsent(field: Field): Promise<void> {
  await untilEvent(field, field.standby, 'its consent because of the cable', 10_000, (event) => {
    return event.event === 'note' && event.reason === 'replicationCut';
  });
}

async function serialCut(field: Field): Promise<void> {
  const atMs = await setSerial('pulled');
  field.noteFault(atMs);
  for (const box of boxNames) await untilPath(field, box, 'serial', 'it fails', isFailing);
  await setSerial('connected');
  field.noteHealed();
  await untilHeardAgain(field);
}

async function untilPath(
  field: Field,
  box: BoxName,
  name: PathStatus['name'],
  what: string,
  holds: (path: PathStatus) => boolean,
): Promise<void> {
  await until(
    `${name} on ${box}: ${what}`,
    30_000,
    async () => {
      const path = await pathOf(field, box, name);
      return path !== undefined && holds(path);
    },
    200,
  );
}

/** Heard, not called working: a path that fails in run after run is damped. */
async function untilHeardAgain(field: Field): Promise<void> {
  for (const box of boxNames) {
    const before = await pathOf(field, box, 'serial');
    const received = before?.received ?? 0;
    await untilPath(
      field,
      box,
      'serial',
      'it is heard again',
      (path) => path.received > received + 20,
    );
  }
}

async function pathOf(
  field: Field,
  box: BoxName,
  name: PathStatus['name'],
): Promise<PathStatus | undefined> {
  const status = await statusOf(field.site.binary, box);
  return typeof status === 'string' ? undefined : status.paths.find((path) => path.name === name);
}

async function everythingButLan(field: Field): Promise<void> {
  await setSerial('pulled');
  const atMs = await silenceEth1();
  field.noteFault(atMs);
  await untilEvent(field, field.standby, 'the loss of its right', 5000, ({ event, reason }) => {
    return event === 'note' && reason === 'eligibilityLost';
  });
  await field.client.untilFlowing('rows acknowledged alone', atMs + 300, 1000, 30_000);
  await askKeeper({ type: 'setSilent', silent: false });
  await setSerial('connected');
  field.noteHealed();
}

async function oneWay(field: Field, from: BoxName): Promise<void> {
  const atMs = nowMs();
  muteEth1(from);
  field.noteFault(atMs);
  try {
    await field.client.untilFlowing('rows acknowledged alone', atMs + 300, 1000, 30_000);
  } finally {
    endLoss();
  }
  field.noteHealed();
}

/** It ends connected. */
async function eth1Flaps(field: Field): Promise<void> {
  const beganMs = await pullCable();
  field.noteFault(beganMs);
  for (let flap = 1; flap < flaps; flap += 1) {
    await pauseUntil(beganMs + flap * flapMs);
    await askKeeper({ type: 'setCable', connected: flap % 2 === 1 });
  }
  field.noteHealed();
  for (const box of boxNames)
    await untilPath(
      field,
      box,
      'eth1',
      'it is called flapping',
      ({ state }) => state === 'flapping',
    );
}

async function serialLoop(field: Field): Promise<void> {
  const atMs = await setSerial('looped');
  field.noteFault(atMs);
  for (const box of boxNames) {
    await untilPath(
      field,
      box,
      'serial',
      'its own heartbeats come back',
      ({ looped }) => looped > 50,
    );
    await untilPath(field, box, 'serial', 'it fails', isFailing);
  }
  await setSerial('connected');
  field.noteHealed();
  await untilHeardAgain(field);
}
