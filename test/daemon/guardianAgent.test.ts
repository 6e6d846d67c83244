// The whole of it on one box: agent, guardian process and real services. They are started, watched, adopted by the next agent and
// the next guardian, ordered about, replaced by a reload, and stopped in order with the box.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { StatusJson } from '../../src/daemon/status.ts';
import { aBox } from './aBox.ts';
import type { ABox, Agent } from './aBox.ts';
import { until } from './until.ts';

type Service = NonNullable<StatusJson['guardian']>['services'][number];

/** What the services of this test carry in their environment, so that none of them is left whatever happens. */
const markName = 'GUARDIAN_TEST';

type Scene = {
  readonly mark: string;
  /** Each service adds a line when it starts and when it is asked to end; the hook one a run. */
  readonly journal: string;
  readonly lines: () => readonly string[];
};

function aScene(t: ExecutionContext): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'guardian-agent-'));
  const journal = join(folder, 'journal');
  const mark = `${process.pid}-${Math.round(performance.now())}`;
  writeFileSync(journal, '');
  t.teardown(() => {
    for (const pid of pidsWith(`${markName}=${mark}`)) killIfThere(pid);
    rmSync(folder, { recursive: true });
  });
  return {
    mark,
    journal,
    lines: () => readFileSync(journal, 'utf8').split('\n').slice(0, -1),
  };
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended since it was found.
  }
}

function pidsWith(variable: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name) && environmentOf(name).includes(variable))
    .map(Number);
}

function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Writes what it does into the journal, and runs until it is asked to end. */
function aProgram({ journal }: Scene, name: string): readonly string[] {
  const script = `echo "${name} says hello"
echo "${name} begins as $HOTPAIR_ROLE" >> ${journal}
trap 'echo "${name} ends" >> ${journal}; exit 0' TERM
while :; do sleep 0.05; done`;
  return ['/bin/sh', '-c', script];
}

function someServices(scene: Scene): Readonly<Record<string, unknown>> {
  const environment = { [markName]: scene.mark };
  const checks = [{ process: {}, interval: '100ms', timeout: '100ms', threshold: 3 }];
  const restart = { pause: '50ms' };
  return {
    base: { command: aProgram(scene, 'base'), environment, checks, restart },
    phone: {
      command: aProgram(scene, 'phone'),
      runs: 'primary',
      after: ['base'],
      environment,
      checks,
      restart,
    },
  };
}

function hooksOf({ journal }: Scene): readonly unknown[] {
  const script = `echo "hook: $HOTPAIR_ROLE $HOTPAIR_REASON" >> ${journal}`;
  return [{ name: 'role', command: ['/bin/sh', '-c', script], on: ['primary'], required: true }];
}

/** On one line, as the other sections of the box's configuration. */
function inLine(value: unknown): string {
  return JSON.stringify(value);
}

function servicesOf(status: StatusJson): readonly Service[] {
  return status.guardian?.services ?? [];
}

function service(status: StatusJson, name: string): Service {
  const found = servicesOf(status).find((each) => each.name === name);
  if (found === undefined) throw new Error(`${name} is not in the status`);
  return found;
}

function pidsOf(status: StatusJson): readonly (number | null)[] {
  return servicesOf(status).map(({ pid }) => pid);
}

function allUp(count: number): (status: StatusJson) => boolean {
  return (status) =>
    servicesOf(status).length === count && servicesOf(status).every(({ state }) => state === 'up');
}

test.serial(
  'services live through everything around them, and end in order with the box',
  async (t) => {
    t.timeout(180_000);
    const scene = aScene(t);
    const box = aBox(t, { services: inLine(someServices(scene)), hooks: inLine(hooksOf(scene)) });
    try {
      t.is((await box.hotpair('init')).code, 0);
      const first = box.startAgent();
      const begun = await box.untilStatus('the services are up', allUp(2));
      t.deepEqual(begun.guardian?.fit, true);
      const lines = scene.lines();
      t.is(lines.length, 3, lines.join());
      // Whatever runs always does not wait for the role to be known.
      t.true(
        lines.some((line) => /^base begins as (none|primary)$/.test(line)),
        lines.join(),
      );
      t.true(lines.includes('hook: primary resumeAlone'), lines.join());
      t.is(lines.at(-1), 'phone begins as primary', 'the hook and what it needs came first');

      const second = await agentIsReplaced(t, box, first, begun);
      await guardianIsReplaced(t, box, scene);
      await crashedServiceIsRestarted(t, box);
      await stoppedServiceCountsAsHung(t, box);
      await ordersAreCarriedOut(t, box, scene);
      await reloadReplacesWhatChanged(t, box, scene, second);
      await failureIsAMark(t, box, scene, second);

      const shutdown = await box.hotpair('shutdown');
      t.is(shutdown.code, 0, shutdown.stderr);
      t.is(await second.ended, 0);
      t.deepEqual(scene.lines().slice(-2), ['phone ends', 'base ends'], 'dependents first');
      t.deepEqual(pidsWith(`${markName}=${scene.mark}`), []);
    } finally {
      box.remove();
    }
  },
);

