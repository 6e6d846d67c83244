// Hooks: their order, what waits for them, what cancels them, and that each is run until it is done or its role is over.
import test from 'ava';
import { rememberedOf } from '../../src/core/guardian/state.ts';
import { summarizeGuardian } from '../../src/core/guardian/summary.ts';
import { DrivenGuardian, hook, service } from './drivenGuardian.ts';

const required = { required: true } as const;

test('G8: hooks are run in order at each change to a role of theirs, and remembered before and after', (t) => {
  const guardian = new DrivenGuardian(
    [],
    [hook('one', { on: ['primary', 'standby'] }), hook('two'), hook('three', { on: ['standby'] })],
  );
  guardian.begin();
  t.deepEqual(guardian.role('primary', 7), ['remember primary 7:', 'run one primary 7']);
  t.deepEqual(guardian.hookEnds('one'), ['remember primary 7: one', 'run two primary 7']);
  t.deepEqual(guardian.hookEnds('two'), ['remember primary 7: one two']);
  t.deepEqual(guardian.role('primary', 7), [], 'told again');
  t.deepEqual(guardian.role('primary', 8), ['remember primary 8: one two'], 'a new epoch only');
  t.deepEqual(guardian.role('standby', 9), ['remember standby 9:', 'run one standby 9']);
  t.deepEqual(guardian.hookEnds('one'), ['remember standby 9: one', 'run three standby 9']);
  t.deepEqual(guardian.role('none', 9), ['cancel three', 'remember none 9:']);
});

test('G8: a guardian that begins anew for the same role and epoch runs only what is not done', (t) => {
  const hooks = [hook('one'), hook('two')];
  const done = { role: 'primary', epoch: 7, done: ['one'] } as const;
  const same = new DrivenGuardian([], hooks);
  t.deepEqual(same.begin([], null, done), []);
  t.deepEqual(same.role('primary', 7), ['remember primary 7: one', 'run two primary 7']);
  const later = new DrivenGuardian([], hooks);
  later.begin([], null, done);
  t.deepEqual(later.role('primary', 8), ['remember primary 8:', 'run one primary 8']);
  const back = new DrivenGuardian([], hooks);
  back.begin([], null, done);
  back.role('none', 7);
  t.deepEqual(back.role('primary', 7), ['remember primary 7:', 'run one primary 7']);
});

test('G9: services of the primary wait for its required hooks, others do not', (t) => {
  const guardian = new DrivenGuardian(
    [service('pbx', { runs: 'primary' }), service('base')],
    [hook('redis', required), hook('mail')],
  );
  t.deepEqual(guardian.begin(), ['start base']);
  guardian.started('base');
  t.deepEqual(guardian.role('primary'), ['remember primary 1:', 'run redis primary 1']);
  t.is(guardian.shown('pbx').waitsFor, 'the hook redis');
  t.deepEqual(guardian.hookEnds('redis'), [
    'start pbx',
    'remember primary 1: redis',
    'run mail primary 1',
  ]);
});

test('G9: an optional hook that hangs delays neither required hooks nor services', (t) => {
  const guardian = new DrivenGuardian(
    [service('pbx', { runs: 'primary' })],
    [hook('hangs'), hook('redis', required), hook('last')],
  );
  guardian.begin();
  t.deepEqual(guardian.role('primary').slice(1), ['run hangs primary 1', 'run redis primary 1']);
  t.deepEqual(guardian.hookEnds('redis'), ['start pbx', 'remember primary 1: redis']);
  t.deepEqual(guardian.hookEnds('hangs', false), ['run last primary 1']);
});

test('a required hook that fails is tried again with pauses, and the fifth time marks the box', (t) => {
  const guardian = new DrivenGuardian([], [hook('redis', required), hook('next', required)]);
  guardian.begin();
  guardian.role('primary');
  t.deepEqual(guardian.hookEnds('redis', false), ['run redis primary 1']);
  t.deepEqual(guardian.hookEnds('redis', false), []);
  t.deepEqual(guardian.passMs(200), ['run redis primary 1']);
  t.is(stateOf(guardian, 'redis'), 'running');
  for (const pause of [400, 800]) {
    t.deepEqual(guardian.hookEnds('redis', false), []);
    t.is(stateOf(guardian, 'redis'), 'failed');
    t.deepEqual(guardian.passMs(pause), ['run redis primary 1']);
  }
  t.true(guardian.fit);
  t.deepEqual(guardian.hookEnds('redis', false), []);
  t.false(guardian.fit);
  const { hooks } = rememberedOf(guardian.state);
  const next = new DrivenGuardian([], guardian.settings.hooks);
  next.now = guardian.now;
  next.begin([], { services: [], hooks });
  t.false(next.fit, 'also after a new beginning');
  t.deepEqual(guardian.passMs(30_000), ['run redis primary 1']);
  t.deepEqual(guardian.hookEnds('redis'), ['remember primary 1: redis', 'run next primary 1']);
  t.true(guardian.fit);
});

test('G5: the mark of a hook survives its role and ends with the quarantine', (t) => {
  const guardian = new DrivenGuardian([], [hook('redis', required)]);
  guardian.begin();
  guardian.role('primary');
  for (let time = 0; time < 5; time += 1) {
    guardian.hookEnds('redis', false);
    if (time < 4) guardian.passMs(1000);
  }
  guardian.role('standby', 2);
  guardian.passMs(30 * 60_000 - 1);
  t.false(guardian.fit);
  guardian.passMs(1);
  t.true(guardian.fit);
});

test('G8: a new role cancels the hooks of the old one and waits for them, but not for ever', (t) => {
  const guardian = new DrivenGuardian(
    [],
    [hook('both', { on: ['primary', 'standby'] }), hook('redis', { ...required, on: ['standby'] })],
  );
  guardian.begin();
  guardian.role('primary');
  t.deepEqual(guardian.role('standby', 2), ['cancel both', 'remember standby 2:']);
  t.deepEqual(guardian.passMs(999), []);
  t.deepEqual(guardian.passMs(1), ['run redis standby 2']);
  t.deepEqual(guardian.hookEnds('both', true), ['run both standby 2'], 'its end says nothing now');
});

test('G8: where the role went, the services of the primary end before hooks are run', (t) => {
  const guardian = new DrivenGuardian(
    [service('pbx', { runs: 'primary' }), service('base')],
    [hook('redis', { ...required, on: ['standby'] })],
  );
  guardian.begin();
  guardian.started('base');
  guardian.role('primary');
  guardian.started('pbx');
  t.deepEqual(guardian.role('standby', 2), ['stop pbx', 'remember standby 2:']);
  t.deepEqual(guardian.stopped('pbx'), ['run redis standby 2']);
});

function stateOf(guardian: DrivenGuardian, name: string): string | undefined {
  const { hooks } = summarizeGuardian(guardian.state, guardian.settings, guardian.now);
  return hooks.find((one) => one.name === name)?.state;
}
