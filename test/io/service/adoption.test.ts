// A guardian that begins finds what the one before it left: it goes on with what runs, restarts nothing, and ends what is no
// longer wanted. The guardian before it is played by hands that are closed: children of this process then, adopted by others.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readRunFile } from '../../../src/io/service/runFile.ts';
import { processStat } from '../../../src/kernel/processes.ts';
import { until } from '../../daemon/until.ts';
import { aPlace, aScript, aService, left, lives, someHands } from './someServices.ts';

test('what runs is found and goes on: the same process, stopped in the usual way', async (t) => {
  const place = aPlace(t);
  const descriptions = [aService(), aService({ name: 'ivr' })];
  const before = someHands(t, place, descriptions);
  const pid = await before.run();
  before.close();
  const hands = someHands(t, place, descriptions);
  t.deepEqual(await hands.begin(left(place)), [{ service: 'pbx', current: true }]);
  t.is(hands.main('pbx')?.pid, pid);
  t.true(lives(pid));
  hands.stop('pbx', 1, false, 5_000);
  await hands.next('serviceStopped');
  t.false(lives(pid));
  t.deepEqual(hands.events.length, 1);
});

test('the end of an adopted one is told, with everything of it gone', async (t) => {
  const place = aPlace(t);
  const script = `cd ${place.folder}; sleep 601 & echo $! >child; wait`;
  const before = someHands(t, place, [aScript(script)]);
  const pid = await before.run();
  await until('it has a child', () => place.read('child') !== '');
  before.close();
  const hands = someHands(t, place, [aScript(script)]);
  await hands.begin(left(place));
  process.kill(pid, 'SIGKILL');
  const told = await hands.next('serviceExited');
  t.like(told, { service: 'pbx', token: 0, text: `process ${pid} has ended` });
  t.false(lives(Number(place.read('child'))));
  t.deepEqual(left(place), []);
});

test('another description is told, also once more by the next guardian while it runs on', async (t) => {
  const place = aPlace(t);
  const before = someHands(t, place, [aService()]);
  const pid = await before.run();
  before.close();
  const changed = aService({ environment: { LANG: 'C' } });
  for (let round = 0; round < 2; round += 1) {
    const hands = someHands(t, place, [changed]);
    t.deepEqual(await hands.begin(left(place)), [{ service: 'pbx', current: false }]);
    t.is(hands.main('pbx')?.pid, pid);
    hands.close();
  }
  const hands = someHands(t, place, [changed]);
  await hands.begin(left(place));
  hands.stop('pbx', 1, false, 5_000);
  await hands.next('serviceStopped');
  await hands.run();
  hands.close();
  const after = someHands(t, place, [changed]);
  t.deepEqual(await after.begin(left(place)), [{ service: 'pbx', current: true }]);
});

test('checks, times and bounds may change without a restart', async (t) => {
  const place = aPlace(t);
  const before = someHands(t, place, [aService()]);
  await before.run();
  before.close();
  const tcp = { type: 'tcp', address: '127.0.0.1', port: 9 } as const;
  const times = { intervalMs: 100, timeoutMs: 100, threshold: 1 };
  const changed = aService({
    checks: [{ ...tcp, ...times }],
    stopDeadlineMs: 1,
    logBytes: 1,
    required: false,
    stopSignal: 'SIGINT',
  });
  const hands = someHands(t, place, [changed]);
  t.deepEqual(await hands.begin(left(place)), [{ service: 'pbx', current: true }]);
});

test('a service that is no longer configured is stopped in its own way before anything is started', async (t) => {
  const place = aPlace(t);
  const script = `trap 'echo ended; exit 0' INT; echo up; while :; do sleep 0.05; done`;
  const before = someHands(t, place, [aScript(script, { name: 'old', stopSignal: 'SIGINT' })]);
  const pid = await before.run('old');
  await until('it is up', () => place.log('old') === 'up', 20_000);
  before.close();
  const hands = someHands(t, place, [aService()]);
  t.deepEqual(await hands.begin(left(place)), []);
  await hands.run();
  t.false(lives(pid));
  t.is(place.log('old'), 'up\nended');
  t.deepEqual(
    left(place).map(({ description }) => description.name),
    ['pbx'],
  );
});

