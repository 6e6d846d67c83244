// The guardian process as the agent has it: it starts, watches and stops services, dies in every way without touching one, and its
// successor goes on with what runs.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { processStat } from '../../../src/kernel/processes.ts';
import { callHotpair, hotpairWords } from '../../cli/callHotpair.ts';
import { aScript, lives } from '../../io/service/someServices.ts';
import { until } from '../until.ts';
import { aGuardian, aHookScript, aService, aSite } from './aGuardian.ts';

const quick = {
  firstMs: 50,
  longestMs: 400,
  limit: 3,
  windowMs: 60_000,
  steadyMs: 60_000,
  quarantineMs: 600_000,
} as const;

test.serial(
  'services start in their order, with what they are told, and stop in the opposite one',
  async (t) => {
    const site = aSite(t);
    const noted = (name: string) =>
      `trap 'echo ${name} ends >>${site.folder}/order; exit 0' TERM; echo ${name} >>${site.folder}/order; env >${site.folder}/${name}.env; while :; do sleep 0.02; done`;
    const guardian = aGuardian(t, site, {
      services: [
        aScript(noted('pbx'), { name: 'pbx', after: ['db'], runs: 'primary' }),
        aScript(noted('db'), {
          name: 'db',
          environment: { COLOUR: 'green' },
          // Up when it has noted that it runs.
          checks: [
            {
              type: 'command',
              command: ['/bin/grep', '-q', 'db', `${site.folder}/order`],
              intervalMs: 20,
              timeoutMs: 1_000,
              threshold: 3,
            },
          ],
        }),
      ],
    });
    await guardian.untilState('db', 'up');
    t.is(guardian.service('pbx')?.state, 'stopped');
    guardian.role('primary', 7);
    const { pid } = await guardian.untilState('pbx', 'up');
    await until('it noted', () => site.read('pbx.env') !== '' && site.read('db.env') !== '');
    t.true(lives(pid ?? 0));
    const environment = site.lines('pbx.env');
    for (const line of [
      'HOTPAIR_SERVICE=pbx',
      'HOTPAIR_NODE=box-a',
      'HOTPAIR_ROLE=primary',
      'HOTPAIR_EPOCH=7',
      'HOTPAIR_HEARTBEAT_ADDRESS=10.0.0.1',
      'HOTPAIR_PEER_ADDRESS=10.0.0.2',
      'HOTPAIR_SERVICE_ADDRESSES=192.0.2.50 2001:db8::50',
      'HOME=/root',
      'LC_ALL=C.UTF-8',
    ]) {
      t.true(environment.includes(line), line);
    }
    t.true(site.lines('db.env').includes('COLOUR=green'));
    t.true((await guardian.shutDown()).ok);
    t.deepEqual(site.lines('order'), ['db', 'pbx', 'pbx ends', 'db ends']);
    t.false(lives(pid ?? 0));
  },
);

test.serial(
  'kill -9 of a service: it is up again at once, and it is told what happened',
  async (t) => {
    const site = aSite(t);
    const guardian = aGuardian(t, site, { services: [aService()] });
    const before = await guardian.untilState('pbx', 'up');
    process.kill(before.pid ?? 0, 'SIGKILL');
    await until('another one is up', () => {
      const now = guardian.service('pbx');
      return now?.state === 'up' && now.pid !== null && now.pid !== before.pid;
    });
    t.is(guardian.service('pbx')?.restarts, 1);
    t.is(
      (await guardian.untilEvent('serviceFailed', 'pbx')).detail['text'],
      'it was ended by SIGKILL',
    );
  },
);

