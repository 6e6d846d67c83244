// The whole agent of one box, with real PostgreSQL and real ports: set up, started, stopped, killed, reloaded, shut down.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { aBox } from './aBox.ts';
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

    const config = readFileSync(box.config, 'utf8');
    writeFileSync(
      box.config,
      config
        .replace('level: info', 'level: debug')
        .replace('{ policy: off }', '{ policy: automatic }'),
    );
    fourth.process.kill('SIGHUP');
    await until('the reload is told', () =>
      fourth.lines().some(({ event }) => event === 'configReloaded'),
    );
    const reload = fourth.lines().find(({ event }) => event === 'configReloaded');
    t.deepEqual(reload?.['taken'], ['log.level']);
    t.deepEqual(reload?.['needRestart'], ['watchdog.policy']);

    writeFileSync(box.config, 'node: nobody');
    fourth.process.kill('SIGHUP');
    await until('the refusal is told', () =>
      fourth.lines().some(({ event }) => event === 'configRefused'),
    );
    writeFileSync(box.config, config);
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
