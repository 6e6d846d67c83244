// Effects of one resource: one at a time, each answered exactly once, in time or with a refusal.
import test from 'ava';
import { openResource } from '../../src/daemon/resource.ts';
import type { Resource } from '../../src/daemon/resource.ts';
import type { Happening } from '../../src/daemon/mailbox.ts';
import { HotpairError } from '../../src/protocol/hotpairError.ts';
import { until } from './until.ts';

type Watched = {
  readonly resource: Resource;
  readonly answers: Happening[];
  readonly lines: string[];
};

function watched(
  change: { readonly abandons?: boolean; readonly queueLimit?: number } = {},
): Watched {
  const answers: Happening[] = [];
  const lines: string[] = [];
  const resource = openResource({
    name: 'disk',
    queueLimit: change.queueLimit ?? 8,
    abandons: change.abandons ?? true,
    deliver: (happening) => answers.push(happening),
    log: (event) => lines.push(event),
  });
  return { resource, answers, lines };
}

const written = (token: number): Happening => ({ type: 'recordWritten', token });

function codes(answers: readonly Happening[]): readonly string[] {
  return answers.map((answer) => (answer.type === 'effectFailed' ? answer.code : answer.type));
}

test('a second effect begins only when the first has ended', async (t) => {
  const { resource, answers } = watched();
  const first = Promise.withResolvers<Happening>();
  let secondBegan = false;
  resource.run({ token: 1, effect: 'writeRecord', deadlineMs: 5_000, work: () => first.promise });
  resource.run({
    token: 2,
    effect: 'writeRecord',
    deadlineMs: 5_000,
    work: () => {
      secondBegan = true;
      return Promise.resolve(written(2));
    },
  });
  t.false(secondBegan);
  first.resolve(written(1));
  await until('both are answered', () => answers.length === 2);
  t.deepEqual(answers, [written(1), written(2)]);
});

test('a refusal is answered with its code, any other error with EFFECT_ERROR', async (t) => {
  const { resource, answers } = watched();
  const refused = new HotpairError('RECORD_WRITE', 'no space');
  resource.run({
    token: 1,
    effect: 'writeRecord',
    deadlineMs: 5_000,
    work: () => Promise.reject(refused),
  });
  resource.run({
    token: 2,
    effect: 'probe',
    deadlineMs: 5_000,
    work: () => Promise.reject(new Error('odd')),
  });
  await until('both are answered', () => answers.length === 2);
  t.deepEqual(answers, [
    { type: 'effectFailed', token: 1, code: 'RECORD_WRITE', text: 'writeRecord: no space' },
    { type: 'effectFailed', token: 2, code: 'EFFECT_ERROR', text: 'probe: odd' },
  ]);
});

test('an effect that is late is answered with EFFECT_DEADLINE, and its result is dropped and logged', async (t) => {
  const { resource, answers, lines } = watched();
  const work = Promise.withResolvers<Happening>();
  resource.run({ token: 1, effect: 'writeRecord', deadlineMs: 20, work: () => work.promise });
  await until('the deadline is reported', () => answers.length === 1);
  t.deepEqual(codes(answers), ['EFFECT_DEADLINE']);
  work.resolve(written(1));
  await until('the late result is logged', () => lines.length === 1);
  t.deepEqual(lines, ['effectLate']);
  t.is(answers.length, 1);
});

test('where nothing may overtake, the next effect waits for the late one, and what missed its own deadline never begins', async (t) => {
  const { resource, answers } = watched({ abandons: false });
  const hanging = Promise.withResolvers<Happening>();
  const began: number[] = [];
  const begin = (token: number) => () => {
    began.push(token);
    return Promise.resolve(written(token));
  };
  resource.run({ token: 1, effect: 'writeRecord', deadlineMs: 20, work: () => hanging.promise });
  resource.run({ token: 2, effect: 'writeRecord', deadlineMs: 40, work: begin(2) });
  await until('both deadlines are reported', () => answers.length === 2);
  resource.run({ token: 3, effect: 'writeRecord', deadlineMs: 5_000, work: begin(3) });
  t.deepEqual(began, []);
  hanging.resolve(written(1));
  await until('the third is answered', () => answers.length === 3);
  t.deepEqual(began, [3]);
  t.deepEqual(codes(answers), ['EFFECT_DEADLINE', 'EFFECT_DEADLINE', 'recordWritten']);
});

test('where a late effect may be abandoned, the next one begins although the late one never ends', async (t) => {
  const { resource, answers } = watched({ abandons: true });
  const never = new Promise<Happening>(() => undefined);
  resource.run({ token: 1, effect: 'startDatabase', deadlineMs: 20, work: () => never });
  resource.run({
    token: 2,
    effect: 'writeRecord',
    deadlineMs: 5_000,
    work: () => Promise.resolve(written(2)),
  });
  await until('the second is answered', () => answers.length === 2);
  t.deepEqual(codes(answers), ['EFFECT_DEADLINE', 'recordWritten']);
});

test('an urgent effect begins beside the one under way, and what waited is given up', async (t) => {
  const { resource, answers } = watched();
  const running = Promise.withResolvers<Happening>();
  const work = (token: number) => () => Promise.resolve(written(token));
  resource.run({
    token: 1,
    effect: 'promoteDatabase',
    deadlineMs: 5_000,
    work: () => running.promise,
  });
  resource.run({ token: 2, effect: 'startDatabase', deadlineMs: 5_000, work: work(2) });
  resource.run({
    token: 3,
    effect: 'stopDatabase',
    deadlineMs: 5_000,
    urgent: true,
    work: work(3),
  });
  await until('the urgent one is answered', () => answers.length === 2);
  t.deepEqual(codes(answers), ['EFFECT_OVERTAKEN', 'recordWritten']);
  running.resolve(written(1));
  await until('the first is answered too', () => answers.length === 3);
});

test('more than the limit is refused at once', (t) => {
  const { resource, answers } = watched({ queueLimit: 1 });
  const never = new Promise<Happening>(() => undefined);
  const task = { effect: 'probe', deadlineMs: 5_000, work: () => never };
  resource.run({ ...task, token: 1 });
  resource.run({ ...task, token: 2 });
  resource.run({ ...task, token: 3 });
  t.deepEqual(codes(answers), ['EFFECT_QUEUE']);
});
