// scripts/demo --sip: phones are registered and calls are up when the primary loses power before your eyes; the calls can still
// be ended and are charged, new calls go on at once, the old primary comes back.

import { pause, until } from '../clock.ts';
import { untilHealthy, type HealthyPair } from '../health.ts';
import { askKeeper } from '../keeperProtocol.ts';
import { openLiveView, outageClock, type LiveView } from '../liveView.ts';
import { startObserver, type RunningObserver } from '../observerProcess.ts';
import { isLeading } from '../sight.ts';
import type { Words } from '../words.ts';
import { callRecords, compareRecords } from './callRecords.ts';
import type { Call } from './calls.ts';
import { answered, openExchange, phoneCount, phonesReached, type Exchange } from './exchange.ts';
import type { RunningCalls } from './phones.ts';
import { longestSilenceMs } from './sipProbeProcess.ts';

const quietMs = 3000;
const callsUp = 20;
const holdMs = 15_000;

/** Shows everything once; true: nothing was lost. */
export async function showTelephony(words: Words, pair: HealthyPair): Promise<boolean> {
  const observer = startObserver();
  await untilHealthy(words.site.binary, observer, 20_000);
  const exchange = await openExchange(callsUp, holdMs);
  const passing = exchange.startPassing();
  let faultAtMs: number | undefined;
  const view = openLiveView(observer, [
    ['phones registered', () => column(phoneCount)],
    ['calls held', () => column(stillUp(exchange.held.all()))],
    ['short calls answered', () => column(answered(passing.all()).length)],
    [
      'silence',
      () =>
        outageClock(
          exchange.probe.answers().map(({ atMs }) => atMs),
          faultAtMs,
        ),
    ],
  ]);
  try {
    view.title(`${pair.primary} is primary: ${phoneCount} phones, ${callsUp} calls are up.`);
    await pause(quietMs);
    const cutMs = (await askKeeper({ type: 'powerOff', boxes: [pair.primary] })).atMs;
    faultAtMs = cutMs;
    view.title(`Power cut: ${pair.primary} is dead.`);
    return await afterPowerCut({ words, pair, observer, exchange, passing, view, cutMs });
  } finally {
    view.close();
    await exchange.close();
    await observer.stop();
  }
}

type Show = {
  readonly words: Words;
  readonly pair: HealthyPair;
  readonly observer: RunningObserver;
  readonly exchange: Exchange;
  readonly passing: RunningCalls;
  readonly view: LiveView;
  readonly cutMs: number;
};

async function afterPowerCut(show: Show): Promise<boolean> {
  const { words, pair, observer, exchange, passing, view, cutMs } = show;
  const firstNew = (): Call | undefined =>
    answered(passing.all()).find(({ invitedMs }) => invitedMs > cutMs);
  await observer.untilSeen(`${pair.standby} leads`, 20_000, (s) => isLeading(s, pair.standby));
  await until('a new call', 20_000, () => firstNew() !== undefined);
  view.title(`${pair.standby} has taken over: new calls are answered, the old ones are still up.`);
  await pause(quietMs);
  passing.beginNoMore();
  view.title('Every phone is called once, as it was registered at the other box.');
  const every = await exchange.callEveryPhone();
  view.title('The calls of before hang up one after the other.');
  await exchange.held.untilOver(60_000);
  await passing.untilOver(60_000);
  await askKeeper({ type: 'powerOn', box: pair.primary });
  view.title(`Power is back: ${pair.primary} rejoins as standby.`);
  await untilHealthy(words.site.binary, observer, 90_000);
  view.title('The pair is whole again.');
  await pause(quietMs);
  view.close();
  const firstNewMs = (firstNew()?.answeredMs ?? NaN) - cutMs;
  return summarise(show, { every, firstNewMs });
}

async function summarise(
  { pair, exchange, passing, cutMs }: Show,
  { every, firstNewMs }: { readonly every: readonly Call[]; readonly firstNewMs: number },
): Promise<boolean> {
  const held = exchange.held.all();
  const records = await callRecords(pair.standby);
  const ofHeld = compareRecords(held, records);
  const ofAll = compareRecords([...held, ...passing.all(), ...every], records);
  const ended = held.filter(({ endedMs }) => endedMs !== null).length;
  const reached = phonesReached(every);
  const charged = ended - ofHeld.lost.length - ofHeld.wrong.length;
  const silenceMs = longestSilenceMs(exchange.probe.answers(), cutMs) ?? NaN;
  say('\nSummary');
  say(`  silence as the phones saw it         ${Math.round(silenceMs)} ms`);
  say(`  first new call answered after        ${Math.round(firstNewMs)} ms`);
  say(`  phones that could still be called    ${reached} of ${phoneCount}`);
  say(`  calls up at the power cut            ${callsUp}`);
  say(`  of them ended through the other box  ${ended}`);
  say(`  and charged for what was talked      ${charged}`);
  say(`  call records in all                  ${records.length}`);
  say(`  calls without a record               ${ofAll.lost.length}`);
  say(`  calls charged wrongly                ${ofAll.wrong.length}`);
  const whole = ofAll.lost.length + ofAll.wrong.length === 0;
  return whole && reached === phoneCount && charged === callsUp;
}

function stillUp(calls: readonly Call[]): number {
  return answered(calls).filter(({ endedMs }) => endedMs === null).length;
}

function column(count: number): string {
  return String(count).padStart(8);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
