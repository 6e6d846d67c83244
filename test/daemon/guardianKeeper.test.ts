// The agent's side of the guardian against a stand-in that is a process of its own: started, told, restarted, replaced, ended.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { initialState } from '../../src/core/state.ts';
import type { State } from '../../src/core/state.ts';
import type { Configure } from '../../src/daemon/guardianDescription.ts';
import { GuardianKeeper } from '../../src/daemon/guardianKeeper.ts';
import type { GuardianTimes } from '../../src/daemon/guardianKeeper.ts';
import type { ServiceDescription } from '../../src/protocol/guardianMessages.ts';
import { durableRecord, settings } from '../core/builders.ts';
import { aLog } from './aLog.ts';
import { until as untilWithin } from './until.ts';

/** Processes begin and end here; on a busy machine that takes a while. */
function until(what: string, condition: () => boolean): Promise<void> {
  return untilWithin(what, condition, 30_000);
}

const standIn = join(import.meta.dirname, 'standInGuardian.ts');

const restart = {
  firstMs: 200,
  longestMs: 30_000,
  limit: 5,
  windowMs: 60_000,
  steadyMs: 60_000,
  quarantineMs: 1_800_000,
};

function aService(name: string, runs: 'always' | 'primary' = 'always'): ServiceDescription {
  return {
    name,
    program: { type: 'process', command: ['/bin/true'] },
    runs,
    after: [],
    required: true,
    user: null,
    group: null,
    directory: '/',
    environment: {},
    stopSignal: 'SIGTERM',
    memoryLimitBytes: null,
    openFiles: null,
    logBytes: 1024,
    startDeadlineMs: 1_000,
    stopDeadlineMs: 1_000,
    restart,
    checks: [],
  };
}

const secrets = [{ name: 'pair-1', secret: 'x' }];

const quick: GuardianTimes = {
  firstMs: 10,
  longestMs: 40,
  steadyMs: 60_000,
  // Long: on a busy machine a process takes its time to begin.
  silentMs: 60_000,
  endMs: 500,
};

type Line = Readonly<Record<string, unknown>>;

/** A keeper whose process is the stand-in; what that was told, and what the keeper told of the fitness. */
function aKeeper(t: ExecutionContext, act: string, names: readonly string[] = ['a'], times = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'guardian-'));
  const file = join(directory, 'told');
  const description: Configure = {
    type: 'configure',
    services: names.map((name) => aService(name)),
    hooks: [],
    sync: null,
    place: { node: 'a', heartbeatAddress: '', peerAddress: '', serviceAddresses: [] },
    stateDirectory: directory,
    runDirectory: directory,
  };
  const fitness: boolean[] = [];
  const { log, kept } = aLog();
  const words = [process.execPath, '--disable-warning=ExperimentalWarning', standIn, file, act];
  const keeper = new GuardianKeeper({
    words,
    description,
    secrets,
    log,
    fitnessChanged: (fit) => fitness.push(fit),
    times: { ...quick, ...times },
  });
  const told = (): readonly Line[] => linesIn(file);
  t.teardown(async () => {
    keeper.close();
    await until('the last one has ended', () => (keeper.status()?.pid ?? null) === null);
    rmSync(directory, { recursive: true });
  });
  return { keeper, description, fitness, kept, told };
}

function linesIn(file: string): readonly Line[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Line);
  } catch {
    return [];
  }
}

