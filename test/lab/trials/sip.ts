// Faults of a pair that is a telephone system: its boxes, its services, its agent. Registered phones and calls that are held
// have to survive all of them.

import { nowMs, pauseUntil, until } from '../clock.ts';
import { cutPower, killAgent } from '../faults.ts';
import { untilTakenOver, type Field } from '../field.ts';
import { hotpair, statusOf } from '../hotpairCommand.ts';
import { agentOf } from '../insideBox.ts';
import { sentenceOf } from '../labError.ts';
import { boxNames } from '../layout.ts';
import { killService, processesOf, stopService, telephonyServices } from '../sip/boxTelephony.ts';
import {
  answered,
  measureSilence,
  objectToLostCalls,
  objectToRecords,
  openExchange,
  phoneCount,
  phonesReached,
  type Exchange,
} from '../sip/exchange.ts';
import { startAudio } from '../sip/rtpPhonesProcess.ts';
import { longestRtpGapMs } from '../sip/rtpGaps.ts';
import { relayedCalls } from '../sip/telephony.ts';
import { atMost, noLimit, takeoverGoal, type Expected, type Trial } from '../trial.ts';

const site = { sip: true } as const;

const sameRoles: Omit<Expected, 'text'> = {
  roleChanges: [0],
  outageLimitMs: noLimit,
  mayOverlap: false,
};

export const sipTrials: readonly Trial[] = [
  {
    name: 'F01-sip-service-crash',
    title: 'kill -9 of Kamailio, with 200 phones registered and 20 calls up',
    expected: {
      text: 'it answers again within 500 ms (median); no call is lost',
      ...sameRoles,
      goals: { silentMs: 500, recordsLost: 0 },
    },
    site,
    act: async (field) =>
      atWork(20, 8000, async (exchange) => {
        const atMs = await killService(field.primary, 'kamailio');
        await objectToReplacement(field, exchange, atMs);
      }),
  },
  {
    name: 'F02-sip-service-hang',
    title: 'every process of Kamailio stands still (SIGSTOP), with 20 calls up',
    expected: {
      text: 'it answers again within 3 s; no call is lost',
      ...sameRoles,
      goals: { silentMs: 3000, recordsLost: 0 },
    },
    site,
    act: async (field) =>
      atWork(20, 10_000, async (exchange) => {
        const atMs = await stopService(field.primary, 'kamailio');
        await objectToReplacement(field, exchange, atMs);
      }),
  },
  {
    name: 'F03-sip-agent-crash',
    title: 'kill -9 of the agent of the primary, with 20 calls up',
    expected: {
      text: 'no service is restarted, no call is lost',
      ...sameRoles,
      outageLimitMs: atMost(300),
      goals: { recordsLost: 0 },
    },
    site,
    act: async (field) => atWork(20, 12_000, async (exchange) => agentCrash(field, exchange)),
  },
  {
    name: 'F01-sip-relay-crash',
    title: 'kill -9 of Redis, then of the audio relay, with the audio of 10 calls',
    expected: {
      text: 'the relay has its calls again; both ends miss 1.5 s of audio at most; no call is torn down',
      ...sameRoles,
      goals: { audioGapMs: 1500, recordsLost: 0 },
    },
    site,
    act: async (field) => atWork(10, 8000, async (exchange) => relayCrash(field, exchange)),
  },
  {
    name: 'F04-sip-switchover',
    title: 'hotpair switchover --wait with the audio of 10 calls',
    expected: {
      text: 'calls and their audio go on through the other box; no record is lost',
      roleChanges: [1],
      outageLimitMs: atMost(5000),
      goals: { audioGapMs: 1500, recordsLost: 0 },
      mayOverlap: false,
    },
    site,
    act: async (field) => atWork(10, 8000, async (exchange) => switchover(field, exchange)),
  },
  {
    name: 'F05-sip-power-loss',
    title: 'the primary loses power with 200 phones registered and 20 calls up',
    expected: {
      text: 'the first new call is answered within 1.5 s (median); registrations, calls and records survive',
      roleChanges: [1],
      outageLimitMs: takeoverGoal,
      goals: { newCallMs: 1500, recordsLost: 0 },
      mayOverlap: false,
    },
    site,
    act: async (field) => {
      await atWork(20, 16_000, async (exchange) => powerLoss(field, exchange));
      await field.powerOn(field.primary);
    },
  },
  {
    name: 'F05-sip-media-power-loss',
    title: 'the primary loses power while it relays the audio of 10 calls',
    expected: {
      text: 'both ends miss 1.5 s of audio at most (median); no call is torn down',
      roleChanges: [1],
      outageLimitMs: takeoverGoal,
      goals: { audioGapMs: 1500, recordsLost: 0 },
      mayOverlap: false,
    },
    site,
    act: async (field) => {
      await atWork(10, 12_000, async (exchange) => mediaPowerLoss(field, exchange));
      await field.powerOn(field.primary);
    },
  },
];

/** A telephone system at work while something happens to it; its calls have to be ended and recorded afterwards. */
async function atWork(
  calls: number,
  holdMs: number,
  happens: (exchange: Exchange) => Promise<unknown>,
): Promise<void> {
  const exchange = await openExchange(calls, holdMs);
  try {
    await happens(exchange);
  } finally {
    await exchange.close();
  }
}

/** Kamailio is gone and begun again: it has to answer, and the calls of the old one have to be ended and recorded. */
async function objectToReplacement(field: Field, exchange: Exchange, atMs: number): Promise<void> {
  field.noteFault(atMs);
  await exchange.probe.untilAnswered(nowMs(), 10_000);
  await objectToLostCalls(field, exchange, atMs);
  measureSilence(field, exchange, atMs);
  await objectToRecords(field, field.primary, exchange.held.all(), atMs);
}

