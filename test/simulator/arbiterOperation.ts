// Questions to the arbiter outside the pair: sent once, and waited for until the answer is there or the deadline is over.
import type { Effect } from '../../src/core/effects.ts';
import type { Agent } from './agent.ts';
import type { Box } from './box.ts';
import type { Happening } from './core.ts';
import type { Asker } from './etcd.ts';
import type { Operation } from './operation.ts';
import type { World } from './world.ts';

type Of<N extends Effect['type']> = Extract<Effect, { readonly type: N }>;
export type ArbiterOrder = Of<
  'publishEpoch' | 'claimEpoch' | 'enterEpoch' | 'fencePeer' | 'unfencePeer'
>;

const orders: ReadonlySet<string> = new Set([
  'publishEpoch',
  'claimEpoch',
  'enterEpoch',
  'fencePeer',
  'unfencePeer',
] satisfies readonly ArbiterOrder['type'][]);
const pollMs = 2;

export function isOfArbiter(effect: Effect): effect is ArbiterOrder {
  return orders.has(effect.type);
}

export function arbiterOperation(
  world: World,
  box: Box,
  agent: Agent,
  effect: ArbiterOrder,
): Operation {
  let answer: Happening | null = null;
  const asker: Asker = { side: box.side, self: box.nodeId, waits: () => agent.alive };
  const send = (): null => {
    ask(world, box, asker, effect, (happening) => {
      answer = happening;
    });
    return null;
  };
  return {
    stages: [
      { afterMs: 0.1, act: send },
      { afterMs: pollMs, act: () => (answer === null ? 'again' : null) },
    ],
    answer: () => {
      if (answer === null) throw new Error('an answer is needed here');
      return answer;
    },
  };
}

function ask(
  world: World,
  { peer }: Box,
  asker: Asker,
  effect: ArbiterOrder,
  done: (answer: Happening) => void,
): void {
  const { token } = effect;
  const { etcd, fence } = world;
  switch (effect.type) {
    case 'publishEpoch':
      etcd.publish(asker, effect.epoch, effect.create, (found) =>
        done({ type: 'epochPublished', token, found }),
      );
      return;
    case 'claimEpoch':
      etcd.claim(asker, effect.epoch, effect.take, (outcome) =>
        done({ type: 'claimDecided', token, ...outcome }),
      );
      return;
    case 'enterEpoch':
      etcd.enter(asker, effect.epoch, effect.above, (epoch, forgotten) =>
        done({ type: 'epochEntered', token, epoch, forgotten }),
      );
      return;
    case 'fencePeer':
      fence.powerOff(asker, peer, (off) =>
        done({ type: off ? 'peerFenced' : 'fenceRefused', token }),
      );
      return;
    case 'unfencePeer':
      fence.powerOn(asker, peer, () => done({ type: 'peerUnfenced', token }));
  }
}
