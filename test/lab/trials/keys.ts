// The key of the pair is exchanged while rows are written.

import { readFileSync } from 'node:fs';
import { nowMs, pause, until } from '../clock.ts';
import { cutPower, killAgent } from '../faults.ts';
import type { Field } from '../field.ts';
import { hotpair, statusOf } from '../hotpairCommand.ts';
import { LabError } from '../labError.ts';
import { boxNames, paths, type BoxName } from '../layout.ts';
import { atMost, noLimit, type Trial } from '../trial.ts';

const rotations = 3;
/** The product's own: silence from which on a box is suspicious. */
const deadIntervalMs = 250;

export const keyTrials: readonly Trial[] = [
  {
    name: 'E11-key-rotation',
    title: 'hotpair key rotate three times, on one box and on the other, while rows are written',
    expected: {
      text: 'no lost contact, no role change, one new key on both boxes each time',
      roleChanges: [0],
      outageLimitMs: atMost(300),
      mayOverlap: false,
    },
    act: rotateKeys,
  },
  {
    name: 'E11-key-rotation-interrupted',
    title:
      'a rotation is begun while the standby has no power, the agent is killed, power comes back',
    expected: {
      text: 'it goes on by itself: one new key on both boxes, a healthy pair',
      roleChanges: [0],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    act: interruptedRotation,
  },
];

async function rotateKeys(field: Field): Promise<void> {
  const { binary } = field.site;
  field.noteFault(nowMs());
  const seen = new Set([keyOf('box-a')]);
  const before = await Promise.all(boxNames.map(async (box) => wordsOf(field, box)));
  const listening = listenToContact(field);
  for (let turn = 0; turn < rotations; turn += 1) {
    const box = turn % 2 === 0 ? field.primary : field.standby;
    const begunMs = nowMs();
    await hotpair(binary, box, ['key', 'rotate'], 40_000);
    const tookMs = Math.round(nowMs() - begunMs);
    await until('both boxes have one new key', 5000, () => isOneNewKey(seen));
    seen.add(keyOf('box-a'));
    field.remark(
      `${box}: exchanged in ${tookMs} ms, both after ${Math.round(nowMs() - begunMs)} ms`,
    );
  }
  await field.client.untilFlowing('rows acknowledged with the new key', nowMs(), 500, 5000);
  const silentMs = await listening.stop();
  field.remark(`the longest silence that a box told: ${Math.round(silentMs)} ms`);
  if (silentMs >= deadIntervalMs)
    field.object(`a box heard nothing for ${Math.round(silentMs)} ms`);
  const after = await Promise.all(boxNames.map(async (box) => wordsOf(field, box)));
  for (const [index, box] of boxNames.entries()) {
    const refused = badKeys(after[index]) - badKeys(before[index]);
    field.remark(`${box}: ${refused} heartbeats with a key that it does not accept`);
    // One may be on its way when its key is given up.
    if (refused > rotations) field.object(`${box} refused ${refused} heartbeats`);
  }
}

async function interruptedRotation(field: Field): Promise<void> {
  const seen = new Set([keyOf('box-a')]);
  const atMs = await cutPower(field.standby);
  field.noteFault(atMs);
  await field.client.untilFlowing('rows acknowledged alone', atMs + 300, 500, 20_000);
  await hotpair(field.site.binary, field.primary, ['key', 'rotate', '--no-wait'], 10_000);
  if (!/\nnext [0-9a-f]{64}\n$/.test(keyOf(field.primary)))
    field.object('the next key is not on disk');
  killAgent(field.primary);
  await field.powerOn(field.standby);
  const begunMs = nowMs();
  await until('both boxes have one new key', 30_000, () => isOneNewKey(seen));
  field.remark(`one key on both ${Math.round(nowMs() - begunMs)} ms after power came back`);
}

/** Asks both boxes again and again how long they have heard nothing. */
function listenToContact(field: Field): { readonly stop: () => Promise<number> } {
  let longestMs = 0;
  const over = new AbortController();
  const work = (async (): Promise<void> => {
    while (!over.signal.aborted) {
      for (const box of boxNames) {
        const { silentMs } = await wordsOf(field, box);
        longestMs = Math.max(longestMs, silentMs ?? Infinity);
      }
      await pause(50);
    }
  })();
  return {
    stop: async () => {
      over.abort();
      await work;
      return longestMs;
    },
  };
}

type Words = Exclude<Awaited<ReturnType<typeof statusOf>>, string>;

async function wordsOf({ site }: Field, box: BoxName): Promise<Words> {
  const words = await statusOf(site.binary, box);
  if (typeof words === 'string') throw new LabError(`${box} does not answer: ${words}`);
  return words;
}

function badKeys(words: Words | undefined): number {
  return (words?.paths ?? []).reduce((sum, { garbage }) => sum + garbage.badKey, 0);
}

function isOneNewKey(seen: ReadonlySet<string>): boolean {
  const [a = '', b = ''] = boxNames.map(keyOf);
  return a === b && !seen.has(a) && a.trim().split('\n').length === 1;
}

/** The whole file: during an exchange it has a second line. */
function keyOf(box: BoxName): string {
  return readFileSync(`${paths.etc(box)}/pair.key`, 'utf8');
}
