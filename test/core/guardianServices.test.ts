// The life of services: order, restarts, pauses, marks, what was found running, checks, and what cannot be stopped.
import test from 'ava';
import { initialGuardianState } from '../../src/core/guardian/machine.ts';
import { rememberedOf } from '../../src/core/guardian/state.ts';
import { DrivenGuardian, check, restart, service } from './drivenGuardian.ts';

const minuteMs = 60_000;

/** Lets it die right after each start, up to the end of the pause that follows. */
function loop(guardian: DrivenGuardian, name: string, times: number): void {
  for (let time = 0; time < times; time += 1) {
    guardian.started(name);
    guardian.exited(name);
    guardian.passMs(guardian.life(name).notBefore - guardian.now);
  }
}

test('G3: services are started in order, each when all that it needs is up', (t) => {
  const guardian = new DrivenGuardian([
    service('web', { after: ['base', 'cache'] }),
    service('base'),
    service('cache', { after: ['base'], checks: [check] }),
  ]);
  t.deepEqual(guardian.begin(), ['start base']);
  t.is(guardian.shown('web').waitsFor, 'base');
  t.deepEqual(guardian.started('base'), ['start cache']);
  t.deepEqual(guardian.started('cache'), ['check cache 0']);
  t.is(guardian.shown('cache').state, 'starting');
  t.deepEqual(guardian.checked('cache', true), ['start web']);
  t.deepEqual(guardian.started('web'), []);
  t.is(guardian.shown('web').state, 'up');
});

test('G3: what needs a service is stopped before it, also where what lies between is away', (t) => {
  const primary = { runs: 'primary' } as const;
  const guardian = new DrivenGuardian([
    service('base', primary),
    service('middle', { ...primary, after: ['base'] }),
    service('top', { ...primary, after: ['middle'] }),
  ]);
  guardian.begin();
  t.deepEqual(guardian.role('primary'), ['start base']);
  t.deepEqual(guardian.started('base'), ['start middle']);
  t.deepEqual(guardian.started('middle'), ['start top']);
  guardian.started('top');
  guardian.exited('middle');
  guardian.exited('middle');
  t.deepEqual(guardian.role('none'), ['stop top']);
  t.is(guardian.shown('base').state, 'stopping');
  t.deepEqual(guardian.stopped('top'), ['stop base']);
  guardian.stopped('base');
  t.is(guardian.shown('base').state, 'stopped');
});

test('G3: what needs a service is not restarted with it', (t) => {
  const guardian = new DrivenGuardian([service('base'), service('top', { after: ['base'] })]);
  guardian.begin();
  guardian.started('base');
  guardian.started('top');
  t.deepEqual(guardian.exited('base'), ['start base']);
  t.deepEqual(guardian.started('base'), []);
  t.is(guardian.shown('top').state, 'up');
  t.is(guardian.shown('base').restarts, 1);
});

test('G3: an order in which a service would wait for ever is refused', (t) => {
  const services = [service('a', { after: ['b'] }), service('b', { after: ['a'] })];
  t.throws(() => initialGuardianState({ services, hooks: [] }), {
    message: /G3: dependencyCycle/u,
  });
});

test('G2: a service of the primary is started only there, and asked to stop in the step in which the role goes', (t) => {
  const guardian = new DrivenGuardian([service('pbx', { runs: 'primary' }), service('other')]);
  t.deepEqual(guardian.begin(), ['start other']);
  guardian.started('other');
  t.deepEqual(guardian.role('standby'), []);
  t.is(guardian.shown('pbx').state, 'stopped');
  t.deepEqual(guardian.role('primary', 2), ['start pbx']);
  t.deepEqual(guardian.role('none', 2), ['stop pbx']);
  // The start is answered although it was given up.
  guardian.send({ type: 'serviceStarted', service: 'pbx', token: guardian.life('pbx').runToken });
  t.is(guardian.shown('pbx').state, 'stopping');
  guardian.stopped('pbx');
  t.is(guardian.shown('pbx').state, 'stopped');
  t.is(guardian.shown('other').state, 'up');
});

test('G1: a role that comes back is waited with until the service has stopped', (t) => {
  const guardian = new DrivenGuardian([service('pbx', { runs: 'primary' })]);
  guardian.begin();
  guardian.role('primary', 2);
  guardian.started('pbx');
  t.deepEqual(guardian.role('none', 2), ['stop pbx']);
  t.deepEqual(guardian.role('primary', 3), []);
  t.deepEqual(guardian.exited('pbx'), []);
  t.deepEqual(guardian.stopped('pbx'), ['start pbx']);
  t.is(guardian.shown('pbx').restarts, 0);
});