/** Killed, and stopped in order: the services run on, the next agent has their state, no hook runs again. */
async function agentIsReplaced(
  t: ExecutionContext,
  box: ABox,
  first: Agent,
  begun: StatusJson,
): Promise<Agent> {
  first.process.kill('SIGKILL');
  await first.ended;
  const second = box.startAgent();
  const after = await box.untilStatus('the second agent knows them', allUp(2));
  t.deepEqual(pidsOf(after), pidsOf(begun), 'no service was restarted');
  second.process.kill('SIGTERM');
  t.is(await second.ended, 0);
  const third = box.startAgent();
  const last = await box.untilStatus(
    'the third agent serves',
    (status) => allUp(2)(status) && status.guardian?.role === 'primary',
  );
  t.deepEqual(pidsOf(last), pidsOf(begun));
  t.deepEqual(
    servicesOf(last).map(({ restarts }) => restarts),
    [0, 0],
  );
  return third;
}

async function guardianIsReplaced(t: ExecutionContext, box: ABox, scene: Scene): Promise<void> {
  const before = await box.untilStatus('all is up', allUp(2));
  const pid = before.guardian?.pid ?? 0;
  process.kill(pid, 'SIGKILL');
  const after = await box.untilStatus(
    'another guardian tells of them',
    (status) =>
      allUp(2)(status) &&
      status.guardian?.pid !== null &&
      status.guardian?.pid !== pid &&
      status.guardian?.role === 'primary',
  );
  t.deepEqual(pidsOf(after), pidsOf(before));
  const begins = scene.lines().filter((line) => line.includes('begins') || line.startsWith('hook'));
  t.is(begins.length, 3, 'nothing began or ran a second time');
  const history = await box.hotpair('events', '--json', '--limit', '200');
  t.regex(history.stdout, /"event":"guardianEnded"/);
}

async function crashedServiceIsRestarted(t: ExecutionContext, box: ABox): Promise<void> {
  const before = await box.untilStatus('all is up', allUp(2));
  const { pid } = service(before, 'phone');
  process.kill(pid ?? 0, 'SIGKILL');
  const after = await box.untilStatus(
    'it runs again',
    (status) => allUp(2)(status) && service(status, 'phone').pid !== pid,
  );
  t.is(service(after, 'phone').restarts, 1);
  t.is(service(after, 'base').pid, service(before, 'base').pid);
  // Adopted, it is nobody's child here: how it ended only its parent would have been told.
  t.regex(service(after, 'phone').problem ?? '', /has ended/);
}

async function stoppedServiceCountsAsHung(t: ExecutionContext, box: ABox): Promise<void> {
  const before = await box.untilStatus('all is up', allUp(2));
  const { pid } = service(before, 'base');
  process.kill(pid ?? 0, 'SIGSTOP');
  const after = await box.untilStatus(
    'it runs anew',
    (status) => allUp(2)(status) && service(status, 'base').pid !== pid,
  );
  t.is(service(after, 'base').restarts, 1);
  t.is(service(after, 'phone').pid, service(before, 'phone').pid, 'who needs it goes on');
}

async function ordersAreCarriedOut(t: ExecutionContext, box: ABox, scene: Scene): Promise<void> {
  const list = await box.hotpair('service', 'list');
  t.regex(list.stdout, /^name .*\nbase +always +up .*\nphone +primary +up .*\nhook role: done/);
  t.deepEqual((await box.hotpair('logs', 'base', '-n', '1')).stdout, 'base says hello\n');

  const stopped = await box.hotpair('service', 'stop', 'phone');
  t.is(stopped.code, 0, stopped.stderr);
  t.is(scene.lines().at(-1), 'phone ends');
  const held = await box.untilStatus(
    'it is held',
    (status) => service(status, 'phone').pid === null,
  );
  t.like(service(held, 'phone'), { state: 'stopped', heldByOperator: true });
  t.deepEqual(held.guardian?.fit, true, 'what is held makes nobody unfit');

  const started = await box.hotpair('service', 'start', 'phone');
  t.is(started.code, 0, started.stderr);
  const { pid } = service(await box.untilStatus('it is up', allUp(2)), 'phone');
  const restarted = await box.hotpair('service', 'restart', 'phone', '--json');
  t.is(restarted.code, 0, restarted.stderr);
  t.like(JSON.parse(restarted.stdout), { ok: true });
  t.not(service(await box.untilStatus('it is up', allUp(2)), 'phone').pid, pid);
}

/** The configuration with other services in it, put in force by SIGHUP. */
function reload(box: ABox, agent: Agent, services: Readonly<Record<string, unknown>>): void {
  const text = readFileSync(box.config, 'utf8');
  writeFileSync(box.config, text.replace(/^services: .*$/m, `services: ${inLine(services)}`));
  // The agent may run below `ip netns exec`, which has become it.
  agent.process.kill('SIGHUP');
}