test.serial(
  'kill -9 of the guardian touches nothing: the next one has the same processes, and what was held against them',
  async (t) => {
    const site = aSite(t);
    const beat = `while :; do date +%s%N >>${site.folder}/beats; echo beat; sleep 0.01; done`;
    const services = [
      aScript(beat),
      aService({ name: 'held' }),
      aScript('exit 3', { name: 'broken', restart: quick }),
      aService({ name: 'never', runs: 'primary' }),
    ];
    const first = aGuardian(t, site, { services });
    const { pid } = await first.untilState('pbx', 'up');
    t.true((await first.order('stop', 'held')).ok);
    await first.untilEvent('serviceGivenUp', 'broken');
    await until('the box is unfit', () => first.state()?.fit === false);
    const unfit = first.service('broken');
    t.is(first.state()?.fit, false);
    const started = processStat(pid ?? 0)?.startTime;
    for (let round = 0; round < 2; round += 1) {
      const dead = round === 0 ? first : aGuardian(t, site, { services });
      if (round > 0) await dead.untilState('pbx', 'up');
      await dead.kill();
    }
    t.true(lives(pid ?? 0));
    const next = aGuardian(t, site, { services });
    t.is((await next.untilState('pbx', 'up')).pid, pid);
    t.is(processStat(pid ?? 0)?.startTime, started);
    t.is(next.service('pbx')?.restarts, 0);
    t.like(next.service('held'), { state: 'stopped', heldByOperator: true, pid: null });
    t.is(next.state()?.fit, false);
    t.true((next.service('broken')?.unfitForMs ?? 0) <= (unfit?.unfitForMs ?? 0));
    t.is(next.service('never')?.state, 'stopped');
    // It never paused for as long as a restart would take.
    await until('it went on', () => site.lines('beats').length > 20);
    const beats = site.lines('beats').map((line) => Number(line) / 1e6);
    const gaps = beats.slice(1).map((at, index) => at - (beats[index] ?? 0));
    t.true(Math.max(...gaps) < 1_000, `${Math.max(...gaps)} ms`);
    process.kill(pid ?? 0, 'SIGKILL');
    await until('it is started again', () => next.service('pbx')?.restarts === 1);
    t.true((await next.order('start', 'held')).ok);
  },
);

test.serial(
  'without its agent the guardian ends within 100 ms and leaves everything running',
  async (t) => {
    const site = aSite(t);
    const services = [aService(), aService({ name: 'ivr' })];
    const pids = new Set<number | null>();
    const took: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const guardian = aGuardian(t, site, { services });
      pids.add((await guardian.untilState('pbx', 'up')).pid);
      pids.add((await guardian.untilState('ivr', 'up')).pid);
      const { tookMs, code } = await guardian.end();
      t.is(code, 0);
      took.push(tookMs);
    }
    t.log(`ended after ${took.map(Math.round).join(', ')} ms`);
    // A busy machine may be late once, not each time.
    t.true(Math.min(...took) < 100);
    t.is(pids.size, 2);
    t.true([...pids].every((pid) => lives(pid ?? 0)));
  },
);

test.serial(
  'an agent that does not read neither stops the guardian nor keeps it from ending',
  async (t) => {
    const site = aSite(t);
    const talk = aScript('exit 1', {
      restart: { ...quick, limit: 100, longestMs: 10, firstMs: 1 },
    });
    const services = Array.from({ length: 5 }, (_, index) => ({ ...talk, name: `pbx-${index}` }));
    const guardian = aGuardian(t, site, { services: [...services, aService()] });
    await guardian.untilState('pbx', 'up');
    guardian.process.stdout?.pause();
    const heard = guardian.said.length;
    const pid = guardian.service('pbx')?.pid ?? 0;
    const memory = () => processStat(guardian.pid)?.residentBytes ?? 0;
    await until(
      'much was said',
      () => site.read('run/services.json').includes('"restarts":30'),
      30_000,
    );
    const before = memory();
    process.kill(pid, 'SIGKILL');
    await until('it is started again', () => {
      const main = JSON.parse(site.read('run/services.json')) as {
        services: { main: { pid: number }; description: { name: string } }[];
      };
      const found = main.services.find(({ description }) => description.name === 'pbx');
      return found !== undefined && found.main.pid !== pid;
    });
    t.true(memory() - before < 60 * 1024 * 1024);
    t.true(guardian.said.length - heard < 5);
    const { tookMs } = await guardian.end();
    t.true(tookMs < 300, `${tookMs} ms`);
  },
);

test.serial(
  'a changed description restarts its service alone, a removed one is stopped, a new one is started',
  async (t) => {
    const site = aSite(t);
    const first = aGuardian(t, site, {
      services: [aService(), aService({ name: 'same' }), aService({ name: 'gone' })],
    });
    const pids = new Map<string, number>();
    for (const name of ['pbx', 'same', 'gone']) {
      pids.set(name, (await first.untilState(name, 'up')).pid ?? 0);
    }
    await first.end();
    const next = aGuardian(t, site, {
      services: [
        aService({ environment: { LANG: 'C' } }),
        aService({ name: 'same' }),
        aService({ name: 'new' }),
      ],
    });
    await next.untilState('new', 'up');
    await until('it is restarted', () => {
      const now = next.service('pbx');
      return now?.state === 'up' && now.pid !== pids.get('pbx');
    });
    t.is(next.service('pbx')?.restarts, 0);
    t.is(next.service('same')?.pid, pids.get('same'));
    t.false(lives(pids.get('gone') ?? 0));
    t.false(lives(pids.get('pbx') ?? 0));
  },
);

