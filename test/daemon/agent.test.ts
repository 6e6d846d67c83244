// The whole agent of one box, with real PostgreSQL and real ports: set up, started, stopped, killed, reloaded, shut down.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { systemUser } from '../../src/io/database/systemUser.ts';
import { runProgram } from '../cli/callHotpair.ts';
import { aBox } from './aBox.ts';
import type { ABox, Agent } from './aBox.ts';
import { until } from './until.ts';

test.serial('the life of one box, alone', async (t) => {
  t.timeout(120_000);
  const box = aBox(t);
  try {
    const init = await box.hotpair('init');
    t.is(init.code, 0, init.stderr);
    t.is((await box.hotpair('init')).code, 4, 'a second init is refused');

    const first = box.startAgent();
    await box.untilStatus(
      'it serves',
      ({ state, database }) => state === 'solo' && database.admitted,
    );
    t.regex(box.addresses(), /192\.0\.2\.10\/24/, 'the service address is on');
    t.is(poolThreads(first), 10, 'a disk that hangs does not take every thread of the pool');
    const postmaster = box.postmaster();

    const second = await box.hotpair('agent');
    t.is(second.code, 4, 'a second agent is refused');
    t.regex(second.stderr, /AGENT_RUNNING/);

    t.is((await box.hotpair('switchover')).code, 4, 'alone there is nobody to hand over to');
    t.is((await box.hotpair('maintenance', 'on', '--for', '1h')).code, 0);

    first.process.kill('SIGTERM');
    t.is(await first.ended, 0, 'SIGTERM ends the agent in order');
    t.is(box.postmaster(), postmaster, 'PostgreSQL goes on');
    t.regex(box.addresses(), /192\.0\.2\.10\/24/, 'the address stays');
    t.is((await box.hotpair('status')).code, 3);

    // One copy of the record is damaged while no agent runs.
    writeFileSync(join(box.state, 'record.b'), 'torn');
    const third = box.startAgent();
    const adopted = await box.untilStatus('it serves again', ({ state }) => state === 'solo');
    t.is(box.postmaster(), postmaster, 'the running PostgreSQL was adopted');
    t.not(adopted.maintenanceUntil, null, 'the maintenance survived the restart');
    t.is(adopted.lastRoleChange?.reason, 'resumeAlone', 'the last change of role is still known');
    t.true(third.lines().some(({ event }) => event === 'recordRepaired'));
    t.deepEqual(
      readFileSync(join(box.state, 'record.a')),
      readFileSync(join(box.state, 'record.b')),
    );

    third.process.kill('SIGKILL');
    await third.ended;
    const fourth = box.startAgent();
    await box.untilStatus('it serves after a kill', ({ state }) => state === 'solo');
    t.is(box.postmaster(), postmaster, 'a killed agent takes nothing with it');

    await reloadIsTakenOver(t, box, fourth);
    t.is(
      (await box.status())?.state,
      'solo',
      'a configuration that cannot be used changes nothing',
    );

    const shutdown = await box.hotpair('shutdown');
    t.is(shutdown.code, 0, shutdown.stderr);
    t.is(await fourth.ended, 0);
    t.notRegex(box.addresses(), /192\.0\.2\.10/, 'the address is off');
    t.throws(() => box.postmaster(), { code: 'ENOENT' }, 'PostgreSQL is stopped');
    const history = await box.hotpair('events', '--json', '--limit', '500');
    t.regex(history.stdout, /"event":"databaseStopped","clean":true/);
    await flightReplays(t, box);
  } finally {
    box.remove();
  }
});

test.serial(
  'a box whose record is damaged in both copies serves nothing and says why',
  async (t) => {
    t.timeout(120_000);
    const box = aBox(t);
    try {
      t.is((await box.hotpair('init')).code, 0);
      for (const name of ['record.a', 'record.b']) writeFileSync(join(box.state, name), 'torn');
      const agent = box.startAgent();
      const status = await box.untilStatus(
        'it tells',
        ({ recordProblem }) => recordProblem !== null,
      );
      t.like(status, { role: 'none', reasonCode: 'RECORD_CORRUPT', alarms: ['recordUnusable'] });
      t.false(status.database.running);
      t.notRegex(box.addresses(), /192\.0\.2\.10/);
      agent.process.kill('SIGTERM');
      t.is(await agent.ended, 0);
      t.is(
        readFileSync(join(box.state, 'record.a'), 'utf8'),
        'torn',
        'what is left is for the operator',
      );
    } finally {
      box.remove();
    }
  },
);