function pidsIn(told: readonly Line[]): readonly number[] {
  return told.flatMap(({ pid }) => (typeof pid === 'number' ? [pid] : []));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function aState(name: State['name'], epoch: number): State {
  const first = initialState(settings());
  return {
    ...first,
    agentStart: 'a1',
    name,
    record: durableRecord({ epoch }),
    database: { ...first.database, admitted: true },
    port: { ...first.port, addressesOn: true, anyAddressOn: true },
    lastChange: { at: 0, from: 'unpaired', to: name, reason: { code: 'resumeAlone' } },
  };
}

test('the process is told its description first, then the role, and each role once', async (t) => {
  const { keeper, description, told, fitness } = aKeeper(t, 'good');
  keeper.begin();
  for (const state of [
    aState('solo', 4),
    aState('solo', 4),
    aState('opening', 4),
    aState('solo', 5),
    aState('standby', 6),
  ])
    keeper.follow(state);
  await until('all is told', () => told().length === 5);
  const [, configured, ...roles] = told();
  t.deepEqual(configured, JSON.parse(JSON.stringify(description)));
  t.deepEqual(
    roles.map(({ type, role, epoch }) => [type, role, epoch]),
    [
      ['role', 'primary', 4],
      ['role', 'primary', 5],
      ['role', 'standby', 6],
    ],
  );
  t.like(roles[0], { reason: { code: 'resumeAlone' } });
  await until('the fitness is known', () => fitness.length > 1);
  t.deepEqual(fitness, [true, false], 'the stand-in is unfit as a standby');
  t.deepEqual(keeper.alarms(), ['servicesUnfit']);
});

test('where nothing is configured there is no process, and the box is fit at once', (t) => {
  const { keeper, fitness, told } = aKeeper(t, 'good', []);
  keeper.begin();
  t.deepEqual(fitness, [true]);
  t.is(keeper.status(), null);
  t.deepEqual(told(), []);
});

test('one that ends is started again with a pause, told everything anew, and that is an alarm when it repeats', async (t) => {
  const { keeper, told, kept } = aKeeper(t, 'dies');
  keeper.follow(aState('solo', 4));
  keeper.begin();
  await until('it was started four times', () => pidsIn(told()).length >= 4);
  t.deepEqual(keeper.alarms(), ['guardianDown']);
  t.regex(keeper.status()?.problem ?? '', /ended with status 3/);
  const pauses = kept.flatMap(({ event, pauseMs }) => (event === 'guardianEnded' ? [pauseMs] : []));
  t.deepEqual(pauses.slice(0, 3), [10, 20, 40]);
});

test('a killed guardian is replaced, its state and the fitness last known stay', async (t) => {
  const { keeper, told, fitness } = aKeeper(t, 'good', ['a'], { firstMs: 500, longestMs: 500 });
  keeper.begin();
  keeper.follow(aState('standby', 4));
  await until('it is unfit', () => fitness.at(-1) === false);
  const [first = 0] = pidsIn(told());
  process.kill(first, 'SIGKILL');
  await until('it is gone', () => keeper.status()?.pid === null);
  t.is(keeper.status()?.fit, false);
  t.deepEqual(keeper.alarms(), ['servicesUnfit'], 'once is no alarm');
  await until('the next one runs', () => told().filter(({ type }) => type === 'role').length === 2);
  t.not(pidsIn(told())[1], first);
});

for (const [act, why, silentMs] of [
  ['garbage', /nobody understands/, 60_000],
  ['endless', /without an end/, 60_000],
  ['hangs', /did not answer/, 1_000],
  ['silent', /did not answer/, 1_000],
] as const) {
  test(`a guardian that is ${act} is killed and started again`, async (t) => {
    const { keeper, kept } = aKeeper(t, act, ['a'], { silentMs });
    keeper.begin();
    const ended = (): readonly Line[] => kept.filter(({ event }) => event === 'guardianEnded');
    await until('it was ended', () => ended().length > 0);
    t.regex(String(ended()[0]?.['text']), why);
  });
}

test('orders have their answer; what nobody can carry out is refused at once', async (t) => {
  const { keeper } = aKeeper(t, 'good', ['a', 'b']);
  keeper.begin();
  t.deepEqual(await keeper.order('start', 'a', 10_000), {
    ok: true,
    code: 'serviceOrderDone',
    text: 'a: start',
  });
  t.like(await keeper.order('stop', 'b', 10_000), { ok: false, code: 'serviceOrderFailed' });
  t.like(await keeper.order('start', 'c', 10_000), { ok: false, code: 'serviceUnknown' });
});

test('a service of the primary is not restarted elsewhere', async (t) => {
  const { keeper, description } = aKeeper(t, 'good', []);
  keeper.configure({ ...description, services: [aService('a', 'primary')] });
  keeper.follow(aState('standby', 4));
  t.like(await keeper.order('restart', 'a', 10_000), { ok: false, code: 'serviceNotHere' });
});

test('an order that is not answered, or whose guardian ends, is refused', async (t) => {
  const { keeper } = aKeeper(t, 'good', ['a', 'deaf']);
  keeper.begin();
  const late = await t.throwsAsync(keeper.order('start', 'deaf', 50));
  t.like(late, { code: 'COMMAND_DEADLINE' });
  const gone = keeper.order('restart', 'deaf', 10_000);
  t.like(await t.throwsAsync(gone), { code: 'GUARDIAN_DOWN' });
});

test('the orders that may wait are bounded', async (t) => {
  const { keeper } = aKeeper(t, 'good', ['deaf']);
  keeper.begin();
  const all = Array.from({ length: 40 }, () => keeper.order('start', 'deaf', 200));
  const codes = (await Promise.allSettled(all)).map((result) =>
    result.status === 'rejected' ? String((result.reason as { code: unknown }).code) : 'done',
  );
  t.is(codes.filter((code) => code === 'COMMAND_BUSY').length, 8);
  t.is(codes.filter((code) => code === 'COMMAND_DEADLINE').length, 32);
});

test('another description ends the process and starts the next one with it; the same one changes nothing', async (t) => {
  const { keeper, description, told, kept } = aKeeper(t, 'good');
  keeper.begin();
  keeper.follow(aState('solo', 4));
  await until('it is told', () => told().length === 3);
  keeper.configure({ ...description });
  keeper.configure({ ...description, services: [aService('a'), aService('b')] });
  await until('the next one is told', () => told().length === 6);
  const configured = told().filter(({ type }) => type === 'configure');
  t.deepEqual(
    configured.map(({ services }) => (services as readonly unknown[]).length),
    [1, 2],
  );
  t.deepEqual(kept, [], 'this is no end that anybody has to know of');
});

test('the secrets for copying files follow the description, and are told again when they change', async (t) => {
  const { keeper, description, told } = aKeeper(t, 'good');
  keeper.configure({ ...description, sync: { port: 873, sets: [] } });
  await until('it is told', () => told().some(({ type }) => type === 'syncSecrets'));
  const other = [{ name: 'pair-2', secret: 'y' }];
  keeper.useSecrets(other);
  const tellings = () => told().filter(({ type }) => type === 'syncSecrets');
  await until('it is told the others', () => tellings().length === 2);
  t.deepEqual(
    tellings().map((each) => each['secrets']),
    [secrets, other],
  );
  const types = told().map(({ type }) => type);
  t.true(types.indexOf('configure') < types.indexOf('syncSecrets'));
});

test('a guardian that does not end when it is told to is killed', async (t) => {
  const { keeper, description, told } = aKeeper(t, 'stays');
  keeper.begin();
  await until('it is told', () => told().length === 2);
  keeper.configure({ ...description, services: [] });
  await until('the next one is told', () => told().length === 4);
  const [first = 0] = pidsIn(told());
  await until('the first one is gone', () => !isAlive(first));
  t.not(pidsIn(told())[1], first);
});

test('before the end of a box everything is stopped in order', async (t) => {
  const { keeper, told, kept } = aKeeper(t, 'good');
  keeper.begin();
  await keeper.stopServices();
  t.true(told().some(({ type }) => type === 'shutdown'));
  t.like(kept[0], { event: 'servicesStopped', level: 'info' });
});

test('a guardian that has just ended, or is about to, is replaced to stop the services of a box that ends', async (t) => {
  const { keeper, description, told, kept } = aKeeper(t, 'good', ['a'], { firstMs: 60_000 });
  keeper.begin();
  await until('it runs', () => told().length === 2);
  process.kill(pidsIn(told())[0] ?? 0, 'SIGKILL');
  await until('it is gone', () => keeper.status()?.pid === null);
  await keeper.stopServices();
  t.is(told().filter(({ type }) => type === 'shutdown').length, 1);
  keeper.configure({ ...description, services: [aService('b')] });
  await keeper.stopServices();
  t.is(told().filter(({ type }) => type === 'shutdown').length, 2);
  t.deepEqual(
    kept.map(({ event }) => event),
    ['guardianEnded', 'servicesStopped', 'servicesStopped'],
  );
});

test('a guardian that cannot live does not keep a box from ending', async (t) => {
  const { keeper, told, kept } = aKeeper(t, 'dies', ['a'], { firstMs: 60_000 });
  keeper.begin();
  await until('it is gone', () => keeper.status()?.problem !== null);
  await keeper.stopServices();
  t.is(pidsIn(told()).length, 4, 'it was tried three times more');
  t.like(kept.at(-1), { event: 'servicesNotStopped' });
});

test('a guardian that hangs keeps a box from ending only for as long as its services may take', async (t) => {
  const { keeper, kept } = aKeeper(t, 'hangs');
  keeper.begin();
  await keeper.stopServices();
  t.like(kept[0], { event: 'servicesNotStopped' });
});

test('closing ends the process and starts no other one', async (t) => {
  const { keeper, told, kept } = aKeeper(t, 'good');
  keeper.begin();
  await until('it runs', () => told().length === 2);
  keeper.close();
  const [pid = 0] = pidsIn(told());
  await until('it is gone', () => !isAlive(pid));
  t.is(pidsIn(told()).length, 1);
  t.deepEqual(kept, []);
});

test('reports go into the history, within a budget; what was left out is counted', async (t) => {
  const { keeper, kept, fitness } = aKeeper(t, 'reports');
  keeper.begin();
  await until('all is heard', () => fitness.length > 0);
  t.is(kept.filter(({ event }) => event === 'serviceUp').length, 200);
});
