// Services that are children: how they are started and stopped, what is left of them, and that they outlive whoever watches.
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { membersOf } from '../../../src/io/service/members.ts';
import { findUser } from '../../../src/kernel/systemUser.ts';
import { until } from '../../daemon/until.ts';
import { aPlace, aScript, aService, left, lives, someHands } from './someServices.ts';

test.serial(
  'a service is started in a session of its own, without input, its output in a log for root alone',
  async (t) => {
    const place = aPlace(t);
    const script = 'cat; echo said; echo complained >&2; exec sleep 600';
    const hands = someHands(t, place, [aScript(script)]);
    rmSync(place.logDirectory, { recursive: true });
    await hands.begin([]);
    const pid = await hands.run();
    await until('both outputs are in the log', () => place.log() === 'said\ncomplained');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    t.deepEqual(stat.slice(2, 4), [String(pid), String(pid)], 'it leads its group and session');
    t.is(statSync(place.logDirectory).mode & 0o777, 0o700);
    t.is(statSync(join(place.logDirectory, 'pbx.log')).mode & 0o777, 0o600);
    t.is(statSync(join(place.folder, 'services.json')).mode & 0o777, 0o600);
  },
);

test.serial('its environment is what was given, and nothing of this process', async (t) => {
  const place = aPlace(t);
  const description = aService({
    program: { type: 'process', command: ['/usr/bin/env'] },
    environment: { LANG: 'C', GREETING: 'good day' },
  });
  const hands = someHands(t, place, [description]);
  hands.start('pbx', 1);
  await hands.next('serviceExited');
  t.deepEqual(place.log().split('\n').toSorted(), [
    'GREETING=good day',
    `HOTPAIR_RUN_DIRECTORY=${place.folder}`,
    'HOTPAIR_SERVICE=pbx',
    'LANG=C',
    'PATH=/usr/bin:/bin',
  ]);
});

test.serial(
  'an end by itself is told once, with status or signal and the last line of the log',
  async (t) => {
    const place = aPlace(t);
    const script = 'echo "cannot bind to 5060" >&2; exit 7';
    const hands = someHands(t, place, [aScript(script), aService({ name: 'killed' })]);
    hands.start('pbx', 4);
    t.deepEqual(await hands.next('serviceExited'), {
      type: 'serviceExited',
      service: 'pbx',
      token: 4,
      text: 'it ended with status 7: cannot bind to 5060',
    });
    process.kill(await hands.run('killed'), 'SIGKILL');
    t.like(await hands.next('serviceExited'), {
      service: 'killed',
      text: 'it was ended by SIGKILL',
    });
    t.is(hands.events.filter(({ type }) => type === 'serviceExited').length, 2);
  },
);

test.serial('the last line is one of this run, however long the log was before', async (t) => {
  const place = aPlace(t);
  const script = `[ -e ${place.folder}/again ] && exit 1; touch ${place.folder}/again; echo "of the first run"; exit 1`;
  const hands = someHands(t, place, [aScript(script)]);
  const texts: string[] = [];
  for (const token of [1, 2]) {
    hands.start('pbx', token);
    texts.push((await hands.next('serviceExited')).text);
  }
  t.deepEqual(texts, ['it ended with status 1: of the first run', 'it ended with status 1']);
});

test.serial('a service runs without its log where that cannot be written', async (t) => {
  const place = aPlace(t);
  rmSync(place.logDirectory, { recursive: true });
  place.put('logs', 'a file, no directory');
  const hands = someHands(t, place, [aScript('echo said; exec sleep 600')]);
  await hands.begin([]);
  t.true(lives(await hands.run()));
});

