// Boxes that come up too often without having been stopped.

import { readFileSync, writeFileSync } from 'node:fs';
import { nowMs, pause, until } from '../clock.ts';
import { cutPower } from '../faults.ts';
import type { Field } from '../field.ts';
import { hotpair, statusOf } from '../hotpairCommand.ts';
import { paths } from '../layout.ts';
import { isLeading } from '../sight.ts';
import { noLimit, type Trial } from '../trial.ts';
import { untilAlarm } from './byHand.ts';

export const stabilityTrials: readonly Trial[] = [
  {
    name: 'A13-standby-quarantined',
    title: 'the standby comes up twice without having been stopped; then the primary loses power',
    expected: {
      text: 'the standby is in quarantine: it follows, and does not take over until a person says so',
      roleChanges: [0],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    act: standbyQuarantined,
  },
];

async function standbyQuarantined(field: Field): Promise<void> {
  const { primary, standby, site } = field;
  const file = `${paths.etc(standby)}/hotpair.yaml`;
  const usual = readFileSync(file, 'utf8');
  try {
    await cutPower(standby);
    // Two in a row are enough for this box, and one or more are behind it by now.
    writeFileSync(file, usual.replace('unexpectedStarts: 1000', 'unexpectedStarts: 2'));
    await untilInStep(field);
    if (await isFree(field)) {
      await cutPower(standby);
      await untilInStep(field);
    }
    await untilAlarm(field, standby, 'quarantined', true);
    field.noteFault(await cutPower(primary));
    await objectToTakeover(field);
    await field.powerOn(primary);
    // Once the primary is heard again there is nothing left to take over.
    await until(`${primary} serves again`, 60_000, async () => {
      const status = await statusOf(site.binary, primary);
      return typeof status !== 'string' && status.role === 'primary';
    });
    await hotpair(site.binary, standby, ['maintenance', 'off'], 10_000);
    await untilAlarm(field, standby, 'quarantined', false);
  } finally {
    writeFileSync(file, usual);
  }
}

async function untilInStep({ powerOn, standby, site }: Field): Promise<void> {
  await powerOn(standby);
  await until(`${standby} is in step`, 60_000, async () => {
    const status = await statusOf(site.binary, standby);
    return typeof status !== 'string' && status.mode === 'paired' && status.eligible;
  });
}

async function isFree({ site, standby }: Field): Promise<boolean> {
  const word = await hotpair(site.binary, standby, ['status', '--json'], 5000);
  return (JSON.parse(word) as { readonly quarantine: unknown }).quarantine === null;
}

async function objectToTakeover({ observer, standby, object }: Field): Promise<void> {
  const endMs = nowMs() + 3000;
  while (nowMs() < endMs) {
    if (isLeading(observer.report().sight, standby)) {
      object(`${standby} took over in quarantine`);
      return;
    }
    await pause(10);
  }
}
