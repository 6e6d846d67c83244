// The observer, a process outside both boxes: every few milliseconds it looks at each box's
// addresses (through /proc, in the box's network namespace) and PostgreSQL (through the box's own
// unix socket, as the role hotpair), adds up what must never be, writes rows to both boxes all the
// time, and after a fault tries a tiny write on the box that should take over. It believes no agent.
// Arguments: the site's directory, the first row number of box-a's writer, that of box-b's.

import { nowMs, pause, until } from './clock.ts';
import { boxProbe } from './boxProbe.ts';
import { boxNames, type BoxName } from './layout.ts';
import { startMonitorWriter, type MonitorWriter } from './monitorWriter.ts';
import type { ObserverOrder, ObserverReport } from './observerProcess.ts';
import { darkBox, emptyTally, tallied, type Sight } from './sight.ts';
import { writeProbe } from './writeProbe.ts';

const pollMs = 8;
const writePollMs = 5;
const reportMs = 20;

let sight: Sight = { 'box-a': darkBox, 'box-b': darkBox };
let seenMs = nowMs();
let tally = emptyTally;
let promotedAtMs: number | null = null;
/** The boxes cannot hear each other on any path: whoever answers then is not counted. */
let apart = false;

function see(next: Sight): void {
  const atMs = nowMs();
  tally = tallied(tally, sight, atMs - seenMs, next, apart);
  seenMs = atMs;
  sight = next;
}

async function watch(box: BoxName): Promise<never> {
  const probe = boxProbe(box);
  for (;;) {
    const startedMs = nowMs();
    const seen = await probe.look();
    see({ ...sight, [box]: seen });
    await pause(pollMs - (nowMs() - startedMs));
  }
}

const [, firstOfA = '', firstOfB = ''] = process.argv.slice(2);
let monitor: readonly MonitorWriter[] = [];

/** A new tally; the first one starts the writers. */
function beginTally(): void {
  tally = { ...emptyTally, lastLeader: tally.lastLeader };
  if (monitor.length > 0) return;
  monitor = [
    startMonitorWriter('box-a', Number(firstOfA)),
    startMonitorWriter('box-b', Number(firstOfB)),
  ];
}

const writers = { 'box-a': writeProbe('box-a'), 'box-b': writeProbe('box-b') };

/** Tries to write on a box until it is accepted once. */
async function awaitPromotion(box: BoxName): Promise<void> {
  promotedAtMs = null;
  await until(
    'a write on the new primary',
    60_000,
    async () => {
      promotedAtMs = await writers[box].accepted();
      return promotedAtMs !== null;
    },
    writePollMs,
  ).catch(() => undefined);
}

function report(): void {
  const acknowledged = monitor.flatMap(({ drain }) => drain());
  const message: ObserverReport = { sight, tally, promotedAtMs, acknowledged };
  process.send?.(message);
}

process.on('message', (order: ObserverOrder) => {
  if (order.type === 'awaitPromotion') void awaitPromotion(order.box);
  else if (order.type === 'setApart') ({ apart } = order);
  else beginTally();
});
process.once('disconnect', () => process.exit(0));
for (const box of boxNames) {
  void writers[box].prepare();
  void watch(box);
}
setInterval(report, reportMs);