test.serial('what cannot be started is told in a sentence, and nothing runs', async (t) => {
  const place = aPlace(t);
  const noInterpreter = place.put('script', '#!/nowhere/sh\n');
  const noProgram = join(place.folder, 'logs');
  const services = [
    [aService(run('/nowhere/pbx')), '/nowhere/pbx is not there'],
    [aService(run(noInterpreter)), `${noInterpreter} cannot be run: the interpreter that it names`],
    [aService(run(noProgram)), `${noProgram} may not be run: it is not executable`],
    [aService({ directory: '/nowhere' }), '/nowhere, where /bin/sleep is to run, is not there'],
    [aService({ user: 'nobody-of-that-name' }), 'there is no user nobody-of-that-name'],
    [aService({ group: 'no-such-group' }), 'there is no group no-such-group'],
    [aService({ openFiles: 2 ** 40 }), '/bin/sleep cannot be run: a limit of 1099511627776 open'],
  ] as const;
  for (const [at, [description, sentence]] of services.entries()) {
    const hands = someHands(t, place, [description]);
    hands.start('pbx', at);
    const told = await hands.next('serviceNotStarted');
    t.is(told.token, at);
    t.true(told.text.startsWith(sentence), told.text);
    t.deepEqual(hands.running(), []);
  }
});

test.serial('a user and a group are taken on without the groups of this process', async (t) => {
  const place = aPlace(t);
  const user = findUser('nobody');
  if (user === null) throw new Error('there is nobody');
  const script = 'grep -E "^(Uid|Gid|Groups)" /proc/self/status';
  const describe = (changes: object) => aScript(script, changes);
  const hands = someHands(t, place, [
    describe({ name: 'user', user: 'nobody' }),
    describe({ name: 'group', user: 'nobody', group: 'daemon' }),
    describe({ name: 'root' }),
  ]);
  for (const service of ['user', 'group', 'root']) {
    hands.start(service, 1);
    await hands.next('serviceExited');
  }
  t.is(place.log('user'), said(user.uid, user.gid));
  t.is(place.log('group'), said(user.uid, 1));
  t.is(place.log('root'), said(0, 0));
});

test.serial(
  'it is asked to stop with its signal, and stopped is said when it has ended',
  async (t) => {
    const place = aPlace(t);
    const script = `trap 'echo stopping; sleep 0.2; echo done; exit 0' INT; echo up; while :; do sleep 0.05; done`;
    const hands = someHands(t, place, [aScript(script, { stopSignal: 'SIGINT' })]);
    const pid = await hands.run();
    await until('it is up', () => place.log() === 'up');
    hands.stop('pbx', 9, false, 5_000);
    t.deepEqual(await hands.next('serviceStopped'), {
      type: 'serviceStopped',
      service: 'pbx',
      token: 9,
    });
    t.is(place.log(), 'up\nstopping\ndone');
    t.false(lives(pid));
    t.false(hands.events.some(({ type }) => type === 'serviceExited'));
    t.deepEqual(left(place), []);
  },
);

test.serial(
  'one that ignores the signal is killed at the deadline, one that is stopped by SIGSTOP hears it',
  async (t) => {
    const place = aPlace(t);
    const deaf = `trap '' TERM; echo up; while :; do sleep 600; done`;
    const hands = someHands(t, place, [aScript(deaf), aService({ name: 'halted' })]);
    await hands.run();
    await until('it is up', () => place.log() === 'up');
    const begun = performance.now();
    hands.stop('pbx', 2, false, 300);
    await hands.next('serviceStopped');
    const tookMs = performance.now() - begun;
    t.true(tookMs >= 300 && tookMs < 1_500, `${tookMs} ms`);
    process.kill(await hands.run('halted'), 'SIGSTOP');
    const asked = performance.now();
    hands.stop('halted', 3, false, 10_000);
    await hands.next('serviceStopped');
    t.true(performance.now() - asked < 2_000);
  },
);

test.serial(
  'children that the main process leaves get the signal too, before they are killed',
  async (t) => {
    const place = aPlace(t);
    const child = `trap 'echo child ends; exit 0' TERM; echo child up; while :; do sleep 0.05; done`;
    const script = `trap 'exit 0' TERM; sh -c "${child}" & while :; do sleep 0.05; done`;
    const hands = someHands(t, place, [aScript(script)]);
    await hands.run();
    await until('the child is up', () => place.log() === 'child up');
    hands.stop('pbx', 2, false, 5_000);
    await hands.next('serviceStopped');
    t.true(place.log().endsWith('child ends'), place.log());
  },
);

