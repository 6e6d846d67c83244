// Orders: each is answered exactly once, when it is done, when it cannot be done, or when it was not done in time.
import test from 'ava';
import { DrivenGuardian, service } from './drivenGuardian.ts';

function running(runs: 'always' | 'primary' = 'always'): DrivenGuardian {
  const guardian = new DrivenGuardian([service('pbx', { runs })]);
  guardian.begin();
  guardian.role('primary');
  guardian.started('pbx');
  return guardian;
}

test('G11: stop is answered when nothing of it is left, and holds it until a start', (t) => {
  const guardian = running();
  t.deepEqual(guardian.order('stop', 'pbx', 1), ['stop pbx']);
  t.deepEqual(guardian.stopped('pbx'), ['answer 1 ok: pbx: stopped']);
  t.is(guardian.shown('pbx').state, 'stopped');
  guardian.role('standby', 2);
  t.deepEqual(guardian.role('primary', 3), []);
  t.deepEqual(guardian.order('stop', 'pbx', 2), ['answer 2 ok: pbx: stopped']);
  t.deepEqual(guardian.order('start', 'pbx', 3), ['start pbx']);
  t.deepEqual(guardian.started('pbx'), ['answer 3 ok: pbx: up']);
  t.deepEqual(guardian.order('start', 'pbx', 4), ['answer 4 ok: pbx: up']);
});

test('G11: restart is answered when it is up again, or with the failure', (t) => {
  const guardian = running();
  t.deepEqual(guardian.order('restart', 'pbx', 1), ['stop pbx']);
  t.deepEqual(guardian.stopped('pbx'), ['start pbx']);
  t.deepEqual(guardian.started('pbx'), ['answer 1 ok: pbx: up']);
  t.is(guardian.shown('pbx').restarts, 0);
  guardian.order('restart', 'pbx', 2);
  guardian.stopped('pbx');
  t.deepEqual(guardian.exited('pbx'), ['answer 2 no: pbx: exit code 1', 'start pbx']);
});

test('G11: a later order for the same service answers the earlier one', (t) => {
  const guardian = running();
  guardian.order('restart', 'pbx', 1);
  t.deepEqual(guardian.order('stop', 'pbx', 2), ['answer 1 no: pbx: another order came']);
  t.deepEqual(guardian.stopped('pbx'), ['answer 2 ok: pbx: stopped']);
});

test('G11: an order for a service that does not exist, or before the guardian has begun, is refused', (t) => {
  const guardian = new DrivenGuardian([service('pbx')]);
  t.deepEqual(guardian.order('start', 'pbx', 1), ['answer 1 no: the guardian has not begun yet']);
  guardian.begin();
  t.deepEqual(guardian.order('start', 'web', 2), ['answer 2 no: there is no service web']);
});

test('G11: where the service does not run, restart is refused and start takes the hold away', (t) => {
  const guardian = running('primary');
  guardian.role('standby', 2);
  guardian.stopped('pbx');
  guardian.order('stop', 'pbx', 1);
  const where = 'pbx: it runs only where the box is primary';
  t.deepEqual(guardian.order('restart', 'pbx', 2), [`answer 2 no: ${where}`]);
  t.true(guardian.shown('pbx').heldByOperator);
  t.deepEqual(guardian.order('start', 'pbx', 3), [`answer 3 ok: ${where}`]);
  t.deepEqual(guardian.role('primary', 3), ['start pbx']);
});

test('G11: what was not done in time is answered with what is so far', (t) => {
  const guardian = new DrivenGuardian([service('pbx', { after: ['base'] }), service('base')]);
  guardian.begin();
  guardian.order('stop', 'base', 1);
  guardian.stopped('base');
  t.deepEqual(guardian.order('start', 'pbx', 2), []);
  t.deepEqual(guardian.passMs(25_000), ['answer 2 no: pbx: waits for base']);
});

test('G11: what cannot be stopped is answered so, and later orders at once', (t) => {
  const guardian = running();
  guardian.order('stop', 'pbx', 1);
  const text = 'pbx: cannot be stopped: something of it is still there after it was killed';
  t.deepEqual(guardian.passMs(15_000), [`answer 1 no: ${text}`]);
  t.deepEqual(guardian.order('start', 'pbx', 2), [`answer 2 no: ${text}`]);
});

test('a start or restart by an operator forgives what was held against the service', (t) => {
  const guardian = running();
  for (let time = 0; time < 5; time += 1) {
    guardian.exited('pbx');
    if (time === 4) break;
    guardian.passMs(1000);
    guardian.started('pbx');
  }
  t.false(guardian.fit);
  t.deepEqual(guardian.order('restart', 'pbx', 1), ['start pbx']);
  t.true(guardian.fit);
  t.is(guardian.shown('pbx').problem, null);
});

test('G11: a shutdown stops everything in order, starts nothing any more, and is answered at the end', (t) => {
  const guardian = new DrivenGuardian([service('top', { after: ['base'] }), service('base')]);
  guardian.begin();
  guardian.started('base');
  guardian.started('top');
  t.deepEqual(guardian.send({ type: 'shutdownOrdered', commandId: 1 }), ['stop top']);
  t.deepEqual(guardian.order('start', 'top', 2), ['answer 2 no: top: everything is being stopped']);
  t.deepEqual(guardian.stopped('top'), ['stop base']);
  t.deepEqual(guardian.send({ type: 'shutdownOrdered', commandId: 3 }), [
    'answer 1 no: another order came',
  ]);
  t.deepEqual(guardian.stopped('base'), ['answer 3 ok: everything is stopped']);
  t.deepEqual(guardian.role('primary'), []);
});

test('G11: a shutdown passes over what cannot be stopped, and says so', (t) => {
  const guardian = running();
  guardian.send({ type: 'shutdownOrdered', commandId: 1 });
  t.deepEqual(guardian.passMs(15_000), ['answer 1 no: cannot be stopped: pbx']);
});
