// Section D of the faults, the log: rows in doubt, logs that are lost, long, or of an old primary.

import { nowMs, pauseUntil } from '../clock.ts';
import { inDatabase } from '../databaseSession.ts';
import { cutPower } from '../faults.ts';
import { untilTakenOver, type Field } from '../field.ts';
import { stopBackends, thawAll } from '../freeze.ts';
import { hotpair } from '../hotpairCommand.ts';
import { untilHealthy } from '../health.ts';
import { askKeeper } from '../keeperProtocol.ts';
import { addresses, type BoxName } from '../layout.ts';
import { writeBulk } from '../bulk.ts';
import { loseWal } from '../lostWal.ts';
import { losePrimaryWithOwnRow, untilRebuilt } from '../rebuilding.ts';
import { noLimit, takeoverGoal, type Expected, type Trial } from '../trial.ts';
import { hasRow, leaveCommitInDoubt } from '../unsentCommit.ts';

const takeover: Omit<Expected, 'text'> = {
  roleChanges: [1],
  outageLimitMs: takeoverGoal,
  mayOverlap: false,
};

export const logTrials: readonly Trial[] = [
  {
    name: 'D03-client-gives-up',
    title:
      'a client cancels its commit while it waits for the standby, then the primary loses power',
    expected: { text: 'PostgreSQL warns: the row is in doubt and counts for nothing', ...takeover },
    act: clientGivesUp,
  },
  {
    name: 'D08-rewind-impossible',
    title: 'the old primary comes back without the log that a rewind needs',
    expected: { text: 'it is cloned and follows', ...takeover },
    act: rewindImpossible,
  },
  {
    name: 'D13-old-primary-returns-late',
    title: 'the old primary comes back when the other box has written 256 MB alone',
    expected: { text: 'it follows or is built anew; it never serves', ...takeover },
    act: oldPrimaryReturnsLate,
  },
  {
    name: 'D14-long-replay',
    title: 'the standby has 1 GB of log to replay when the primary loses power',
    expected: {
      text: 'it serves only when everything is replayed; nothing is lost',
      ...takeover,
      outageLimitMs: noLimit,
    },
    act: longReplay,
  },
  {
    name: 'D18-settings-after-rewind',
    title:
      "a rewind puts the other box's settings in place of its own; then the roles are exchanged",
    expected: {
      text: 'the settings are written anew: it follows the other box and can take over',
      ...takeover,
      roleChanges: [2],
    },
    act: settingsAfterRewind,
  },
];

async function clientGivesUp(field: Field): Promise<void> {
  const { primary, standby } = field;
  const { row, warnings } = await leaveCommitInDoubt(primary);
  const atMs = await cutPower(primary);
  field.noteFault(atMs, standby);
  await askKeeper({ type: 'setSilent', silent: false });
  if (warnings.length === 0)
    field.object('a commit whose wait was cancelled came without a warning');
  await untilTakenOver(field, standby, atMs);
  await field.powerOn(primary);
  await untilRebuilt(field, 'rewound', 'cloned');
  if (await hasRow(standby, row)) field.object('a row that nobody was told of came back');
}

async function rewindImpossible(field: Field): Promise<void> {
  await losePrimaryWithOwnRow(field);
  loseWal(field.primary);
  await field.powerOn(field.primary);
  await untilRebuilt(field, 'cloned');
}

async function oldPrimaryReturnsLate(field: Field): Promise<void> {
  await losePrimaryWithOwnRow(field);
  await writeBulk(field.standby, 256);
  await inDatabase(field.standby, 'postgres', 60_000, async (session) => {
    await session.query('checkpoint', 'checkpoint');
  });
  await field.powerOn(field.primary);
  await untilRebuilt(field, 'rewound', 'cloned');
}

async function longReplay(field: Field): Promise<void> {
  const { primary, standby } = field;
  // Replay that somebody has paused is another matter: such a standby says that it is not fit.
  stopBackends(standby, 'startup');
  await writeBulk(primary, 1024);
  await field.client.untilFlowing('rows acknowledged', 0, 1000, 60_000);
  field.remark(`${await megabytesToReplay(standby)} MB were to be replayed`);
  const atMs = await cutPower(primary);
  thawAll();
  field.noteFault(atMs, standby);
  await untilTakenOver(field, standby, atMs, 120_000);
  await field.powerOn(primary);
}

async function megabytesToReplay(standby: BoxName): Promise<number> {
  return inDatabase(standby, 'postgres', 5000, async (session) => {
    const [row] = (await session.query(
      'queue',
      `select round(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) / 1048576)::int as mb`,
    )) as readonly { readonly mb: number }[];
    return row?.mb ?? 0;
  });
}

async function settingsAfterRewind(field: Field): Promise<void> {
  const { primary, standby, site } = field;
  await losePrimaryWithOwnRow(field);
  const backMs = nowMs();
  await field.powerOn(primary);
  await untilRebuilt(field, 'rewound');
  await untilHealthy(site.binary, field.observer, 60_000);
  const source = await sourceOf(primary);
  if (!source.includes(addresses.heartbeat[standby])) {
    field.object(`${primary} follows ${source}, not ${standby}`);
  }
  await hotpair(site.binary, primary, ['switchover', '--wait'], 30_000);
  await untilTakenOver(field, primary, backMs);
  await pauseUntil(nowMs() + 500);
}

async function sourceOf(box: BoxName): Promise<string> {
  return inDatabase(box, 'postgres', 5000, async (session) => {
    const [row] = (await session.query(
      'source',
      `select current_setting('primary_conninfo') as source`,
    )) as readonly { readonly source: string }[];
    return row?.source ?? '';
  });
}