test.serial(
  'a service that hangs is killed after its threshold and started anew; one that never comes up is given up',
  async (t) => {
    const site = aSite(t);
    const port = 20_000 + (process.pid % 10_000);
    const server = `require('node:net').createServer((s) => s.end()).listen(${port}, '127.0.0.1')`;
    const check = { type: 'process', intervalMs: 100, timeoutMs: 100, threshold: 3 } as const;
    const tcp = { ...check, type: 'tcp', address: '127.0.0.1', port } as const;
    const guardian = aGuardian(t, site, {
      services: [
        aService({
          program: { type: 'process', command: [process.execPath, '-e', server] },
          checks: [check, tcp],
        }),
        aService({
          name: 'deaf',
          startDeadlineMs: 200,
          restart: quick,
          checks: [{ ...tcp, port: 1 }],
        }),
      ],
    });
    const { pid } = await guardian.untilState('pbx', 'up');
    process.kill(pid ?? 0, 'SIGSTOP');
    const failed = await guardian.untilEvent('serviceFailed', 'pbx');
    t.is(failed.detail['text'], `check 1: process ${pid} is stopped`);
    await until('a new one is up', () => {
      const now = guardian.service('pbx');
      return now?.state === 'up' && now.pid !== pid;
    });
    t.false(lives(pid ?? 0));
    const given = await guardian.untilEvent('serviceGivenUp', 'deaf');
    t.is(given.level, 'error');
    await until('the box is unfit', () => guardian.state()?.fit === false);
  },
);

test.serial('what cannot be started says why, and orders are answered', async (t) => {
  const site = aSite(t);
  const guardian = aGuardian(t, site, {
    services: [
      aService({ program: { type: 'process', command: ['/nowhere/pbx'] }, restart: quick }),
      aService({ name: 'ivr' }),
    ],
  });
  await guardian.untilEvent('serviceGivenUp', 'pbx');
  t.is(guardian.service('pbx')?.problem, 'not started: /nowhere/pbx is not there');
  const before = await guardian.untilState('ivr', 'up');
  t.like(await guardian.order('restart', 'ivr'), { ok: true, text: 'ivr: up' });
  t.not(guardian.service('ivr')?.pid, before.pid);
  t.like(await guardian.order('stop', 'ivr'), { ok: true });
  t.like(await guardian.order('stop', 'nothing'), { ok: false });
});

test.serial(
  'a memory limit that is exceeded ends the service, which is started anew',
  async (t) => {
    const site = aSite(t);
    const python = `
import time
held = []
for n in range(120): held.append(bytearray(1024 * 1024)); time.sleep(0.001)
time.sleep(600)`;
    const guardian = aGuardian(t, site, {
      services: [
        aService({
          program: { type: 'process', command: ['/usr/bin/python3', '-c', python] },
          memoryLimitBytes: 64 * 1024 * 1024,
        }),
      ],
    });
    const { pid } = await guardian.untilState('pbx', 'up');
    const { detail } = await guardian.untilEvent('serviceFailed', 'pbx');
    t.regex(String(detail['text']), /^it uses \d+ MB of 64 MB of memory$/);
    await until('another one is up', () => {
      const now = guardian.service('pbx');
      return now?.state === 'up' && now.pid !== pid;
    });
  },
);

test.serial(
  'hooks run at each change of role, in order, with the reason, and services of the primary wait for the required ones',
  async (t) => {
    const site = aSite(t);
    const note = `echo "$HOTPAIR_HOOK $HOTPAIR_ROLE $HOTPAIR_EPOCH $HOTPAIR_REASON $HOTPAIR_REASON_TEXT" >>${site.folder}/hooks`;
    const guardian = aGuardian(t, site, {
      services: [aScript(`echo pbx >>${site.folder}/hooks; exec sleep 600`, { runs: 'primary' })],
      hooks: [
        aHookScript(`${note}; sleep 0.2`, { name: 'first', required: true }),
        aHookScript(`${note}; echo "no such address" >&2; exit 2`, { name: 'second' }),
        aHookScript('sleep 600', { name: 'late', deadlineMs: 200, on: ['standby'] }),
      ],
    });
    guardian.role('primary', 4);
    const failed = await guardian.untilEvent('hookFailed', 'second');
    t.is(failed.detail['text'], '/bin/sh ended with status 2: no such address');
    await guardian.untilState('pbx', 'up');
    const said = 'primary 4 peerSilent nobody answered';
    t.deepEqual(site.lines('hooks').toSorted(), [`first ${said}`, 'pbx', `second ${said}`]);
    t.is(site.lines('hooks')[0], `first ${said}`);
    guardian.role('standby', 5);
    const late = await guardian.untilEvent('hookFailed', 'late');
    t.is(late.detail['text'], '/bin/sh did not end within 200 ms');
    t.true(site.lines('hooks').includes('first standby 5 peerSilent nobody answered'));
    t.is(guardian.service('pbx')?.state, 'stopped');
  },
);