test('one that is no longer configured and does not end keeps nobody from watching the others', async (t) => {
  const place = aPlace(t);
  const stubborn = aScript(`trap '' TERM; echo up; while :; do sleep 0.05; done`, {
    name: 'old',
    stopDeadlineMs: 60_000,
  });
  const descriptions = [aService(), aService({ name: 'ivr' })];
  const before = someHands(t, place, [...descriptions, stubborn]);
  const pid = await before.run();
  const old = await before.run('old');
  await until('it is up', () => place.log('old') === 'up', 20_000);
  before.close();
  const hands = someHands(t, place, descriptions);
  t.teardown(() => process.kill(old, 'SIGKILL'));
  t.deepEqual(await hands.begin(left(place)), [{ service: 'pbx', current: true }]);
  process.kill(pid, 'SIGKILL');
  t.like(await hands.next('serviceExited'), { service: 'pbx', token: 0 });
  t.true(
    left(place).some(({ description }) => description.name === 'old'),
    'a guardian that begins now would wait for it, too',
  );
  // What it holds may be what is to be started now.
  hands.start('ivr', 1);
  hands.stop('ivr', 2, true, 0);
  t.regex((await hands.next('serviceNotStarted')).text, /a stop was asked for/);
  t.true(lives(old));
});

test('one that ended while nobody watched is not found; what it left goes before the next start', async (t) => {
  const place = aPlace(t);
  const script = `cd ${place.folder}; env -i sleep 601 & echo $! >child; wait`;
  const before = someHands(t, place, [aScript(script)]);
  const pid = await before.run();
  await until('it has a child', () => place.read('child') !== '');
  before.close();
  const file = left(place);
  process.kill(pid, 'SIGKILL');
  await until('it is gone', () => processStat(pid) === null);
  const child = Number(place.read('child'));
  t.true(lives(child));
  const hands = someHands(t, place, [aScript(script)]);
  t.deepEqual(await hands.begin(file), []);
  hands.start('pbx', 1);
  await hands.next('serviceStarted');
  t.false(lives(child));
});

test('another process that has the number of a service is not taken for it, and not touched', async (t) => {
  const place = aPlace(t);
  const stranger = spawn('sleep', ['600'], { detached: true });
  t.teardown(() => stranger.kill('SIGKILL'));
  await once(stranger, 'spawn');
  const stat = processStat(stranger.pid ?? 0);
  if (stat === null) throw new Error('no process');
  const main = { pid: stat.pid, startTime: stat.startTime - 1 };
  const hands = someHands(t, place, [aService()]);
  t.deepEqual(await hands.begin([{ main, description: aService() }]), []);
  await hands.run();
  t.true(lives(stat.pid));
});

test('a service that was started and not written down is ended: only its mark tells of it', async (t) => {
  const place = aPlace(t);
  const env = { HOTPAIR_SERVICE: 'pbx', HOTPAIR_RUN_DIRECTORY: place.runDirectory };
  const options = { detached: true, env, stdio: 'ignore' } as const;
  const lost = spawn('/bin/sleep', ['600'], options);
  const unknown = spawn('/bin/sleep', ['600'], {
    ...options,
    env: { ...env, HOTPAIR_SERVICE: 'unknown' },
  });
  const ofAnother = spawn('/bin/sleep', ['600'], {
    ...options,
    env: { ...env, HOTPAIR_RUN_DIRECTORY: '/run/another-pair' },
  });
  t.teardown(() => ofAnother.kill('SIGKILL'));
  await Promise.all([lost, unknown, ofAnother].map(async (each) => once(each, 'spawn')));
  const hands = someHands(t, place, [aService()]);
  t.deepEqual(await hands.begin([]), []);
  t.false(lives(unknown.pid ?? 0));
  await hands.run();
  t.false(lives(lost.pid ?? 0));
  t.true(lives(ofAnother.pid ?? 0));
});

test('the run file is of this boot or it is nothing', async (t) => {
  const place = aPlace(t);
  const hands = someHands(t, place, [aService()]);
  await hands.run();
  const path = join(place.folder, 'services.json');
  t.is(left(place).length, 1);
  const text = place.read('services.json');
  writeFileSync(path, text.replace(/"boot":"[^"]*"/, '"boot":"another"'));
  t.deepEqual(readRunFile(place.folder), { services: [], remembered: null, hooks: [] });
  writeFileSync(path, text.slice(0, -10));
  t.deepEqual(left(place), []);
  writeFileSync(path, text);
  t.is(left(place).length, 1);
});
