// A heartbeat cable that loses many packets: uncomfortable, and nothing to act upon.

import { nowMs, pause } from '../clock.ts';
import type { BoxEvent } from '../boxEvents.ts';
import { beginLoss, endLoss, lossSoFar, type Lost } from '../eth1Loss.ts';
import type { Field } from '../field.ts';
import { boxNames } from '../layout.ts';
import { noLimit, type Trial } from '../trial.ts';

const lossPercent = 30;
const usualMinutes = 1 / 3;
/** A share that would say that the rule did not do what it is for. */
const credibleShare = { least: 0.25, most: 0.35 };

export const heartbeatLossTrials: readonly Trial[] = [
  {
    name: 'B11-heartbeat-loss',
    title: `${lossPercent} % of all heartbeats are lost in both directions, for --minutes`,
    expected: {
      text: 'no role change, nobody goes on alone, nothing is lost',
      roleChanges: [0],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    act: async (field) => lose(field, 'heartbeats'),
  },
];

async function lose(field: Field, what: Lost): Promise<void> {
  const durationMs = (field.options.minutes ?? usualMinutes) * 60_000;
  const atMs = nowMs();
  field.noteFault(atMs);
  try {
    beginLoss(what, lossPercent);
    await pause(durationMs);
    const { lost, passed } = lossSoFar();
    const share = lost / (lost + passed);
    field.remark(
      `${Math.round(durationMs / 1000)} s: ${lost} of ${lost + passed} packets lost (${(share * 100).toFixed(1)} %)`,
    );
    if (!(share >= credibleShare.least && share <= credibleShare.most))
      field.object(`${(share * 100).toFixed(1)} % of the packets were lost, not ${lossPercent}`);
  } finally {
    endLoss();
    field.noteHealed();
  }
  for (const box of boxNames) tellEvents(field, box);
}

/** What the box itself made of it; a change of its role or mode speaks against the run. */
function tellEvents(field: Field, box: (typeof boxNames)[number]): void {
  const events = field.events[box].all();
  const counts = new Map<string, number>();
  for (const event of events) counts.set(nameOf(event), (counts.get(nameOf(event)) ?? 0) + 1);
  const told = [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
  field.remark(`${box}: ${told || 'no event'}`);
  const moves = events.filter(({ event }) => event === 'transition' || event === 'roleChanged');
  if (moves.length > 0) field.object(`${box} did not stay what it was: ${told}`);
}

function nameOf({ event, reason, alarm, from, to }: BoxEvent): string {
  const move = from === undefined && to === undefined ? '' : ` ${from ?? ''}>${to ?? ''}`;
  return `${event}${move}${alarm === undefined ? '' : ` ${alarm}`}${reason === undefined ? '' : ` (${reason})`}`;
}