async function reloadReplacesWhatChanged(
  t: ExecutionContext,
  box: ABox,
  scene: Scene,
  agent: Agent,
): Promise<void> {
  const before = await box.untilStatus('all is up', allUp(2));
  const services = someServices(scene);
  const environment = { [markName]: scene.mark };
  const extra = { command: aProgram(scene, 'extra'), environment };
  const changed = { ...(services['phone'] as object), directory: '/tmp' };
  reload(box, agent, { ...services, phone: changed, extra });
  const after = await box.untilStatus('the new one is up', allUp(3));
  t.is(service(after, 'base').pid, service(before, 'base').pid, 'as described before');
  t.not(service(after, 'phone').pid, service(before, 'phone').pid, 'described otherwise');
  reload(box, agent, { ...services, phone: changed });
  const last = await box.untilStatus('it is gone', allUp(2));
  t.is(service(last, 'phone').pid, service(after, 'phone').pid);
  t.is(scene.lines().at(-1), 'extra ends', 'no longer described');
}

async function failureIsAMark(
  t: ExecutionContext,
  box: ABox,
  scene: Scene,
  agent: Agent,
): Promise<void> {
  const broken = {
    command: ['/bin/false'],
    // Nobody listens there; without a check it would be up for the moment that it lives.
    checks: [{ tcp: { port: 1 } }],
    environment: { [markName]: scene.mark },
    restart: { pause: '10ms', longestPause: '100ms', limit: 2 },
  };
  const services = someServices(scene);
  reload(box, agent, { ...services, broken });
  const marked = await box.untilStatus(
    'the box is unfit',
    ({ guardian }) => guardian?.fit === false,
  );
  t.true(marked.alarms.includes('servicesUnfit'));
  t.not(service(marked, 'broken').unfitForMs, null);
  t.is(marked.state, 'solo', 'there is nobody to hand over to');
  t.regex((await box.hotpair('status')).stdout, /broken .*HAS FAILED HERE \(unfit for /);
  const failed = await box.hotpair('service', 'start', 'broken');
  t.is(failed.code, 1, failed.stdout);
  reload(box, agent, services);
  const well = await box.untilStatus('the box is fit', ({ guardian }) => guardian?.fit === true);
  t.false(well.alarms.includes('servicesUnfit'));
  await box.untilStatus('all is up', allUp(2));
}

test.serial('a box without services has no guardian and is fit', async (t) => {
  t.timeout(60_000);
  const box = aBox(t);
  try {
    t.is((await box.hotpair('init')).code, 0);
    const agent = box.startAgent();
    const status = await box.untilStatus('it serves', ({ state }) => state === 'solo');
    t.is(status.guardian, null);
    t.is(childrenOf(agent.process.pid ?? 0).filter((line) => line.includes('guardian')).length, 0);
    agent.process.kill('SIGTERM');
    t.is(await agent.ended, 0);
  } finally {
    box.remove();
  }
});

function childrenOf(pid: number): readonly string[] {
  const output = execFileSync('ps', ['-eo', 'ppid=,args='], { encoding: 'utf8' });
  return output.split('\n').filter((line) => line.trim().startsWith(`${pid} `));
}

test.serial('an agent whose guardian cannot live says so, and serves', async (t) => {
  t.timeout(60_000);
  const scene = aScene(t);
  const services = inLine(someServices(scene));
  // The single executable: it starts itself as its guardian.
  const executable = join(import.meta.dirname, '../../dist/hotpair');
  const box = aBox(t, { services }, (argv) => [executable, ...argv]);
  try {
    t.is((await box.hotpair('init')).code, 0);
    const agent = box.startAgent();
    await box.untilStatus('the services are up', allUp(2));
    const killed = new Set<number>();
    const killNext = async (): Promise<void> => {
      const status = await box.untilStatus(
        'a guardian runs',
        ({ guardian }) => (guardian?.pid ?? null) !== null && !killed.has(guardian?.pid ?? 0),
      );
      const pid = status.guardian?.pid ?? 0;
      killed.add(pid);
      process.kill(pid, 'SIGKILL');
    };
    for (let round = 0; round < 3; round += 1) await killNext();
    const alarmed = await box.untilStatus('that is an alarm', ({ alarms }) =>
      alarms.includes('guardianDown'),
    );
    t.is(alarmed.state, 'solo');
    await until('it was told', () => agent.lines().some(({ event }) => event === 'guardianEnded'));
    const again = await box.untilStatus('it goes on', allUp(2));
    t.deepEqual(
      servicesOf(again).map(({ restarts }) => restarts),
      [0, 0],
    );
    agent.process.kill('SIGTERM');
    t.is(await agent.ended, 0);
  } finally {
    box.remove();
  }
});