test('G6: the first restart waits for nothing, the next ones twice as long each time up to the longest', (t) => {
  const settings = { ...restart, limit: 100, longestMs: 1000 };
  const guardian = new DrivenGuardian([service('pbx', { restart: settings })]);
  guardian.begin();
  const pauses = [0, 200, 400, 800, 1000, 1000].map((pause) => {
    guardian.started('pbx');
    const seen = guardian.exited('pbx');
    t.is(seen.length, pause === 0 ? 1 : 0);
    if (pause > 0) t.is(guardian.shown('pbx').state, 'pausing');
    const waited = guardian.life('pbx').notBefore - guardian.now;
    guardian.passMs(waited);
    return waited;
  });
  t.deepEqual(pauses, [0, 200, 400, 800, 1000, 1000]);
  guardian.draw = 0.5;
  guardian.started('pbx');
  guardian.exited('pbx');
  t.is(guardian.life('pbx').notBefore - guardian.now, 1100);
});

test('G6: after a steady run the first restart waits for nothing again', (t) => {
  const guardian = new DrivenGuardian([service('pbx')]);
  guardian.begin();
  loop(guardian, 'pbx', 3);
  guardian.started('pbx');
  guardian.passMs(minuteMs);
  t.deepEqual(guardian.exited('pbx'), ['start pbx']);
});

test('G4: the fifth failure within the window marks the service, and it is tried on at the longest pause', (t) => {
  const guardian = new DrivenGuardian([service('pbx')]);
  guardian.begin();
  loop(guardian, 'pbx', 4);
  t.true(guardian.fit);
  guardian.started('pbx');
  const effects = guardian.effectsOf({
    type: 'serviceExited',
    service: 'pbx',
    token: guardian.life('pbx').runToken,
    text: 'exit code 3',
  });
  t.deepEqual(
    effects.map((effect) => effect.type === 'report' && [effect.report, effect.level]),
    [['serviceGivenUp', 'error']],
  );
  t.false(guardian.fit);
  t.is(guardian.shown('pbx').unfitForMs, 30 * minuteMs);
  t.is(guardian.shown('pbx').problem, 'exit code 3');
  t.deepEqual(guardian.passMs(29_999), []);
  t.deepEqual(guardian.passMs(1), ['start pbx']);
});

test('G4: failures that come slowly, but in a row, are as many', (t) => {
  const guardian = new DrivenGuardian([
    service('pbx', { startDeadlineMs: 50_000, checks: [check] }),
  ]);
  guardian.begin();
  for (let time = 0; time < 5; time += 1) {
    t.true(guardian.fit);
    guardian.passMs(50_000);
    guardian.stopped('pbx');
    guardian.passMs(guardian.life('pbx').notBefore - guardian.now);
  }
  t.false(guardian.fit);
});

test('G4: failures that steady runs lie between are counted within the window only', (t) => {
  const settings = { ...restart, steadyMs: 5000, windowMs: 60_000 };
  const guardian = new DrivenGuardian([service('pbx', { restart: settings })]);
  guardian.begin();
  const failAfter = (ms: number): void => {
    guardian.started('pbx');
    guardian.passMs(ms);
    guardian.exited('pbx');
  };
  for (let time = 0; time < 20; time += 1) failAfter(15_001);
  t.true(guardian.fit);
  for (let time = 0; time < 4; time += 1) failAfter(6000);
  t.false(guardian.fit);
});

test('G4: a service that is not required is given up, and the box stays fit', (t) => {
  const guardian = new DrivenGuardian([service('pbx', { required: false })]);
  guardian.begin();
  loop(guardian, 'pbx', 5);
  t.true(guardian.fit);
  t.is(guardian.shown('pbx').unfitForMs, 30 * minuteMs - 30_000);
});

test('G5: a mark survives the role, and ends with the quarantine where the service is not tried', (t) => {
  const guardian = new DrivenGuardian([service('pbx', { runs: 'primary' })]);
  guardian.begin();
  guardian.role('primary', 2);
  loop(guardian, 'pbx', 5);
  guardian.started('pbx');
  guardian.role('standby', 3);
  guardian.stopped('pbx');
  guardian.passMs(30 * minuteMs - 30_001);
  t.false(guardian.fit);
  guardian.passMs(1);
  t.true(guardian.fit);
  // The second time lasts twice as long.
  guardian.role('primary', 4);
  loop(guardian, 'pbx', 4);
  guardian.started('pbx');
  guardian.exited('pbx');
  t.is(guardian.shown('pbx').unfitForMs, 60 * minuteMs);
});

