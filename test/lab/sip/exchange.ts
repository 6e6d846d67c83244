// A telephone system at work: registered phones, calls that are held, and somebody who asks all the time whether it answers.

import { until } from '../clock.ts';
import type { Field } from '../field.ts';
import type { BoxName } from '../layout.ts';
import { callRecords, compareRecords } from './callRecords.ts';
import { callInWords, type Call } from './calls.ts';
import {
  registerPhones,
  startAnswering,
  startCalls,
  type AnsweringPhones,
  type RunningCalls,
} from './phones.ts';
import { longestSilenceMs, startSipProbe, type RunningSipProbe } from './sipProbeProcess.ts';

/** Phones that are registered. */
export const phoneCount = 200;

const ports = { held: 5090, passing: 5091, every: 5092 } as const;
const answersWithinMs = 30_000;

export type Exchange = {
  readonly probe: RunningSipProbe;
  readonly answering: AnsweringPhones;
  readonly held: RunningCalls;
  /** Begins a short call every 50 ms from now on. */
  readonly startPassing: () => RunningCalls;
  /** Calls every registered phone once; gives those calls when all are over. */
  readonly callEveryPhone: () => Promise<readonly Call[]>;
  readonly close: () => Promise<void>;
};

/**
 * Registers the phones and brings calls up that are held for a time.
 * @throws {LabError} a phone was refused, or a call not answered
 */
export async function openExchange(calls: number, holdMs: number): Promise<Exchange> {
  const probe = startSipProbe();
  const open: { readonly stop: () => Promise<void> }[] = [probe];
  const kept = <Part extends { readonly stop: () => Promise<void> }>(part: Part): Part => {
    open.push(part);
    return part;
  };
  const close = async (): Promise<void> => {
    for (const part of open.splice(0).toReversed()) await part.stop();
  };
  const called = (options: Omit<Parameters<typeof startCalls>[0], 'phones'>): RunningCalls =>
    kept(startCalls({ ...options, phones: phoneCount }));
  try {
    await probe.untilAnswered(0, answersWithinMs);
    await registerPhones(phoneCount);
    const answering = kept(await startAnswering());
    const held = called({ calls, rate: 50, holdMs, port: ports.held });
    await until(`${calls} calls`, 10_000, () => answered(held.all()).length === calls);
    return {
      probe,
      answering,
      held,
      startPassing: () => called({ calls: 2000, rate: 20, holdMs: 200, port: ports.passing }),
      callEveryPhone: async () => {
        const every = called({ calls: phoneCount, rate: 50, holdMs: 500, port: ports.every });
        await every.untilOver(60_000);
        return every.all();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** How many different phones were called and hung up on properly. */
export function phonesReached(calls: readonly Call[]): number {
  return new Set(calls.filter(({ endedMs }) => endedMs !== null).map(({ called }) => called)).size;
}

/** Calls that were answered. */
export function answered(calls: readonly Call[]): readonly Call[] {
  return calls.filter(({ answeredMs }) => answeredMs !== null);
}

/** Waits for the end of the held calls; each must have been ended by its caller. */
export async function objectToLostCalls(
  field: Field,
  { held }: Exchange,
  faultAtMs: number,
): Promise<void> {
  await held.untilOver(60_000);
  const lost = held.all().filter(({ endedMs, refused }) => endedMs === null || refused !== null);
  for (const call of lost) field.object(`could not be ended: ${callInWords(call, faultAtMs)}`);
}

/** Every call that was ended has its record on this box. */
export async function objectToRecords(
  field: Field,
  box: BoxName,
  calls: readonly Call[],
  faultAtMs: number,
): Promise<void> {
  const { lost, wrong } = compareRecords(calls, await callRecords(box));
  field.measure('recordsLost', lost.length);
  for (const call of lost) field.object(`without a record: ${callInWords(call, faultAtMs)}`);
  for (const sentence of wrong) field.object(sentence);
}

/** The longest time that the service address did not answer, from a fault on. */
export function measureSilence(field: Field, { probe }: Exchange, faultAtMs: number): void {
  const silenceMs = longestSilenceMs(probe.answers(), faultAtMs);
  if (silenceMs === null) field.object('the service address did not answer any more');
  else field.measure('silentMs', silenceMs);
}