/** Process numbers of every service of both boxes. */
function servicesRunning(): readonly string[] {
  return boxNames.flatMap((box) =>
    telephonyServices.flatMap((service) =>
      processesOf(box, service).map(({ pid }) => `${service} ${pid} of ${box}`),
    ),
  );
}

async function agentCrash(field: Field, exchange: Exchange): Promise<void> {
  const { primary, site: options } = field;
  const before = servicesRunning();
  const agent = agentOf(primary)?.pid;
  const atMs = killAgent(primary);
  field.noteFault(atMs);
  await until(`a new agent on ${primary}`, 5000, () => {
    const now = agentOf(primary)?.pid;
    return now !== undefined && now !== agent;
  });
  await until(`the new agent of ${primary} answers`, 10_000, async () => {
    return typeof (await statusOf(options.binary, primary)) !== 'string';
  });
  // Long enough for a guardian that does not know what it finds to start it once more.
  await pauseUntil(atMs + 5000);
  await objectToLostCalls(field, exchange, atMs);
  const now = new Set(servicesRunning());
  const gone = before.filter((one) => !now.has(one));
  if (gone.length > 0 || now.size !== before.length)
    field.object(`services were restarted: ${gone.join(', ')}; ${now.size} processes run`);
  measureSilence(field, exchange, atMs);
  await objectToRecords(field, primary, exchange.held.all(), atMs);
}

async function powerLoss(field: Field, exchange: Exchange): Promise<void> {
  const { primary, standby } = field;
  const passing = exchange.startPassing();
  await until('calls that come and go', 10_000, () =>
    passing.all().some(({ endedMs }) => endedMs !== null),
  );
  const atMs = await cutPower(primary);
  field.noteFault(atMs, standby);
  const firstNew = (): number | undefined =>
    answered(passing.all()).find(({ invitedMs }) => invitedMs > atMs)?.answeredMs ?? undefined;
  await until('a new call that is answered', 20_000, () => firstNew() !== undefined);
  field.measure('newCallMs', (firstNew() ?? NaN) - atMs);
  await untilTakenOver(field, standby, atMs);
  passing.beginNoMore();
  const every = await exchange.callEveryPhone();
  if (phonesReached(every) !== phoneCount)
    field.object(`${phonesReached(every)} of ${phoneCount} registered phones could be called`);
  await objectToLostCalls(field, exchange, atMs);
  await passing.untilOver(60_000);
  const failed = passing.all().filter(({ endedMs }) => endedMs === null);
  // A call that is over and not forgotten holds its ports.
  const relayed = await relayedCalls(standby);
  if (relayed > failed.length) field.object(`the relay still has ${relayed} calls`);
  if (failed.length > 0) field.remark(`${failed.length} calls were being set up and failed`);
  measureSilence(field, exchange, atMs);
  await objectToRecords(field, standby, [...exchange.held.all(), ...passing.all(), ...every], atMs);
}

async function mediaPowerLoss(field: Field, exchange: Exchange): Promise<void> {
  const { primary, standby } = field;
  const atMs = await withAudio(field, exchange, async () => {
    const cutMs = await cutPower(primary);
    field.noteFault(cutMs, standby);
    await untilTakenOver(field, standby, cutMs);
    return cutMs;
  });
  await objectToLostCalls(field, exchange, atMs);
  await objectToRecords(field, standby, exchange.held.all(), atMs);
}

/** The memory of the relay first, so that it has to give back after its own restart what the relay asks it for. */
async function relayCrash(field: Field, exchange: Exchange): Promise<void> {
  const { primary } = field;
  const atMs = await withAudio(field, exchange, async () => {
    field.noteFault(await killService(primary, 'redis'));
    return killService(primary, 'rtpengine');
  });
  await objectToLostCalls(field, exchange, atMs);
  await objectToRecords(field, primary, exchange.held.all(), atMs);
}

async function switchover(field: Field, exchange: Exchange): Promise<void> {
  const { primary, standby, site: options } = field;
  const atMs = await withAudio(field, exchange, async () => {
    const orderedMs = nowMs();
    field.noteFault(orderedMs, standby);
    await hotpair(options.binary, primary, ['switchover', '--wait'], 30_000);
    await untilTakenOver(field, standby, orderedMs);
    return orderedMs;
  });
  await objectToLostCalls(field, exchange, atMs);
  measureSilence(field, exchange, atMs);
  await objectToRecords(field, standby, exchange.held.all(), atMs);
}

/** All calls have audio in both directions while something happens to its relay; it has to come back at every end. */
async function withAudio(
  field: Field,
  { held, answering }: Exchange,
  happens: () => Promise<number>,
): Promise<number> {
  const ends = [...held.ends(), ...answering.ends()];
  const audio = startAudio(ends);
  const heardSince = (sinceMs: number): boolean =>
    ends.every((_end, index) =>
      audio.arrivals().some(({ end, atMs }) => end === index && atMs > sinceMs),
    );
  try {
    await until('audio at both ends of every call', 5000, () => heardSince(0));
    const atMs = await happens();
    const againMs = nowMs();
    await until('audio at both ends again', 5000, () => heardSince(againMs), 50).catch(
      (error: unknown) => field.object(sentenceOf(error)),
    );
    const gaps = ends.map((_end, index) => longestRtpGapMs(audio.arrivals(), index, atMs));
    const silent = gaps.filter((gapMs) => gapMs === null).length;
    if (silent > 0) field.object(`${silent} of ${ends.length} ends heard nothing any more`);
    field.measure('audioGapMs', Math.max(...gaps.map((gapMs) => gapMs ?? 0)));
    return atMs;
  } finally {
    await audio.stop();
  }
}