test('G5: time ends no mark where the service still fails, and the quarantine counts from its last failure', (t) => {
  const guardian = new DrivenGuardian([service('pbx', { runs: 'primary' })]);
  guardian.begin();
  guardian.role('primary', 2);
  loop(guardian, 'pbx', 200);
  t.false(guardian.fit);
  guardian.role('standby', 3);
  guardian.stopped('pbx');
  guardian.passMs(29 * minuteMs);
  t.false(guardian.fit);
  guardian.passMs(minuteMs);
  t.true(guardian.fit);
});

test('G5: a steady run ends a mark, a shorter one does not', (t) => {
  const guardian = new DrivenGuardian([service('pbx')]);
  guardian.begin();
  loop(guardian, 'pbx', 5);
  guardian.started('pbx');
  guardian.passMs(minuteMs - 1);
  t.false(guardian.fit);
  guardian.passMs(1);
  t.true(guardian.fit);
  guardian.passMs(24 * 60 * minuteMs);
  loop(guardian, 'pbx', 5);
  t.is(guardian.shown('pbx').unfitForMs, 30 * minuteMs - 30_000, 'a day forgets the repetition');
});

test('G7: what was found running goes on, whatever the role turns out to be, until it is told', (t) => {
  const guardian = new DrivenGuardian([
    service('pbx', { runs: 'primary', checks: [check] }),
    service('base'),
  ]);
  const found = [
    { service: 'pbx', current: true },
    { service: 'base', current: true },
    { service: 'gone', current: true },
  ];
  t.deepEqual(guardian.begin(found), ['check pbx 0']);
  t.is(guardian.shown('pbx').state, 'up');
  guardian.checked('pbx', true);
  t.deepEqual(guardian.role('primary', 4), []);
  const other = new DrivenGuardian(guardian.settings.services);
  other.begin(found);
  t.deepEqual(other.role('standby', 4), ['stop pbx']);
});

test('G7: what runs with another description is started anew once it is known to belong here', (t) => {
  const guardian = new DrivenGuardian([service('pbx', { runs: 'primary' }), service('base')]);
  const found = [
    { service: 'pbx', current: false },
    { service: 'base', current: false },
  ];
  t.deepEqual(guardian.begin(found), ['stop base']);
  t.deepEqual(guardian.stopped('base'), ['start base']);
  t.deepEqual(guardian.role('primary', 4), ['stop pbx']);
  t.deepEqual(guardian.stopped('pbx'), ['start pbx']);
  t.is(guardian.shown('pbx').restarts, 0);
});

test('G7: a guardian that begins anew forgets no failure, no mark and no hold, and shortens no pause', (t) => {
  const services = [service('pbx'), service('held'), service('marked')];
  const guardian = new DrivenGuardian(services);
  guardian.begin();
  guardian.started('pbx');
  guardian.order('stop', 'held');
  guardian.stopped('held');
  loop(guardian, 'marked', 5);
  loop(guardian, 'pbx', 2);
  guardian.started('pbx');
  guardian.exited('pbx');
  const next = new DrivenGuardian(services);
  next.now = guardian.now + 100;
  t.deepEqual(next.begin([], rememberedOf(guardian.state)), ['start marked']);
  t.false(next.fit);
  t.true(next.shown('held').heldByOperator);
  t.is(next.shown('pbx').restarts, 2);
  t.deepEqual(next.passMs(299), []);
  t.deepEqual(next.passMs(1), ['start pbx']);
  t.is(next.shown('pbx').restarts, 3);
  loop(next, 'pbx', 1);
  next.started('pbx');
  next.exited('pbx');
  t.not(next.shown('pbx').unfitForMs, null);
});

test('G10: a check is asked at its interval, one at a time, and its threshold in a row kills the service', (t) => {
  const quick = { intervalMs: 500, timeoutMs: 500, threshold: 3 };
  const guardian = new DrivenGuardian([service('pbx', { checks: [quick] })]);
  guardian.begin();
  guardian.started('pbx');
  t.deepEqual(guardian.checked('pbx', false), []);
  t.deepEqual(guardian.passMs(200), ['check pbx 0'], 'quickly while it is starting');
  guardian.checked('pbx', true);
  t.deepEqual(guardian.passMs(200), ['check pbx 0']);
  t.deepEqual(guardian.passMs(5000), []);
  const results = [false, false, true, false, false].flatMap((ok) => [
    ...guardian.checked('pbx', ok),
    ...guardian.passMs(500),
  ]);
  t.deepEqual([...new Set(results)], ['check pbx 0']);
  t.deepEqual(guardian.checked('pbx', false), ['kill pbx']);
  t.is(guardian.shown('pbx').problem, 'check 1: no answer');
  t.deepEqual(guardian.stopped('pbx'), ['start pbx']);
});

