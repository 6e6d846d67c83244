// Services and hooks as people are shown them: the table of `hotpair service list`, the rows of the status.
import test from 'ava';
import { servicesText } from '../../src/words/serviceText.ts';
import type { GuardianJson } from '../../src/words/serviceText.ts';
import { statusText } from '../../src/words/statusText.ts';
import { aGuardian, aHook, aService } from './aGuardianStatus.ts';
import { aStatus } from './aStatus.ts';

function rows(guardian: GuardianJson | null): readonly string[] {
  const lines = statusText(aStatus({ guardian })).split('\n');
  const first = lines.findIndex((line) => / (services|hooks) /.test(line));
  const end = lines.findIndex((line) => / arbiter /.test(line));
  const shown = first < 0 ? [] : lines.slice(first, end);
  return shown.map((line) =>
    line
      .trim()
      .replace(/ {2,}/, ': ')
      .replaceAll(/ \d{4}-\S+ \S+ [+-][0-9:]+/g, ' TIME'),
  );
}

test('the list is a table whose columns stand under each other', (t) => {
  const services = [
    aService('kamailio', { runs: 'primary', restarts: 12 }),
    aService('redis', { state: 'pausing', pid: null, problem: 'exit status 1' }),
  ];
  const [heading = '', first = '', second = ''] = servicesText(aGuardian({ services })).split('\n');
  t.deepEqual(heading.split(/ +/), [
    'name',
    'runs',
    'state',
    'since',
    'pid',
    'restarts',
    'problem',
  ]);
  t.regex(first, /^kamailio +primary +up +2026-\S+ \S+ \S+ +4711 +12$/);
  t.regex(second, /^redis +always +pausing +2026-\S+ \S+ \S+ +- +0 +exit status 1$/);
  for (const word of ['runs', 'state', 'since', 'pid', 'restarts'])
    t.is(first[heading.indexOf(word) - 1], ' ', word);
  t.is(second.indexOf('exit'), heading.indexOf('problem'));
});

test('what an operator did, what is waited for and what has failed here is said in words', (t) => {
  const services = [
    aService('held', { state: 'stopped', heldByOperator: true }),
    aService('late', { state: 'waiting', waitsFor: 'redis' }),
    aService('bad', { state: 'pausing', problem: 'exit status 1', unfitForMs: 1_680_000 }),
    aService('poor', { problem: 'timeout', unfitForMs: 0, required: false }),
  ];
  const hooks = [
    aHook('role'),
    aHook('broken', { state: 'failed', text: 'exit status 2', unfitForMs: 0, required: true }),
  ];
  const text = servicesText(aGuardian({ services, hooks, problem: 'it ended with status 1' }));
  t.regex(text, /held .* stopped by an operator /);
  t.regex(text, /late .* waiting for redis /);
  t.regex(text, /HAS FAILED HERE \(unfit for 28 min more\): exit status 1\n/);
  t.regex(text, /HAS FAILED HERE: timeout\n/);
  t.regex(text, /hook role: done\n/);
  t.regex(text, /hook broken: HAS FAILED HERE \(unfit until it runs\), failed: exit status 2\n/);
  t.regex(text, /the guardian is not running: it ended with status 1\n$/);
});

test('where nothing is configured the list says so, and the status nothing', (t) => {
  t.is(servicesText(null), 'no services and no hooks are configured on this box\n');
  t.deepEqual(rows(null), []);
});

test('the status counts the services and tells only of those that are not as they should be', (t) => {
  const resting = aService('kamailio', { runs: 'primary', state: 'stopped', pid: null });
  const good = aGuardian({ services: [aService('redis'), resting], hooks: [aHook('role')] });
  t.deepEqual(rows(good), ['services: 1 of 1 up, 1 for the primary only', 'hooks: role done']);
  const services = [
    aService('redis'),
    { ...resting, problem: 'exit status 1', unfitForMs: 60_000 },
    aService('ivr', { state: 'stopped', heldByOperator: true }),
  ];
  const hooks = [aHook('role'), aHook('other', { state: 'running' })];
  t.deepEqual(rows(aGuardian({ services, hooks })), [
    'services: 1 of 3 up',
    'kamailio stopped since TIME, HAS FAILED HERE (unfit for 60 s more): exit status 1',
    'ivr stopped by an operator since TIME',
    'hooks: other running',
  ]);
});

test('a guardian that does not run is told first', (t) => {
  const [first] = rows(aGuardian({ problem: 'it ended with status 1' }));
  t.is(first, 'services: the guardian is not running: it ended with status 1');
});

test('a standby whose services are not fit is named as such', (t) => {
  const status = aStatus();
  const { peerStatus } = status;
  if (peerStatus === null) throw new Error('the builder has a peer');
  const fitness = { ...peerStatus.fitness, services: false };
  t.regex(
    statusText({ ...status, peerStatus: { ...peerStatus, fitness } }),
    /other box .*its services are not fit/,
  );
  t.notRegex(statusText(status), /not fit/);
});
