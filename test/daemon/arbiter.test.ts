// The arbiter behind its interface: requests one at a time, the way out of everything first, and nobody to ask inside a pair.
import test from 'ava';
import { insideArbiter } from '../../src/daemon/arbiter.ts';
import type { Arbiter } from '../../src/daemon/arbiter.ts';
import { arbiterExecutors } from '../../src/daemon/executors.ts';
import type { Happening } from '../../src/daemon/mailbox.ts';
import { openResource } from '../../src/daemon/resource.ts';
import { until } from './until.ts';

function asked(arbiter: Arbiter) {
  const answers: Happening[] = [];
  const resource = openResource({
    name: 'arbiter',
    queueLimit: 8,
    abandons: true,
    deliver: (happening) => answers.push(happening),
    log() {},
  });
  return { answers, executors: arbiterExecutors({ arbiter, resources: { arbiter: resource } }) };
}

function told(answers: readonly Happening[]): readonly string[] {
  return answers.map((answer) => (answer.type === 'effectFailed' ? answer.code : answer.type));
}

const deadlineMs = 2000;
const publish = { type: 'publishEpoch', epoch: 4, create: true, deadlineMs } as const;
const fence = { type: 'fencePeer', deadlineMs } as const;
const unfence = { type: 'unfencePeer', deadlineMs } as const;

test('an arbiter inside the pair refuses whatever is asked of it', async (t) => {
  const { answers, executors } = asked(insideArbiter('lan'));
  executors.publishEpoch({ ...publish, token: 1 });
  executors.claimEpoch({ type: 'claimEpoch', token: 2, epoch: 4, take: true, deadlineMs });
  executors.enterEpoch({ type: 'enterEpoch', token: 3, epoch: 5, above: false, deadlineMs });
  await until('three are refused', () => answers.length === 3);
  executors.fencePeer({ ...fence, token: 4 });
  executors.unfencePeer({ ...unfence, token: 5 });
  await until('all are refused', () => answers.length === 5);
  t.deepEqual(told(answers), [
    'ARBITER_NO_LEDGER',
    'ARBITER_NO_LEDGER',
    'ARBITER_NO_LEDGER',
    'ARBITER_NO_FENCE',
    'ARBITER_NO_FENCE',
  ]);
});

test('an order to switch the peer off overtakes the order to switch it on', async (t) => {
  const on = Promise.withResolvers<Happening>();
  const { answers, executors } = asked({
    ...insideArbiter('fence'),
    unfencePeer: async () => on.promise,
    fencePeer: async ({ token }) => Promise.resolve({ type: 'peerFenced', token }),
  });
  executors.unfencePeer({ ...unfence, token: 1 });
  executors.publishEpoch({ ...publish, token: 2 });
  executors.fencePeer({ ...fence, token: 3 });
  await until('the peer is off', () => answers.length === 2);
  t.deepEqual(told(answers), ['EFFECT_OVERTAKEN', 'peerFenced']);
  on.resolve({ type: 'peerUnfenced', token: 1 });
  await until('the older order has ended', () => answers.length === 3);
  t.is(answers.at(-1)?.type, 'peerUnfenced');
});