function poolThreads(agent: Agent): number {
  const tasks = `/proc/${agent.process.pid}/task`;
  const names = readdirSync(tasks).map((task) => readFileSync(join(tasks, task, 'comm'), 'utf8'));
  return names.filter((name) => name.startsWith('libuv-worker')).length;
}

/** What three agents of this box decided is on disk and leads to the same decisions in the executable, to the last bit. */
async function flightReplays(t: ExecutionContext, box: ABox): Promise<void> {
  const executable = join(import.meta.dirname, '../../dist/hotpair');
  const { code, stdout, stderr } = await runProgram([
    executable,
    'replay',
    join(box.state, 'flight'),
  ]);
  t.is(code, 0, stderr);
  const kinds = stdout.split('\n').map((line) => line.split(/ +/)[1] ?? '');
  t.is(kinds.filter((kind) => kind === 'record').length, 3, 'one run for each agent');
  t.true(kinds.filter((kind) => kind === 'settings').length >= 2, 'reloads are recorded');
  t.regex(stdout, /change +opening -> solo, epoch 1: /);
  t.notRegex(stdout, / gap /);
  t.is((await box.hotpair('replay')).stdout, stdout, 'without a name it is the one of this box');
}

/** SIGHUP: every kind of key that a reload takes over is seen in force, the others are named, and bad ones change nothing. */
async function reloadIsTakenOver(t: ExecutionContext, box: ABox, agent: Agent): Promise<void> {
  const config = readFileSync(box.config, 'utf8');
  const before = await box.status();
  const database = (keys: string): string =>
    config.replace('socketDirectory:', `${keys}, socketDirectory:`);
  const reload = async (text: string, event: string): Promise<Record<string, unknown>> => {
    const heard = agent.lines().length;
    writeFileSync(box.config, text);
    agent.process.kill('SIGHUP');
    const news = (): readonly Record<string, unknown>[] => agent.lines().slice(heard);
    await until(event, () => news().some((line) => line['event'] === event));
    return news().find((line) => line['event'] === event) ?? {};
  };

  const changed = database(
    'settings: { work_mem: 7MB, max_connections: 77 }, hba: [ "host all all 192.0.2.0/24 reject" ], shutdownDeadline: 7s, cloneRate: 3MB',
  )
    .replace('level: info', 'level: debug')
    .replace('{ policy: off }', '{ policy: automatic }')
    .replace('referenceIdleInterval: 1s', 'referenceIdleInterval: 500ms')
    .replace('[192.0.2.1, 192.0.2.2]', '[192.0.2.250]');
  t.like(await reload(changed, 'configReloaded'), {
    taken: [
      'service.references',
      'timing.referenceIdleInterval',
      'database.settings',
      'database.hba',
      'database.shutdownDeadline',
      'database.cloneRate',
      'log.level',
    ],
    needRestart: ['watchdog.policy'],
    postgresqlRestart: ['max_connections'],
  });
  t.is(asked(box, 'SHOW work_mem'), '7MB');
  t.regex(
    asked(box, 'SELECT auth_method FROM pg_hba_file_rules ORDER BY line_number DESC LIMIT 1'),
    /reject/,
  );
  await box.untilStatus(
    'the new reference is asked, which is not there',
    ({ lanGood }) => !lanGood,
  );

  const refused = await reload(database('settings: { work_mem: much }'), 'configRefused');
  t.is(refused['code'], 'DATABASE_SETTING');
  const badRule = await reload(
    database('hba: [ "host all all 192.0.2.0/99 reject" ]'),
    'configRefused',
  );
  t.is(badRule['code'], 'DATABASE_HBA');
  t.is((await reload('node: nobody', 'configRefused'))['code'], 'CONFIG_REFUSED');
  t.is(asked(box, 'SHOW work_mem'), '7MB', 'a refused reload changes nothing');
  t.is(asked(box, 'SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL'), '0');

  t.like(await reload(config, 'configReloaded'), { needRestart: [] });
  t.is(asked(box, 'SHOW work_mem'), '4MB', 'what is taken out of the file is the default again');
  await box.untilStatus('the references answer again', ({ lanGood }) => lanGood);
  t.is((await box.status())?.epoch, before?.epoch);
}

/** One value, asked of the box's PostgreSQL as its superuser over the socket. */
function asked(box: ABox, question: string): string {
  const { uid, gid } = systemUser('postgres');
  const words = [
    '-h',
    join(box.directory, 'socket'),
    '-U',
    'postgres',
    '-Atc',
    question,
    'postgres',
  ];
  return execFileSync('psql', words, { uid, gid, cwd: '/', encoding: 'utf8' }).trim();
}
