// scripts/demo: a pair is brought up, its primary loses power before your eyes, the standby takes
// over, the old primary comes back. On a terminal a live view is drawn over itself; elsewhere each
// change is a line.

import { startClient, type RunningClient } from './clientProcess.ts';
import { pause } from './clock.ts';
import { untilHealthy, type HealthyPair } from './health.ts';
import { askKeeper } from './keeperProtocol.ts';
import { namespaces } from './layout.ts';
import { openLiveView, outageClock } from './liveView.ts';
import { startObserver, type RunningObserver } from './observerProcess.ts';
import { countLost, longestGapMs } from './outage.ts';
import { isLeading } from './sight.ts';
import { buildSite } from './site.ts';
import { removeSite } from './siteRemoval.ts';
import { showTelephony } from './sip/telephonyShow.ts';
import { storedRows } from './tables.ts';
import type { Words } from './words.ts';

const quietMs = 3000;

/** Shows everything once; the exit status says whether nothing was lost. */
export async function demo(words: Words): Promise<number> {
  const stopped = stopOnSignal();
  try {
    const { sip } = words.site;
    const holds = sip ? 'PostgreSQL, Kamailio and rtpengine' : 'PostgreSQL';
    const lan = sip ? 'a LAN with phones' : 'a LAN with a client';
    say(`\nThe site: two boxes with ${holds}, ${lan}, in network namespaces.`);
    const pair = await buildSite(words.site, say);
    const shown = sip ? showTelephony(words, pair) : show(words, pair);
    const kept = await Promise.race([shown, stopped]);
    return kept ? 0 : 1;
  } finally {
    if (words.keep) {
      say(`\nThe site stays up (namespaces ${namespaces['box-a']}, ...): scripts/lab status,`);
      say('scripts/lab fault power-loss, scripts/lab heal, scripts/lab down.');
    } else {
      say('\nCleaning up.');
      await removeSite();
    }
  }
}

/** Ctrl-C ends the show, not the clean-up. */
async function stopOnSignal(): Promise<boolean> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => resolve(false));
    }
  });
}

async function show(words: Words, pair: HealthyPair): Promise<boolean> {
  const observer = startObserver();
  const client = startClient();
  await untilHealthy(words.site.binary, observer, 20_000);
  let faultAtMs: number | undefined;
  const view = openLiveView(observer, [
    ['rows acknowledged', () => String(client.acknowledged().length).padStart(8)],
    ['outage clock', () => outageClock(instants(client), faultAtMs)],
  ]);
  try {
    view.title(`A healthy pair: ${pair.primary} is primary, every row is on both boxes.`);
    await client.untilFlowing('a client writing', 0, 1000, 20_000);
    await pause(quietMs);
    const cutMs = (await askKeeper({ type: 'powerOff', boxes: [pair.primary] })).atMs;
    observer.awaitPromotion(pair.standby);
    faultAtMs = cutMs;
    view.title(`Power cut: ${pair.primary} is dead.`);
    await observer.untilSeen(`${pair.standby} leads`, 20_000, (s) => isLeading(s, pair.standby));
    await client.untilFlowing('rows again', cutMs, 500, 20_000);
    view.title(`${pair.standby} has taken over and writes alone.`);
    await pause(quietMs);
    const backMs = (await askKeeper({ type: 'powerOn', box: pair.primary })).atMs;
    view.title(`Power is back: ${pair.primary} rejoins as standby.`);
    const after = await untilHealthy(words.site.binary, observer, 90_000);
    view.title('The pair is whole again.');
    await pause(quietMs);
    view.close();
    return await summarise(client, observer, { cutMs, backMs, after });
  } finally {
    view.close();
    await observer.stop();
  }
}

function instants(client: RunningClient): readonly number[] {
  return client.acknowledged().map(({ atMs }) => atMs);
}

async function summarise(
  client: RunningClient,
  observer: RunningObserver,
  seen: { readonly cutMs: number; readonly backMs: number; readonly after: HealthyPair },
): Promise<boolean> {
  const acknowledged = await client.stop();
  const { tally, promotedAtMs } = observer.report();
  const lost = countLost(acknowledged, await storedRows(seen.after.primary, client.range));
  const outageMs = longestGapMs(acknowledged, seen.cutMs);
  say('\nSummary');
  say(`  outage as the client saw it          ${ms(outageMs)}`);
  say(
    `  first write on the new primary after ${ms(promotedAtMs === null ? null : promotedAtMs - seen.cutMs)}`,
  );
  say(`  old primary back as standby after    ${ms(seen.after.sinceMs - seen.backMs)}`);
  say(`  rows acknowledged                    ${acknowledged.length}`);
  say(`  acknowledged rows lost               ${lost}`);
  say(`  two boxes acknowledging at once      ${ms(tally.doubleAckMs)}`);
  return lost === 0 && tally.doubleAckMs === 0;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function ms(value: number | null): string {
  return value === null ? 'not measured' : `${Math.round(value)} ms`;
}
