// Section A of the faults: boxes that lose power or crash.

import { nowMs, pause, pauseUntil, until } from '../clock.ts';
import { dirtyStandby, restartpointUnderWay } from '../dirtyStandby.ts';
import { cutPower } from '../faults.ts';
import { untilTakenOver, type Field } from '../field.ts';
import { hotpair, statusOf } from '../hotpairCommand.ts';
import { askKeeper } from '../keeperProtocol.ts';
import { isLeading, leader } from '../sight.ts';
import { noLimit, takeoverGoal, withEvidence, type Trial } from '../trial.ts';
import { hasRow, leaveCommitUnsent } from '../unsentCommit.ts';

export const crashTrials: readonly Trial[] = [
  {
    name: 'A01-primary-power-loss',
    title: 'the primary loses power; the standby takes over; power comes back',
    expected: {
      text: 'the standby takes over within the goal; the old primary follows it',
      roleChanges: [1],
      outageLimitMs: takeoverGoal,
      mayOverlap: false,
    },
    act: primaryPowerLoss,
  },
  {
    name: 'A01-old-primary-returns',
    title: 'the old primary comes back with rows that the new one never had',
    expected: {
      text: 'as A01; what only the old primary had is kept aside and does not come back',
      roleChanges: [1],
      outageLimitMs: takeoverGoal,
      mayOverlap: false,
    },
    act: oldPrimaryReturns,
  },
  {
    name: 'A04-standby-power-loss',
    title: 'the standby loses power; the primary goes on alone',
    expected: {
      text: 'writes stall for 1.4 s at most where evidence shortens the wait, then go on alone',
      roleChanges: [0],
      outageLimitMs: withEvidence(1400),
      mayOverlap: false,
    },
    act: standbyPowerLoss,
  },
  {
    name: 'A06-both-power-loss',
    title: 'both lose power at once and get it back',
    expected: {
      text: 'the pair resumes, whoever boots first',
      roleChanges: [0, 1],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    act: bothPowerLoss,
  },
  {
    name: 'A10-stale-standby-alone',
    title: 'standby off, primary writes alone, primary off, standby returns alone',
    expected: {
      text: 'the stale box never serves; with the other one back the pair is whole',
      roleChanges: [0],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    act: staleStandbyAlone,
  },
  {
    name: 'A13-standby-crash-loops',
    title: 'the standby loses power again and again, each time soon after the pairing',
    expected: {
      text: 'each loss costs a stall within its budget, and the next pairing waits',
      roleChanges: [0],
      outageLimitMs: withEvidence(1400),
      mayOverlap: false,
    },
    act: standbyCrashLoops,
  },
];

async function primaryPowerLoss(field: Field): Promise<void> {
  const atMs = await cutPower(field.primary);
  field.noteFault(atMs, field.standby);
  await untilTakenOver(field, field.standby, atMs);
  await field.powerOn(field.primary);
}

/**
 * For a moment before the power cut nothing passes Eth1, so that the primary has written rows that
 * the standby never got (and nobody was told of). They have to be kept aside, and not come back.
 */
async function oldPrimaryReturns(field: Field): Promise<void> {
  const row = await leaveCommitUnsent(field.primary);
  const atMs = await cutPower(field.primary);
  field.noteFault(atMs, field.standby);
  await askKeeper({ type: 'setSilent', silent: false });
  await untilTakenOver(field, field.standby, atMs);
  await pauseUntil(atMs + 3000);
  await field.powerOn(field.primary);
  const rejoined = `${field.primary} follows ${field.standby}`;
  await field.observer.untilSeen(rejoined, 60_000, (sight) => {
    return sight[field.primary].database?.inRecovery === true;
  });
  const [kept] = field.newlyKept(field.primary);
  if (kept === undefined) field.object('what only the old primary had was not kept');
  else await objectToRows(field, kept);
  if (await hasRow(field.standby, row)) field.object('a row that nobody was told of came back');
}

/** The row that nobody was told of is in the export of the box that was rewound. */
async function objectToRows(field: Field, kept: string): Promise<void> {
  const { binary } = field.site;
  const word = await hotpair(binary, field.primary, ['divergence', 'show', kept, '--json'], 5000);
  const { rows } = JSON.parse(word) as KeptRows;
  const count = rows?.tables.find(({ table }) => table === 'rows')?.rows ?? 0;
  if (count === 0 || rows?.missing !== null) {
    field.object(`the rows of the old primary were not kept: ${JSON.stringify(rows)}`);
  }
  const target = `/run/divergence-${Math.round(nowMs())}`;
  await hotpair(binary, field.primary, ['divergence', 'export', kept, target], 5000);
}

/** What the lab reads of `hotpair divergence show --json`. */
type KeptRows = {
  readonly rows: {
    readonly missing: string | null;
    readonly tables: readonly { readonly table: string; readonly rows: number | null }[];
  } | null;
};

async function standbyPowerLoss(field: Field): Promise<void> {
  if (field.options.duringCheckpoint) {
    await dirtyStandby(field.primary);
    await restartpointUnderWay(field.primary, field.standby);
  }
  const atMs = await cutPower(field.standby);
  field.noteFault(atMs);
  await field.client.untilFlowing('rows acknowledged without a standby', atMs + 300, 500, 20_000);
  await field.powerOn(field.standby);
}

async function bothPowerLoss(field: Field): Promise<void> {
  field.noteFault(await cutPower('box-a', 'box-b'));
  await pause(1000);
  await field.powerOn('box-a', 'box-b');
}

async function staleStandbyAlone(field: Field): Promise<void> {
  const firstMs = await cutPower(field.standby);
  field.noteFault(firstMs);
  await field.client.untilFlowing('rows acknowledged alone', firstMs + 300, 1000, 20_000);
  await cutPower(field.primary);
  const { atMs } = await askKeeper({ type: 'powerOn', box: field.standby });
  const endMs = atMs + 7000;
  while (nowMs() < endMs) {
    const { sight } = field.observer.report();
    if (isLeading(sight, field.standby) || leader(sight) === field.standby) {
      field.object(`${field.standby} served although it lacks acknowledged rows`);
      break;
    }
    await pause(10);
  }
  const answered = field.client.acknowledged().at(-1)?.atMs ?? 0;
  if (answered > atMs) field.object('a row was acknowledged while only the stale box had power');
  await field.powerOn(field.primary);
}

/** Three losses in a row: from the second one on the pairing waits, and the status of the primary says why. */
async function standbyCrashLoops(field: Field): Promise<void> {
  const { primary, standby, site } = field;
  for (let loss = 1; loss <= 3; loss += 1) {
    const atMs = await cutPower(standby);
    if (loss === 1) field.noteFault(atMs);
    await field.client.untilFlowing('rows acknowledged alone', atMs + 300, 500, 20_000);
    await field.powerOn(standby);
    if (loss === 2) await until('a pairing that waits', 20_000, async () => isDamped(field));
    await until(`${primary} is paired again`, 40_000, async () => {
      const status = await statusOf(site.binary, primary);
      return typeof status !== 'string' && status.mode === 'paired';
    });
  }
}

async function isDamped({ site, primary }: Field): Promise<boolean> {
  const word = await hotpair(site.binary, primary, ['status', '--json'], 5000);
  const { alarms } = JSON.parse(word) as { readonly alarms: readonly string[] };
  return alarms.includes('pairingPaused');
}
