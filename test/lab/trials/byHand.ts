// Faults that a person makes with PostgreSQL's own commands, past the agent.

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { nowMs, pause, until } from '../clock.ts';
import { boxPid, databaseSession, inDatabase } from '../databaseSession.ts';
import { cutPower } from '../faults.ts';
import { untilTakenOver, type Field } from '../field.ts';
import { hotpair, statusOf } from '../hotpairCommand.ts';
import { runInBox } from '../insideBox.ts';
import { LabError, sentenceOf } from '../labError.ts';
import { paths, type BoxName } from '../layout.ts';
import { atMost, noLimit, takeoverGoal, type Trial } from '../trial.ts';

export const byHandTrials: readonly Trial[] = [
  {
    name: 'D02-standby-promoted-by-hand',
    title: 'somebody promotes the standby past its agent',
    expected: {
      text: 'found within 2 s; clients are kept out of it; it is brought back, the primary stays',
      roleChanges: [0, 1],
      unexplained: 1,
      outageLimitMs: atMost(2000),
      mayOverlap: false,
      // The monitor writes as superuser over the box's own socket, which no client can.
      mayDiverge: true,
    },
    act: standbyPromoted,
  },
  {
    name: 'D02-primary-started-by-hand',
    title: 'somebody starts the old primary past its agent after a takeover',
    expected: {
      text: 'no commit on it is acknowledged; its agent takes it back',
      // From outside what was started by hand looks like a second primary.
      roleChanges: [1, 2],
      unexplained: 1,
      outageLimitMs: takeoverGoal,
      mayOverlap: false,
    },
    act: primaryStarted,
  },
  {
    name: 'D04-commits-unprotected',
    title: 'the commits of a role no longer wait for the standby; a decisive setting is changed',
    expected: {
      text: 'the role is named by an alarm, the setting is changed back',
      roleChanges: [0],
      outageLimitMs: atMost(1000),
      mayOverlap: false,
    },
    act: commitsUnprotected,
  },
  {
    name: 'D16-primary-with-higher-limits',
    title: 'the primary is restarted with more connections than the standby has',
    expected: {
      text: 'the standby, which must not replay that, is started anew with as many, before a takeover needs it',
      roleChanges: [0, 1],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    act: higherLimits,
  },
];

async function standbyPromoted(field: Field): Promise<void> {
  const { standby, site } = field;
  const atMs = nowMs();
  await inDatabase(standby, 'postgres', 10_000, async (session) => {
    await session.query('promote', 'select pg_promote(false)');
  });
  field.noteFault(atMs);
  await until(`the agent of ${standby} finds it`, 5000, () =>
    field.events[standby]
      .all()
      .some(({ event, to }) => event === 'transition' && to === 'rejoining'),
  );
  const foundMs = Math.round(nowMs() - atMs);
  field.remark(`found after ${foundMs} ms`);
  if (foundMs > 2000) field.object(`a promotion by hand was found after ${foundMs} ms`);
  await until(`${standby} follows again`, 60_000, async () => {
    const status = await statusOf(site.binary, standby);
    return typeof status !== 'string' && status.role === 'standby';
  });
}

async function primaryStarted(field: Field): Promise<void> {
  const { primary, standby } = field;
  const atMs = await cutPower(primary);
  field.noteFault(atMs, standby);
  await untilTakenOver(field, standby, atMs);
  rmSync(paths.agentEnabled(primary));
  try {
    await field.powerOn(primary);
    await startByHand(primary);
    await objectToAcknowledgement(field, primary);
  } finally {
    writeFileSync(paths.agentEnabled(primary), '');
  }
}

const programs = '/usr/lib/postgresql/15/bin';
const data = '/var/lib/hotpair/pgdata';

async function startByHand(box: BoxName): Promise<void> {
  // Its init mounts the box's own directories first.
  await until(`${box} has come up`, 10_000, () =>
    existsSync(`/proc/${boxPid(box) ?? 0}/root/run/boot-id`),
  );
  const made = await runInBox(
    box,
    ['install', '-d', '-o', 'postgres', '-m', '755', '/run/postgresql'],
    5000,
  );
  if (made.exitCode !== 0) throw new LabError(made.stderr);
  const start = `exec setsid -f setpriv --reuid=postgres --regid=postgres --clear-groups \
    ${programs}/postgres -D ${data} >/run/byHand.log 2>&1 </dev/null`;
  const { exitCode, stderr } = await runInBox(box, ['sh', '-c', start], 10_000);
  if (exitCode !== 0) throw new LabError(`postgres: ${stderr.trim()}`);
  try {
    await until(`PostgreSQL on ${box}, started by hand`, 20_000, async () =>
      inDatabase(box, 'app', 1000, async (session) => session.query('one', 'select 1')).then(
        () => true,
        () => false,
      ),
    );
  } catch (error) {
    const log = await runInBox(box, ['tail', '-n', '3', '/run/byHand.log'], 5000);
    throw new LabError(`${sentenceOf(error)}: ${log.stdout.trim()}`);
  }
}

/** A commit on the box that was started by hand must wait, for as long as anybody looks. */
async function objectToAcknowledgement(field: Field, box: BoxName): Promise<void> {
  const session = await databaseSession(box, 'app');
  try {
    const seen = { acknowledged: false };
    const row = 'insert into rows (n) values (-7) on conflict (n) do update set at = now()';
    void session
      .query('insert', row)
      .then(() => {
        seen.acknowledged = true;
      })
      .catch(() => undefined);
    await pause(3000);
    if (seen.acknowledged)
      field.object('a commit on the database started by hand was acknowledged');
  } finally {
    session.destroy();
  }
}

async function commitsUnprotected(field: Field): Promise<void> {
  const { primary } = field;
  field.noteFault(nowMs());
  await inDatabase(primary, 'postgres', 60_000, async (session) => {
    await session.query('role', 'create role careless');
    await session.query('set', 'alter role careless set synchronous_commit = off');
    await session.query('system', 'alter system set synchronous_commit = off');
    await session.query('reload', 'select pg_reload_conf()');
    await untilAlarm(field, primary, 'commitsUnprotected', true);
    await until('the decisive setting is back', 20_000, async () => {
      const [row] = (await session.query(
        'file',
        `select count(*)::int as others from pg_file_settings
         where name = 'synchronous_commit' and setting <> 'on'`,
      )) as readonly { readonly others: number }[];
      return row?.others === 0;
    });
    await session.query('drop', 'drop role careless');
    await untilAlarm(field, primary, 'commitsUnprotected', false);
  });
}

/** Waits until an alarm stands in the status of a box, or does not any more. */
export async function untilAlarm(
  { site }: Field,
  box: BoxName,
  name: string,
  wanted: boolean,
): Promise<void> {
  const what = wanted ? `alarm ${name} on ${box}` : `the end of alarm ${name} on ${box}`;
  await until(what, 30_000, async () => {
    const word = await hotpair(site.binary, box, ['status', '--json'], 5000);
    const { alarms } = JSON.parse(word) as { readonly alarms: readonly string[] };
    return alarms.includes(name) === wanted;
  });
}

async function higherLimits(field: Field): Promise<void> {
  const { primary, standby, site } = field;
  const connections = 150 + field.run;
  await inDatabase(primary, 'postgres', 10_000, async (session) => {
    await session.query('raise', `alter system set max_connections = ${connections}`);
  });
  // The agent starts it again, with what the file says now.
  const { exitCode, stderr } = await runInBox(
    primary,
    ['sh', '-c', `kill -INT "$(head -n 1 ${data}/postmaster.pid)"`],
    5000,
  );
  if (exitCode !== 0) throw new LabError(stderr);
  field.noteFault(nowMs(), standby);
  await field.client.untilFlowing('rows acknowledged again', nowMs() + 50, 700, 60_000);
  await until('both are in step', 60_000, async () => {
    const both = await Promise.all(
      [primary, standby].map(async (box) => statusOf(site.binary, box)),
    );
    return both.every((status) => typeof status !== 'string' && status.mode === 'paired');
  });
  await until(
    'the standby has as many and replays',
    60_000,
    async () =>
      [primary, standby].every((box) => existsSync(paths.pid(box))) &&
      (await haveAll(field, connections)),
  );
}

/** Whoever is standby now: one that leads has them, one that follows too, and replays. */
async function haveAll({ primary, standby }: Field, connections: number): Promise<boolean> {
  for (const box of [primary, standby]) {
    const fits = await inDatabase(box, 'postgres', 5000, async (session) => {
      const [row] = (await session.query(
        'limits',
        `select current_setting('max_connections')::int as most,
         case when pg_is_in_recovery() then pg_is_wal_replay_paused() else false end as paused`,
      )) as readonly { readonly most: number; readonly paused: boolean }[];
      return row !== undefined && row.most >= connections && !row.paused;
    }).catch(() => false);
    if (!fits) return false;
  }
  return true;
}