test.serial(
  'hooks run at least once across a kill -9: what was done is not done again, what was not is',
  async (t) => {
    const site = aSite(t);
    const hooks = [
      aHookScript(`echo one >>${site.folder}/hooks`, { name: 'one', required: true }),
      aHookScript(`echo two $$ >>${site.folder}/hooks; [ ! -e ${site.folder}/wait ] || sleep 600`, {
        name: 'two',
        required: true,
        deadlineMs: 60_000,
      }),
    ];
    site.put('wait', '');
    const first = aGuardian(t, site, { hooks });
    first.role('primary', 3);
    await until('the second one runs', () => site.lines('hooks').length === 2);
    const pid = Number(site.lines('hooks')[1]?.split(' ')[1]);
    await first.kill();
    t.true(lives(pid));
    execFileSync('rm', [join(site.folder, 'wait')]);
    const next = aGuardian(t, site, { hooks });
    next.role('primary', 3);
    await next.untilEvent('hookDone', 'two');
    t.false(lives(pid), 'what the dead guardian left of it was ended first');
    t.deepEqual(
      site.lines('hooks').map((line) => line.split(' ')[0]),
      ['one', 'two', 'two'],
    );
    await until('it is on disk', () => site.read('state/hooks.json').includes('"two"'));
    await next.kill();
    const last = aGuardian(t, site, { hooks });
    last.role('primary', 3);
    await until(
      'all are done',
      () => last.state()?.hooks.every(({ state }) => state === 'done') === true,
    );
    t.is(site.lines('hooks').length, 3);
    last.role('standby', 4);
    await until('both run for the new role', () => site.lines('hooks').length === 5);
  },
);

test.serial(
  'hooks and checks under way end with the guardian: nobody would see to their deadline',
  async (t) => {
    const site = aSite(t);
    const wait = (name: string) => `echo $$ >${site.folder}/${name}; sleep 601 & wait`;
    const check = { type: 'command', command: ['/bin/sh', '-c', wait('check')] } as const;
    const guardian = aGuardian(t, site, {
      services: [
        aService({ checks: [{ ...check, intervalMs: 100, timeoutMs: 60_000, threshold: 3 }] }),
      ],
      hooks: [aHookScript(wait('hook'), { deadlineMs: 60_000 })],
    });
    guardian.role('standby', 1);
    await until('both run', () => site.read('hook') !== '' && site.read('check') !== '');
    const pids = ['hook', 'check'].map((name) => Number(site.read(name)));
    await guardian.end();
    await until('both have ended', () => !pids.some(lives));
    t.pass();
  },
);

test.serial(
  'a guardian that hangs is killed by the next one, and what it ran is taken over',
  async (t) => {
    const site = aSite(t);
    const hanging = aGuardian(t, site, { services: [aService()] });
    const { pid } = await hanging.untilState('pbx', 'up');
    process.kill(hanging.pid, 'SIGSTOP');
    const next = aGuardian(t, site, { services: [aService()] });
    t.is((await next.untilState('pbx', 'up')).pid, pid);
    await until('the other one has gone', () => !lives(hanging.pid));
    t.true(lives(pid ?? 0));
  },
);

test.serial(
  'a guardian that finds itself in a state that must not be says so, ends with 70 and touches nothing',
  async (t) => {
    const site = aSite(t);
    const guardian = aGuardian(t, site, { services: [aService()] });
    const { pid } = await guardian.untilState('pbx', 'up');
    const ended = once(guardian.process, 'exit');
    guardian.tell({
      type: 'configure',
      services: [],
      hooks: [],
      sync: null,
      place: { node: 'box-a', heartbeatAddress: '', peerAddress: '', serviceAddresses: [] },
      stateDirectory: site.stateDirectory,
      runDirectory: site.runDirectory,
    });
    t.deepEqual(await ended, [70, null]);
    const { level, detail } = await guardian.untilEvent('guardianBroke');
    t.is(level, 'error');
    t.regex(String(detail['text']), /^Error: a guardian is configured once/);
    t.true(lives(pid ?? 0));
  },
);