function run(...command: string[]) {
  return { program: { type: 'process', command } as const };
}

/** As in /proc/PID/status: four ids each, real, effective, saved and for the file system. */
function said(uid: number, gid: number): string {
  const [users, groups] = [uid, gid].map((id) => [id, id, id, id].join('\t'));
  return `Uid:\t${users}\nGid:\t${groups}\nGroups:`;
}

/** Writes the pids of a child in the session, of one in a session of its own, and of its own child, which hides its mark. */
const family = `
sleep 601 & echo $! >family
setsid sh -c 'echo $$ >>family; env -i sleep 602 & echo $! >>family; wait' &
until [ "$(wc -l <family)" = 3 ]; do sleep 0.01; done
`;

test.serial(
  'after a crash everything of it is killed before the end is told: its session, and those that left it',
  async (t) => {
    const place = aPlace(t);
    const script = `cd ${place.folder}; ${family} kill -9 $$`;
    const hands = someHands(t, place, [aScript(script)]);
    hands.start('pbx', 1);
    await hands.next('serviceExited');
    const pids = place.read('family').split('\n').map(Number);
    t.is(pids.length, 3);
    t.deepEqual(pids.filter(lives), []);
  },
);

test.serial('killed, nothing of it is left when it is told', async (t) => {
  const place = aPlace(t);
  const hands = someHands(t, place, [aScript(`cd ${place.folder}; ${family} wait`)]);
  const pid = await hands.run();
  await until('all run', () => place.read('family').split('\n').length === 3);
  const pids = [pid, ...place.read('family').split('\n').map(Number)];
  hands.stop('pbx', 2, true, 5_000);
  await hands.next('serviceStopped');
  t.deepEqual(pids.filter(lives), []);
});

test.serial(
  'a crash that leaves children with the port does not keep the next start from it',
  async (t) => {
    const place = aPlace(t);
    const server = `
import os, socket, time
s = socket.socket(); s.bind(('127.0.0.1', PORT)); s.listen()
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
print('up', flush=True); time.sleep(600)`;
    const free = 20_000 + (process.pid % 10_000);
    const python = server.replace('PORT', String(free));
    const hands = someHands(t, place, [
      aService({ program: { type: 'process', command: ['/usr/bin/python3', '-c', python] } }),
    ]);
    for (let round = 1; round <= 3; round += 1) {
      const pid = await hands.run();
      const ups = Array.from({ length: round }, () => 'up').join('\n');
      await until(`it is up for the ${round}. time`, () => place.log() === ups, 10_000);
      process.kill(pid, 'SIGKILL');
      await hands.next('serviceExited');
    }
    t.pass();
  },
);

test.serial('a service that goes on forking away from its session is killed', async (t) => {
  const place = aPlace(t);
  // Every 5 ms another child in a session of its own, whose parent goes at once; 400 at most.
  const bomb = `
import os, time
for n in range(400):
    if os.fork() == 0:
        os.setsid()
        if os.fork() != 0: os._exit(0)
        time.sleep(20); os._exit(0)
    os.wait(); time.sleep(0.005)
time.sleep(20)`;
  const hands = someHands(t, place, [
    aService({ program: { type: 'process', command: ['/usr/bin/python3', '-c', bomb] } }),
  ]);
  await hands.run();
  await delay(300);
  hands.stop('pbx', 2, true, 5_000);
  await hands.next('serviceStopped');
  t.deepEqual(membersOf({ service: 'pbx', main: null, runDirectory: place.folder }), []);
});

test.serial(
  'a stop that comes while a start waits is answered after it, and nothing runs',
  async (t) => {
    const place = aPlace(t);
    const hands = someHands(t, place, [aService()]);
    hands.start('pbx', 1);
    hands.stop('pbx', 2, false, 1_000);
    await hands.next('serviceStopped');
    t.deepEqual(
      hands.events.map(({ type }) => type),
      ['serviceNotStarted', 'serviceStopped'],
    );
    t.deepEqual(hands.running(), []);
    await hands.run();
    hands.stop('pbx', 3, true, 0);
    hands.stop('pbx', 4, true, 0);
    await hands.next('serviceStopped');
    t.like(await hands.next('serviceStopped'), { token: 4 });
  },
);

