// The life of a box in a real pair: is it well, may it be updated, what a leaving box refuses and removes, and that a new one takes
// its place.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { aPair } from './aPair.ts';
import type { APair, PairAgent } from './aPair.ts';

let pair: APair;
let agents: { readonly a: PairAgent; readonly b: PairAgent };

test.before(async (t) => {
  t.timeout(240_000);
  // A person decides here: a primary that goes on alone does so because its standby said so.
  pair = aPair({ arbiter: '{ type: manual }' });
  agents = await pair.bringUp();
});

test.after.always(() => {
  pair.remove();
});

test.serial('a pair that is in step is well, at once and for a while', async (t) => {
  const now = await pair.a.hotpair('health');
  t.is(now.code, 0, now.stdout + now.stderr);
  t.is(now.stdout, 'well\n');
  const later = await pair.b.hotpair(
    'health',
    '--wait',
    '--for',
    '1s',
    '--timeout',
    '60s',
    '--json',
  );
  t.is(later.code, 0, later.stdout + later.stderr);
  t.like(JSON.parse(later.stdout), { healthy: true, steadyMs: 1000, missing: [] });
});

test.serial('each box is told what the other one has otherwise', async (t) => {
  const { code, stdout, stderr } = await pair.b.hotpair('config', 'diff', '--json');
  t.is(code, 1, stderr);
  const { differences } = JSON.parse(stdout) as {
    differences: { key: string; isExpected: boolean }[];
  };
  const keys = (isExpected: boolean): readonly string[] =>
    differences.filter((each) => each.isExpected === isExpected).map(({ key }) => key);
  t.deepEqual(keys(true), ['node.name', 'heartbeat.address', 'heartbeat.peer']);
  // Both boxes of this test have their files on one disk.
  t.deepEqual(keys(false), [
    'pair.keyFile',
    'database.dataDirectory',
    'database.socketDirectory',
    'state.directory',
    'state.runDirectory',
  ]);
  t.regex(
    (await pair.a.hotpair('config', 'diff')).stdout,
    /^box-1 and box-2 differ:\n {2}pair\.keyFile\n {4}box-1: /,
  );
});

test.serial('the standby may be updated, the primary may not', async (t) => {
  const standby = await pair.b.hotpair('update', 'precheck');
  t.is(standby.code, 0, standby.stdout + standby.stderr);
  t.is(standby.stdout, 'box-2 may be updated: the other box serves and is fit\n');
  const primary = await pair.a.hotpair('update', 'precheck', '--json');
  t.is(primary.code, 4);
  t.like(JSON.parse(primary.stdout), {
    ready: false,
    against: ['this box serves: hotpair switchover --wait first'],
  });
});

test.serial('the new executable is asked whether it understands what is here', async (t) => {
  const executable = join(import.meta.dirname, '../../dist/hotpair');
  const own = await pair.b.hotpair('update', 'precheck', '--with', executable);
  t.is(own.code, 0, own.stdout + own.stderr);
  const stranger = join(pair.b.directory, 'stranger');
  writeFileSync(stranger, '#!/bin/sh\necho \'{"record":{"writes":9,"reads":[9]}}\'\n', {
    mode: 0o755,
  });
  const refused = await pair.b.hotpair('update', 'precheck', '--with', stranger);
  t.is(refused.code, 4);
  t.regex(refused.stdout, /not now: the new executable does not say which formats it has/);
  const missing = await pair.b.hotpair(
    'update',
    'precheck',
    '--with',
    join(pair.b.directory, 'none'),
  );
  t.is(missing.code, 2);
  t.regex(missing.stderr, /^hotpair: UPDATE_PROGRAM: /);
});

test.serial('a maintenance is no time for an update, and is not well', async (t) => {
  t.is((await pair.a.hotpair('maintenance', 'on', '--for', '1h')).code, 0);
  await pair.b.untilStatus(
    'the standby hears of it',
    ({ peerStatus }) => peerStatus?.fitness.maintenance === true,
  );
  const health = await pair.a.hotpair('health');
  t.is(health.code, 4);
  t.is(health.stdout, 'not well: takeovers are paused for a maintenance\n');
  t.is((await pair.b.hotpair('update', 'precheck')).code, 4);
  t.is((await pair.a.hotpair('health', '--local')).code, 0, 'the box itself is well');
  t.is((await pair.a.hotpair('maintenance', 'off')).code, 0);
  await pair.b.untilStatus(
    'it is over',
    ({ peerStatus }) => peerStatus?.fitness.maintenance === false,
  );
});

for (const command of ['unjoin', 'factory-reset']) {
  test.serial(`the primary refuses hotpair ${command}, also where loss is accepted`, async (t) => {
    for (const more of [[], ['--accept-loss']]) {
      const { code, stderr } = await pair.a.hotpair(command, ...more);
      t.is(code, 4);
      t.regex(stderr, /^hotpair: BOX_SERVES: this box serves the telephone system/);
    }
    t.true(existsSync(join(pair.a.state, 'record.a')));
  });
}

