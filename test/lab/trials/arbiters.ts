// Section E of the faults: arbiters outside the pair, and keys; and those of other sections that end otherwise where etcd
// decides.

import { readFileSync } from 'node:fs';
import { pause, pauseUntil, until } from '../clock.ts';
import { cutApart, cutFromEtcd, cutPower, joinAgain, setEtcd, wipeEtcd } from '../faults.ts';
import type { EtcdState } from '../etcdServer.ts';
import { untilTakenOver, type Field } from '../field.ts';
import { hotpair, statusOf } from '../hotpairCommand.ts';
import { askKeeper } from '../keeperProtocol.ts';
import { sentenceOf } from '../labError.ts';
import { boxNames, paths, type BoxName } from '../layout.ts';
import { isLeading } from '../sight.ts';
import { atMost, noLimit, takeoverGoal, type Expected, type Trial } from '../trial.ts';

const site = { arbiter: 'etcd' } as const;

/** The core looks at the ledger every ten seconds. */
const lookMs = 10_000;
/** As long as whoever may not go on alone is watched. */
const blockedMs = 5000;

const notUntilItAnswers: Expected = {
  text: 'nobody serves until etcd answers; then the standby takes over',
  roleChanges: [1],
  outageLimitMs: noLimit,
  mayOverlap: false,
};