test.serial(
  'open files are limited from the first moment, and what is usual holds without a number',
  async (t) => {
    const place = aPlace(t);
    const script = 'ulimit -Sn; exec sleep 600';
    const describe = (name: string, openFiles: number | null) =>
      aScript(script, { name, openFiles });
    const hands = someHands(t, place, [
      describe('usual', null),
      describe('many', 4_096),
      describe('few', 64),
    ]);
    const [ownSoft = '', ownHard = ''] = openFilesOf(process.pid);
    const limits: string[][] = [];
    for (const service of ['usual', 'many', 'few'])
      limits.push(openFilesOf(await hands.run(service)));
    t.deepEqual(limits, [
      ['1024', ownHard],
      ['4096', '4096'],
      ['64', '64'],
    ]);
    await until('both said', () => place.log('usual') !== '' && place.log('many') !== '');
    t.deepEqual([place.log('usual'), place.log('many')], ['1024', '4096']);
    t.deepEqual(
      openFilesOf(process.pid),
      [ownSoft, ownHard],
      'this process has its own limit again',
    );
    t.true(Number(ownSoft) > 4_096);
  },
);

function openFilesOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/limits`, 'utf8');
  return /Max open files\s+(\d+)\s+(\d+)/.exec(text)?.slice(1) ?? [];
}

test.serial(
  'a service that uses more memory than it may is told once, and no process takes it all at once',
  async (t) => {
    const place = aPlace(t);
    const megabyte = 1024 * 1024;
    const hungry = `
import time
held = []
print('up', flush=True)
while len(held) < MOST: held.append(bytearray(1024 * 1024)); time.sleep(0.001)
time.sleep(600)`;
    const python = (most: number) =>
      ({
        type: 'process',
        command: ['/usr/bin/python3', '-c', hungry.replace('MOST', `${most}`)],
      }) as const;
    const hands = someHands(t, place, [
      aService({ name: 'modest', program: python(10), memoryLimitBytes: 100 * megabyte }),
      aService({ name: 'hungry', program: python(150), memoryLimitBytes: 100 * megabyte }),
      aService({ name: 'mad', program: python(1_000), memoryLimitBytes: 100 * megabyte }),
    ]);
    hands.start('modest', 1);
    hands.start('hungry', 2);
    const told = await hands.next('limitExceeded');
    t.like(told, { service: 'hungry', token: 2 });
    t.regex(told.text, /^it uses 1[5-9]\d MB of 100 MB of memory$/);
    hands.start('mad', 3);
    const ended = await hands.next('serviceExited');
    t.like(ended, { service: 'mad', text: 'it ended with status 1: MemoryError' });
    const exceeded = hands.events.filter(({ type }) => type === 'limitExceeded');
    t.true(exceeded.every(({ service }) => service !== 'modest'));
    t.is(exceeded.filter(({ service }) => service === 'hungry').length, 1);
  },
);

test.serial(
  'a log is bounded: the last of it is kept beside it, the rest goes on in the emptied file',
  async (t) => {
    const place = aPlace(t);
    const script = `i=0; while [ $i -lt 4000 ]; do echo "line $i of a service that talks a lot"; i=$((i+1)); done; echo last; exec sleep 600`;
    const hands = someHands(t, place, [aScript(script, { logBytes: 50_000 })]);
    const pid = await hands.run();
    const path = join(place.logDirectory, 'pbx.log');
    await until('it was emptied', () => existsSync(`${path}.1`) && statSync(path).size < 50_000);
    t.is(statSync(`${path}.1`).size, 50_000);
    t.is(statSync(`${path}.1`).mode & 0o777, 0o600);
    t.true(place.read('logs/pbx.log.1').endsWith('last'));
    t.true(lives(pid));
    t.is(statSync(path).size, 0);
  },
);