test('G10: what was asked of an earlier run says nothing of the next, and is waited for', (t) => {
  const guardian = new DrivenGuardian([service('pbx', { checks: [check] })]);
  guardian.begin();
  guardian.started('pbx');
  t.deepEqual(guardian.exited('pbx'), ['start pbx']);
  t.deepEqual(guardian.started('pbx'), []);
  t.deepEqual(guardian.checked('pbx', true), ['check pbx 0']);
  t.is(guardian.shown('pbx').state, 'starting');
  guardian.checked('pbx', true);
  t.is(guardian.shown('pbx').state, 'up');
});

test('a service that is not up within its start deadline is killed and has failed', (t) => {
  const guardian = new DrivenGuardian([service('pbx')]);
  guardian.begin();
  t.deepEqual(guardian.passMs(10_000), ['kill pbx']);
  t.deepEqual(guardian.stopped('pbx'), ['start pbx']);
  t.is(guardian.shown('pbx').problem, 'was not up within its start deadline');
});

test('a start that is too late says which check had not passed', (t) => {
  const guardian = new DrivenGuardian([service('pbx', { checks: [check, check] })]);
  guardian.begin();
  guardian.started('pbx');
  guardian.checked('pbx', true, 0);
  guardian.checked('pbx', false, 1);
  guardian.passMs(10_000);
  t.regex(guardian.shown('pbx').problem ?? '', /deadline: check 2: no answer$/u);
});

test('a service that could not be started has failed', (t) => {
  const guardian = new DrivenGuardian([service('pbx')]);
  guardian.begin();
  const token = guardian.life('pbx').runToken;
  const event = { type: 'serviceNotStarted', service: 'pbx', token, text: 'no such file' } as const;
  t.deepEqual(guardian.send(event), ['start pbx']);
  t.is(guardian.shown('pbx').problem, 'not started: no such file');
  t.deepEqual(guardian.send(event), [], 'the same answer again says nothing');
});

test('a service that uses more than it may is stopped in order and has failed', (t) => {
  const guardian = new DrivenGuardian([service('pbx')]);
  guardian.begin();
  guardian.started('pbx');
  const event = { type: 'limitExceeded', service: 'pbx', token: 99, text: 'memory' } as const;
  t.deepEqual(guardian.send(event), [], 'an earlier run');
  const token = guardian.life('pbx').runToken;
  t.deepEqual(guardian.send({ ...event, token }), ['stop pbx']);
  t.deepEqual(guardian.stopped('pbx'), ['start pbx']);
  t.is(guardian.shown('pbx').restarts, 1);
});

test('G12: what cannot be stopped makes the box unfit, and is waited for by nobody', (t) => {
  const primary = { runs: 'primary' } as const;
  const guardian = new DrivenGuardian([
    service('base', primary),
    service('top', { ...primary, after: ['base'] }),
  ]);
  guardian.begin();
  guardian.role('primary', 2);
  guardian.started('base');
  guardian.started('top');
  t.deepEqual(guardian.role('standby', 3), ['stop top']);
  t.deepEqual(guardian.passMs(14_999), []);
  t.true(guardian.fit);
  t.deepEqual(guardian.passMs(1), ['stop base']);
  t.false(guardian.fit);
  guardian.passMs(60 * minuteMs);
  t.false(guardian.fit, 'for as long as it is there');
  guardian.stopped('top');
  t.false(guardian.fit);
  guardian.stopped('base');
  t.true(guardian.fit);
});

test('G5: a required service that waits for one which has failed makes the box unfit, wherever it is to run', (t) => {
  const guardian = new DrivenGuardian([
    service('base', { required: false }),
    service('middle', { required: false, after: ['base'] }),
    service('pbx', { runs: 'primary', after: ['middle'] }),
  ]);
  guardian.begin();
  guardian.role('primary');
  for (const name of ['base', 'middle', 'pbx']) guardian.started(name);
  loop(guardian, 'base', 5);
  t.not(guardian.shown('base').unfitForMs, null);
  t.true(guardian.fit, 'what is up has what it needs');
  guardian.exited('middle');
  t.true(guardian.fit);
  guardian.exited('pbx');
  t.false(guardian.fit);
  guardian.role('standby');
  t.false(guardian.fit, 'it would fail here again, and wander for ever');
  guardian.order('stop', 'pbx');
  t.true(guardian.fit, 'nobody waits for what is held');
});

test('G13: a guardian knows how a service is since it began, and claims nothing for the time before', (t) => {
  const guardian = new DrivenGuardian([service('pbx', { runs: 'primary' })]);
  guardian.now = 50_000_000;
  guardian.begin();
  guardian.passMs(200);
  t.like(guardian.shown('pbx'), { state: 'stopped', forMs: 200 });
});
