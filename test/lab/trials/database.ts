// Section D of the faults: PostgreSQL and its data.

import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { nowMs, pause, until } from '../clock.ts';
import { inDatabase } from '../databaseSession.ts';
import { cutPower, killPostgres } from '../faults.ts';
import type { Field } from '../field.ts';
import { statusOf } from '../hotpairCommand.ts';
import { agentOf } from '../insideBox.ts';
import { LabError } from '../labError.ts';
import { paths, type BoxName } from '../layout.ts';
import { leader } from '../sight.ts';
import { atMost, withEvidence, type Trial } from '../trial.ts';
import { byHandTrials, untilAlarm } from './byHand.ts';
import { fullDiskTrials } from './fullDisk.ts';

export const databaseTrials: readonly Trial[] = [
  {
    name: 'D01-postgres-kill',
    title: 'kill -9 of the postmaster on the primary',
    expected: {
      text: 'the database restarts in place, or the primary hands over',
      roleChanges: [0, 1],
      outageLimitMs: atMost(5000),
      mayOverlap: false,
    },
    act: postgresKill,
  },
  {
    name: 'D07-log-given-up',
    title: 'the log for a standby without power is given up',
    expected: {
      text: 'an alarm; the standby is cloned when it is back',
      roleChanges: [0],
      outageLimitMs: withEvidence(1400),
      mayOverlap: false,
    },
    act: logGivenUp,
  },
  {
    name: 'D10-zombie-postmaster',
    title: 'the postmaster of the primary is dead and nobody has reaped it yet',
    expected: {
      text: 'it does not count as running: the database is started again, or the primary hands over',
      roleChanges: [0, 1],
      outageLimitMs: atMost(5000),
      mayOverlap: false,
    },
    act: zombiePostmaster,
  },
  {
    name: 'D10-stale-pid-file',
    title: 'postmaster.pid of the standby names a living process that is none of PostgreSQL',
    expected: {
      text: 'the file is not believed: the database starts',
      roleChanges: [0],
      outageLimitMs: withEvidence(1400),
      mayOverlap: false,
    },
    act: stalePidFile,
  },
  {
    name: 'D15-bit-rot',
    title: 'a page of the standby is damaged on its disk',
    expected: {
      text: 'the standby takes itself out as soon as the page is read, and is cloned',
      roleChanges: [0],
      outageLimitMs: atMost(2500),
      mayOverlap: false,
    },
    act: bitRot,
  },
  ...byHandTrials,
  ...fullDiskTrials,
];

async function postgresKill(field: Field): Promise<void> {
  const timeline = await timelineOf(field.primary);
  const atMs = killPostgres(field.primary);
  field.noteFault(atMs, field.standby);
  await field.client.untilFlowing('rows acknowledged again', atMs + 50, 700, 30_000);
  const stayed = leader(field.observer.report().sight) === field.primary;
  if (stayed && (await timelineOf(field.primary)) !== timeline) {
    field.object('a restart in place began a new timeline');
  }
}

async function timelineOf(box: BoxName): Promise<number> {
  return inDatabase(box, 'postgres', 5000, async (session) => {
    const [row] = (await session.query(
      'timeline',
      `select ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int as timeline`,
    )) as readonly { readonly timeline: number }[];
    return row?.timeline ?? 0;
  });
}

/** Nothing is kept beyond the slot's budget for a moment, which is made small by hand: the agent changes it back. */
async function logGivenUp(field: Field): Promise<void> {
  const { primary, standby } = field;
  const atMs = await cutPower(standby);
  field.noteFault(atMs);
  await field.client.untilFlowing('rows acknowledged alone', atMs + 300, 500, 20_000);
  await inDatabase(primary, 'postgres', 60_000, async (session) => {
    await session.query('keep', "alter system set wal_keep_size = '0'");
    await session.query('budget', "alter system set max_slot_wal_keep_size = '16MB'");
    await session.query('reload', 'select pg_reload_conf()');
    await pause(500);
    for (let file = 0; file < 6; file += 1) {
      await session.query('message', "select pg_logical_emit_message(false, 'lab', 'next')");
      await session.query('switch', 'select pg_switch_wal()');
    }
    await session.query('checkpoint', 'checkpoint');
    await untilAlarm(field, primary, 'standbyLogLost', true);
    await session.query('keepAgain', 'alter system reset wal_keep_size');
    await session.query('reloadAgain', 'select pg_reload_conf()');
  });
  await field.powerOn(standby);
  await untilCloned(field);
  await untilAlarm(field, primary, 'standbyLogLost', false);
}

async function untilCloned({ standby, events }: Field): Promise<void> {
  await until(`${standby} is cloned`, 90_000, () =>
    events[standby].all().some(({ event, reason }) => event === 'note' && reason === 'cloned'),
  );
}

/** The agent is the postmaster's parent: while it stands still nobody reaps. Shorter than its watchdog. */
async function zombiePostmaster(field: Field): Promise<void> {
  const agent = agentOf(field.primary);
  if (agent === undefined) throw new LabError(`no agent runs on ${field.primary}`);
  process.kill(agent.pid, 'SIGSTOP');
  const atMs = killPostgres(field.primary);
  field.noteFault(atMs, field.standby);
  await pause(400);
  process.kill(agent.pid, 'SIGCONT');
  await field.client.untilFlowing('rows acknowledged again', atMs + 450, 700, 30_000);
}

async function stalePidFile(field: Field): Promise<void> {
  const { standby } = field;
  const atMs = await cutPower(standby);
  field.noteFault(atMs);
  await field.client.untilFlowing('rows acknowledged alone', atMs + 300, 500, 20_000);
  // The first process of the box always lives there, and PostgreSQL would believe in it.
  const lines = [
    '1',
    '/var/lib/hotpair/pgdata',
    '0',
    '5432',
    '/run/postgresql',
    '*',
    '0 0',
    'ready',
  ];
  writeFileSync(`${paths.lib(standby)}/pgdata/postmaster.pid`, `${lines.join('\n')}\n`);
  await field.powerOn(standby);
}

const pageSize = 8192;

async function bitRot(field: Field): Promise<void> {
  const { primary, standby, site } = field;
  const path = await inDatabase(primary, 'app', 20_000, async (session) => {
    await session.query('drop', 'drop table if exists rot');
    await session.query('make', 'create table rot as select g from generate_series(1, 5000) g');
    await session.query('checkpoint', 'checkpoint');
    const [row] = (await session.query('path', "select pg_relation_filepath('rot') as path")) as [
      { readonly path: string },
    ];
    return row.path;
  });
  // On the standby's disk, and no longer in its memory.
  await inDatabase(standby, 'app', 20_000, async (session) => session.query('write', 'checkpoint'));
  await cutPower(standby);
  const file = openSync(`${paths.lib(standby)}/pgdata/${path}`, 'r+');
  writeSync(file, Buffer.alloc(64, 0xa5), 0, 64, pageSize * 3 + pageSize / 2);
  closeSync(file);
  await field.powerOn(standby);
  await until('the pair is paired again', 60_000, async () => {
    const status = await statusOf(site.binary, standby);
    return typeof status !== 'string' && status.mode === 'paired' && status.eligible;
  });
  field.noteFault(nowMs());
  await inDatabase(standby, 'app', 10_000, async (session) => {
    await session.query('read', 'select count(*) from rot').catch(() => undefined);
  });
  await untilCloned(field);
  await inDatabase(primary, 'app', 20_000, async (session) =>
    session.query('drop', 'drop table rot'),
  );
}
