// How the companion sees the agent: answers, silence with its beginning, and answers that nobody understands.
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { watchAgent } from '../../src/companion/agentWatch.ts';
import type { AgentView } from '../../src/companion/view.ts';
import { HotpairError } from '../../src/protocol/hotpairError.ts';
import { aStatus } from '../words/aStatus.ts';
import { until } from '../daemon/until.ts';

const deadlineMs = 20_000;

function watching(t: ExecutionContext, ask: () => Promise<unknown>) {
  const seen: AgentView[] = [];
  const watch = watchAgent({ ask, seen: (view) => seen.push(view), intervalMs: 5 });
  t.teardown(() => watch.close());
  return { watch, seen };
}

test('before the first answer nothing is said, then what the agent says', async (t) => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const { watch } = watching(t, () => promise);
  t.is(watch.view().type, 'asked');
  resolve(aStatus({ node: 'box-b' }));
  await until('it answers', () => watch.view().type === 'answering', deadlineMs);
  const view = watch.view();
  t.is(view.type === 'answering' ? view.status.node : '', 'box-b');
});

test('a silence began with the last answer, however often it was asked since, and ends with the next', async (t) => {
  let isThere = true;
  let last = 0;
  const { watch, seen } = watching(t, async () => {
    if (!isThere) throw new HotpairError('AGENT_NOT_ANSWERING', 'the agent does not answer');
    last = Date.now();
    return aStatus();
  });
  await until('it answers', () => watch.view().type === 'answering', deadlineMs);
  isThere = false;
  await until(
    'it is silent',
    () => seen.filter(({ type }) => type === 'silent').length > 20,
    deadlineMs,
  );
  const silences = seen.flatMap((view) => (view.type === 'silent' ? [view] : []));
  for (const { since, reason } of silences) {
    t.true(Math.abs(Date.parse(since) - last) < 1_000, since);
    t.is(reason, 'the agent does not answer');
  }
  isThere = true;
  await until('it answers again', () => watch.view().type === 'answering', deadlineMs);
});

test('an answer that is no status is as good as none', async (t) => {
  for (const answer of [null, 7, 'x', [], {}, { node: 'a', state: 1, role: 'primary' }]) {
    const { watch } = watching(t, () => Promise.resolve(answer));
    await until('it was seen', () => watch.view().type === 'silent', deadlineMs);
  }
  t.pass();
});

test('one question is under way at a time, and none after the end', async (t) => {
  let asked = 0;
  const answers: ((answer: unknown) => void)[] = [];
  const { watch } = watching(t, () => {
    asked += 1;
    return new Promise((resolve) => answers.push(resolve));
  });
  for (let each = 0; each < 10; each += 1) watch.hurry();
  t.is(asked, 1);
  answers[0]?.(aStatus());
  await until('it is asked again', () => asked === 2, deadlineMs);
  watch.close();
  answers[1]?.(aStatus());
  watch.hurry();
  t.is(asked, 2);
});