test.serial('who is not an agent is refused in a sentence', async (t) => {
  const { code, stderr } = await callHotpair('guardian');
  t.is(code, 0, 'nobody spoke');
  t.is(stderr, '');
  const nonsense = execFileSync(
    '/bin/sh',
    ['-c', 'echo hello | "$@" 2>&1; true', 'sh', ...guardianWords()],
    { encoding: 'utf8' },
  );
  t.regex(nonsense, /^hotpair: USAGE: the agent speaks to its guardian, nobody else: /);
  t.notRegex((await callHotpair('help')).stdout, /^ {2}guardian /m);
});

function guardianWords(): readonly string[] {
  const entry = join(import.meta.dirname, '../../../src/main.ts');
  return [process.execPath, '--disable-warning=ExperimentalWarning', entry, 'guardian'];
}

test.serial(
  'fifty services of which ten loop: the others are not touched, and the guardian answers',
  async (t) => {
    const site = aSite(t);
    const steady = Array.from({ length: 40 }, (_, index) => aService({ name: `steady-${index}` }));
    const looping = Array.from({ length: 10 }, (_, index) =>
      aScript('exit 1', { name: `loop-${index}`, restart: { ...quick, limit: 5 } }),
    );
    const guardian = aGuardian(t, site, { services: [...steady, ...looping] });
    for (const { name } of steady) await guardian.untilState(name, 'up');
    const pids = steady.map(({ name }) => guardian.service(name)?.pid);
    for (const { name } of looping) await guardian.untilEvent('serviceGivenUp', name);
    const begun = performance.now();
    t.true((await guardian.order('restart', 'steady-0')).ok);
    t.log(`an order took ${Math.round(performance.now() - begun)} ms`);
    t.deepEqual(
      steady.slice(1).map(({ name }) => guardian.service(name)?.pid),
      pids.slice(1),
    );
    t.true(readFileSync(join(site.runDirectory, 'services.json')).length < 200_000);
  },
);

test.serial(
  'the end of a box is bounded: what takes longer is killed, with what it would have been stopped before',
  async (t) => {
    const site = aSite(t);
    const stopDeadlineMs = 60_000;
    const deaf = `trap '' TERM; touch ${site.folder}/deaf; while :; do sleep 0.05; done`;
    const guardian = aGuardian(t, site, {
      services: [
        aService({ name: 'base', stopDeadlineMs }),
        aScript(deaf, { after: ['base'], stopDeadlineMs }),
      ],
    });
    const { pid: base } = await guardian.untilState('base', 'up');
    const { pid } = await guardian.untilState('pbx', 'up');
    await until('it is deaf', () => existsSync(`${site.folder}/deaf`));
    t.deepEqual(await guardian.shutDown(300), {
      type: 'answer',
      id: 1,
      ok: true,
      text: 'everything is stopped',
    });
    t.false(lives(pid ?? 0));
    t.false(lives(base ?? 0));
  },
);

test.serial(
  'a guardian begins, and starts what it is to start, where no directory has room',
  async (t) => {
    const site = aSite(t);
    for (const directory of [site.runDirectory, site.stateDirectory]) {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', directory]);
      t.teardown(() => execFileSync('umount', ['--lazy', directory]));
      t.throws(() => writeFileSync(join(directory, 'everything'), Buffer.alloc(100_000)));
    }
    const guardian = aGuardian(t, site, {
      services: [aService()],
      hooks: [aHookScript(`echo ran >>${site.folder}/ran`, { required: true })],
    });
    guardian.role('primary', 4);
    const { pid } = await guardian.untilState('pbx', 'up');
    await guardian.untilEvent('hookDone');
    await guardian.untilEvent('servicesNotWrittenDown');
    t.true(lives(pid ?? 0));
    t.true((await guardian.shutDown()).ok);
  },
);

test.serial(
  'a service begins as under an init system, whatever its guardian was given',
  async (t) => {
    const site = aSite(t);
    const shell = 'umask 077; echo -500 2>/dev/null >/proc/self/oom_score_adj; exec "$@"';
    const words = ['/bin/sh', '-c', shell, 'sh', ...hotpairWords(['guardian'])];
    const script = `cd ${site.folder}; umask >umask; cat /proc/self/oom_score_adj >score; exec sleep 600`;
    const guardian = aGuardian(t, site, { services: [aScript(script)] }, words);
    await guardian.untilState('pbx', 'up');
    await until('it has noted all', () => site.read('score') !== '');
    t.is(site.read('umask'), '0022');
    t.is(site.read('score'), '0');
    t.true((await guardian.shutDown()).ok);
  },
);