test.serial('the second step of a factory reset needs the code of the first one', async (t) => {
  const { code, stderr } = await pair.b.hotpair('factory-reset', '--confirm', '000000');
  t.is(code, 2);
  t.regex(stderr, /^hotpair: RESET_CODE: /);
  t.is((await pair.b.status())?.role, 'standby');
});

test.serial(
  'a standby that leaves is forgotten, the other goes on alone, and it can be joined again with its database',
  async (t) => {
    t.timeout(240_000);
    const { code, stdout, stderr } = await pair.b.hotpair('unjoin');
    t.is(code, 0, stderr);
    t.is(await agents.b.ended, 0);
    t.regex(stdout, /kept .*data\nbox-2 belongs to no pair/);
    for (const name of ['record.a', 'record.b', 'node.json'])
      t.false(existsSync(join(pair.b.state, name)));
    t.false(existsSync(pair.b.key));
    const alone = await pair.a.untilStatus('box-a goes on alone', ({ mode }) => mode === 'solo');
    t.is(alone.role, 'primary');
    t.is((await pair.a.hotpair('health')).code, 4, 'alone is not well');
    t.regex(
      (await pair.b.hotpair('init')).stderr,
      /DATABASE_STANDBY|KEY_MISSING/,
      'a copy is no new beginning',
    );
    const again = await pair.b.hotpair('unjoin');
    t.is(again.code, 0, 'a second call has nothing left to do');

    await copyFile(pair.a.key, pair.b.key);
    const joinedAgain = await pair.b.hotpair('join');
    t.is(joinedAgain.code, 0, joinedAgain.stderr);
    agents = { ...agents, b: pair.b.startAgent() };
    await pair.b.untilStatus('box-b can take over', ({ eligible }) => eligible);
  },
);

test.serial('a box that is reset has nothing left, and a new box takes its place', async (t) => {
  t.timeout(240_000);
  const first = await pair.b.hotpair('factory-reset', '--keep-configuration');
  t.is(first.code, 0, first.stderr);
  t.true(existsSync(join(pair.b.state, 'record.a')), 'the first step changes nothing');
  const [, confirm = ''] = /--confirm (\d{6})/.exec(first.stdout) ?? [];
  writeFileSync(join(pair.b.state, 'notes.txt'), 'of a person');
  const second = await pair.b.hotpair(
    'factory-reset',
    '--keep-configuration',
    '--confirm',
    confirm,
  );
  t.is(second.code, 0, second.stderr);
  t.is(await agents.b.ended, 0);
  t.deepEqual(readdirSync(pair.b.state), ['notes.txt'], 'only what hotpair did not make stays');
  t.regex(second.stdout, /stays, remove it by hand: .*notes\.txt/);
  t.false(existsSync(pair.b.data));
  t.false(existsSync(pair.b.key));
  t.regex((await pair.b.hotpair('status')).stdout, /never paired/);

  await copyFile(pair.a.key, pair.b.key);
  const joined = await pair.b.hotpair('join');
  t.is(joined.code, 0, joined.stderr);
  agents = { ...agents, b: pair.b.startAgent() };
  await pair.b.untilStatus('the new box can take over', ({ eligible }) => eligible);
  const { code, stdout } = await pair.a.hotpair(
    'health',
    '--wait',
    '--for',
    '1s',
    '--timeout',
    '60s',
  );
  t.is(code, 0, stdout);
});

test.serial(
  'a box that served last by its record is not taken out without a word about loss',
  async (t) => {
    t.timeout(240_000);
    t.is((await pair.b.hotpair('shutdown')).code, 0);
    await pair.a.untilStatus('box-a goes on alone', ({ mode }) => mode === 'solo');
    agents.a.process.kill('SIGTERM');
    await agents.a.ended;
    const running = await pair.a.hotpair('unjoin');
    t.is(running.code, 4);
    t.regex(running.stderr, /DATABASE_RUNNING: PostgreSQL runs on this box although no agent does/);
    const agent = pair.a.startAgent();
    await pair.a.untilStatus('it serves', ({ role }) => role === 'primary');
    t.is((await pair.a.hotpair('shutdown')).code, 0);
    await agent.ended;
    const held = await pair.a.hotpair('unjoin', '--delete-data');
    t.is(held.code, 4);
    t.regex(held.stderr, /BOX_HOLDS_DATA/);
    t.true(existsSync(pair.a.data));
    const accepted = await pair.a.hotpair('unjoin', '--delete-data', '--accept-loss');
    t.is(accepted.code, 0, accepted.stderr);
    t.false(existsSync(pair.a.data));
  },
);