export const arbiterTrials: readonly Trial[] = [
  {
    name: 'A07-only-old-primary-returns-etcd',
    title: 'both lose power, only the old primary gets it back; etcd decides',
    expected: {
      text: 'it claims its epoch in etcd and serves',
      roleChanges: [0],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    site,
    act: async (field) => onlyOneReturns(field, field.primary, field.standby),
  },
  {
    name: 'A08-only-old-standby-returns-etcd',
    title: 'both lose power, only the old standby gets it back; etcd decides',
    expected: {
      text: 'it claims the epoch in etcd and serves',
      roleChanges: [1],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    site,
    act: async (field) => onlyOneReturns(field, field.standby, field.primary),
  },
  {
    name: 'B07-everything-cut-etcd',
    title: 'nothing passes between the boxes, both live and reach etcd',
    expected: {
      text: 'exactly one goes on, within 1.5 s',
      roleChanges: [0, 1],
      outageLimitMs: takeoverGoal,
      mayOverlap: true,
      // The loser hears it when it asks, after D_solo_fast.
      overlapWhileApartMs: 1000,
    },
    site,
    act: everythingCut,
  },
  {
    name: 'B07-everything-cut-only-primary-reaches-etcd',
    title: 'nothing passes between the boxes, and the standby does not reach etcd',
    expected: {
      text: 'the primary goes on alone within 1.5 s',
      roleChanges: [0],
      outageLimitMs: takeoverGoal,
      mayOverlap: false,
    },
    site,
    act: onlyPrimaryReachesEtcd,
  },
  {
    name: 'E01-etcd-down',
    title: 'etcd is down for twelve seconds while the pair is healthy',
    expected: {
      text: 'an alarm, and no role change',
      roleChanges: [0],
      outageLimitMs: atMost(300),
      mayOverlap: false,
    },
    site,
    act: etcdDown,
  },
  {
    name: 'E02-etcd-down-then-standby-dies',
    title: 'etcd is down, then the standby loses power',
    expected: {
      text: 'commits wait until etcd answers; then the primary goes on alone',
      roleChanges: [0],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    site,
    act: async (field) => etcdThenPowerLoss(field, 'stopped', field.standby, field.primary),
  },
  {
    name: 'E03-etcd-down-then-primary-dies',
    title: 'etcd is down, then the primary loses power',
    expected: notUntilItAnswers,
    site,
    act: async (field) => etcdThenPowerLoss(field, 'stopped', field.primary, field.standby),
  },
  {
    name: 'E03-etcd-down-and-a-person-decides',
    title: 'etcd is down, the primary loses power, and a person vouches for it',
    expected: {
      text: 'the standby serves by the order of whoever says that the other box is off, and not before',
      roleChanges: [1],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    site,
    act: personDecides,
  },
  {
    name: 'E05-etcd-reached-from-standby-only',
    title: 'only the standby reaches etcd, for twelve seconds; replication goes on',
    expected: {
      text: 'no role change',
      roleChanges: [0],
      outageLimitMs: atMost(300),
      mayOverlap: false,
    },
    site,
    act: etcdReachedFromStandbyOnly,
  },
  {
    name: 'E06-etcd-of-another-host',
    title: 'etcd shows the certificate of another host, then the primary loses power',
    expected: notUntilItAnswers,
    site,
    act: async (field) => etcdThenPowerLoss(field, 'foreign', field.primary, field.standby),
  },
  {
    name: 'E06-etcd-answers-wrongly',
    title: 'errors, cut and wrong JSON in the place of etcd, then the primary loses power',
    expected: notUntilItAnswers,
    site,
    act: async (field) => etcdThenPowerLoss(field, 'wrong', field.primary, field.standby),
  },
  {
    name: 'E06-etcd-slow-when-primary-dies',
    title: 'etcd answers only every five seconds, then the primary loses power',
    expected: {
      text: 'the standby takes over at the latest when etcd is quick again',
      roleChanges: [1],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    site,
    act: etcdSlow,
  },
  {
    name: 'E06-etcd-is-put-back',
    title:
      'etcd is put back to an older copy; when the pair is entered again the primary loses power',
    expected: {
      text: 'the older copy is noticed and not believed, then a takeover as ever',
      roleChanges: [1],
      outageLimitMs: takeoverGoal,
      mayOverlap: false,
    },
    site,
    act: async (field) => {
      await askKeeper({ type: 'copyEtcd' });
      // Until each box has seen more than the copy has.
      await pause(1.2 * lookMs);
      await etcdForgets(field, async () => askKeeper({ type: 'putEtcdBack' }));
    },
  },
  {
    name: 'E06-etcd-forgets',
    title: 'etcd loses its memory; when the pair is entered again the primary loses power',
    expected: {
      text: 'an alarm that ends by itself, then a takeover as ever',
      roleChanges: [1],
      outageLimitMs: takeoverGoal,
      mayOverlap: false,
    },
    site,
    act: async (field) => etcdForgets(field, wipeEtcd),
  },
];

async function onlyOneReturns(field: Field, returns: BoxName, later: BoxName): Promise<void> {
  field.noteFault(await cutPower('box-a', 'box-b'));
  await pause(1000);
  const { atMs } = await askKeeper({ type: 'powerOn', box: returns });
  await field.observer.untilSeen(`${returns} serves alone`, 30_000, (sight) => {
    return isLeading(sight, returns) && sight[returns].holdsAddress;
  });
  await field.client.untilFlowing('rows acknowledged by one box', atMs, 500, 30_000);
  await field.powerOn(later);
}

async function everythingCut(field: Field): Promise<void> {
  const atMs = await cutApart();
  field.noteFault(atMs, field.standby);
  await field.client.untilFlowing('rows acknowledged by one of them', atMs + 300, 1000, 20_000);
  await pauseUntil(atMs + 4000);
  await joinAgain();
  field.noteHealed();
}

async function onlyPrimaryReachesEtcd(field: Field): Promise<void> {
  await cutFromEtcd(field.standby);
  const atMs = await cutApart();
  field.noteFault(atMs);
  await field.client.untilFlowing('rows acknowledged by the primary', atMs + 300, 1000, 20_000);
  await pauseUntil(atMs + 4000);
  await joinAgain();
  await askKeeper({ type: 'setWitnessLink', box: field.standby, connected: true });
  field.noteHealed();
}

async function etcdDown(field: Field): Promise<void> {
  const atMs = await setEtcd('stopped');
  field.noteFault(atMs);
  await untilAlarm(field, field.primary, 'arbiterUnreachable', true);
  await untilAlarm(field, field.standby, 'arbiterUnreachable', true);
  await pauseUntil(atMs + 12_000);
  await setEtcd('running');
  field.noteHealed();
  await untilAlarm(field, field.primary, 'arbiterUnreachable', false);
  await untilAlarm(field, field.standby, 'arbiterUnreachable', false);
}

async function etcdThenPowerLoss(
  field: Field,
  etcd: EtcdState,
  dies: BoxName,
  lives: BoxName,
): Promise<void> {
  await setEtcd(etcd);
  const atMs = await cutPower(dies);
  field.noteFault(atMs, dies === field.primary ? lives : undefined);
  // What was on its way when the power went may still be acknowledged.
  await pauseUntil(atMs + 300);
  const before = field.client.acknowledged().length;
  await pauseUntil(atMs + blockedMs);
  const answered = field.client.acknowledged().length - before;
  if (answered > 0) field.object(`${answered} rows were acknowledged while nobody could be asked`);
  const status = await statusOf(field.site.binary, lives);
  if (typeof status === 'string' || !status.alarms.includes('arbiterUnreachable')) {
    field.object(`${lives} does not say that its arbiter is not reached`);
  }
  const againMs = await setEtcd('running');
  await field.client.untilFlowing('rows acknowledged again', againMs, 700, 20_000);
  await field.powerOn(dies);
}

async function personDecides(field: Field): Promise<void> {
  const { primary, standby } = field;
  await setEtcd('stopped');
  const atMs = await cutPower(primary);
  field.noteFault(atMs, standby);
  const order = ['takeover', '--accept-loss', '--yes'];
  const refused = await hotpair(field.site.binary, standby, order, 30_000).catch(sentenceOf);
  if (!refused.includes('arbiterUnreachable')) field.object(`an order was not refused: ${refused}`);
  if (isLeading(field.observer.report().sight, standby)) {
    field.object(`${standby} serves although nobody vouched for ${primary}`);
  }
  await hotpair(field.site.binary, standby, [...order, '--peer-is-off'], 60_000);
  await untilTakenOver(field, standby, atMs);
  await setEtcd('running');
  await field.powerOn(primary);
}

async function etcdReachedFromStandbyOnly(field: Field): Promise<void> {
  const atMs = await cutFromEtcd(field.primary);
  field.noteFault(atMs);
  await untilAlarm(field, field.primary, 'arbiterUnreachable', true);
  await pauseUntil(atMs + 12_000);
  await askKeeper({ type: 'setWitnessLink', box: field.primary, connected: true });
  field.noteHealed();
  await untilAlarm(field, field.primary, 'arbiterUnreachable', false);
}

async function etcdSlow(field: Field): Promise<void> {
  await setEtcd('slow');
  const atMs = await cutPower(field.primary);
  field.noteFault(atMs, field.standby);
  await pauseUntil(atMs + 2 * blockedMs);
  await setEtcd('running');
  await untilTakenOver(field, field.standby, atMs);
  await field.powerOn(field.primary);
}

async function etcdForgets(field: Field, forget: () => Promise<unknown>): Promise<void> {
  const { standby, primary } = field;
  const noted = timesForgotten();
  await forget();
  await until('a box notices that etcd forgot', 2 * lookMs, () => timesForgotten() > noted);
  // Whoever noticed says nothing of an entry until it has seen the new one.
  await until('the pair is entered again', 2 * lookMs, async () => {
    return (await saysPaired(field, primary)) && (await saysPaired(field, standby));
  });
  await untilAlarm(field, primary, 'arbiterForgot', false);
  await untilAlarm(field, standby, 'arbiterForgot', false);
  const atMs = await cutPower(primary);
  field.noteFault(atMs, standby);
  await untilTakenOver(field, standby, atMs);
  await field.powerOn(primary);
}

async function untilAlarm(
  { site: { binary } }: Field,
  box: BoxName,
  alarm: string,
  raised: boolean,
): Promise<void> {
  await until(
    `${box} ${raised ? 'raises' : 'clears'} the alarm ${alarm}`,
    2 * lookMs,
    async () => {
      const status = await statusOf(binary, box);
      return typeof status !== 'string' && status.alarms.includes(alarm) === raised;
    },
    200,
  );
}

/** Whether what a box saw last in etcd is the paired epoch that it is in. */
async function saysPaired({ site: { binary } }: Field, box: BoxName): Promise<boolean> {
  const status = await statusOf(binary, box);
  if (typeof status === 'string') return false;
  return (status.arbiterStatus.state ?? '').includes(`, epoch ${status.epoch} paired, `);
}

/** How often either box has noticed that etcd had less than before. */
function timesForgotten(): number {
  return boxNames
    .map((box) => readFileSync(`${paths.lib(box)}/events.jsonl`, 'utf8'))
    .join('')
    .split('"ledgerForgot"').length;
}
