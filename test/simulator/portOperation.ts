// Raising and lowering the service port: the addresses go on or off in the kernel and the agent hears of it twice, by
// the answer and by the notification.
import type { Effect } from '../../src/core/effects.ts';
import type { Box } from './box.ts';
import type { Operation } from './operation.ts';
import type { World } from './world.ts';

type PortEffect = Extract<Effect, { readonly type: 'raiseServicePort' | 'lowerServicePort' }>;

export function portOperation(world: World, box: Box, effect: PortEffect): Operation {
  const afterMs = world.random.between(2, 15);
  if (effect.type === 'raiseServicePort') {
    return {
      stages: [
        {
          afterMs,
          act: () => change(box, true, effect.address || box.addressOn, () => world.announce(box)),
        },
      ],
      answer: () => ({ type: 'servicePortRaised', token: effect.token, port: box.port() }),
    };
  }
  return {
    stages: [{ afterMs, act: () => change(box, !effect.link, false, () => undefined) }],
    answer: () => ({ type: 'servicePortLowered', token: effect.token, port: box.port() }),
  };
}

function change(box: Box, up: boolean, address: boolean, announce: () => void): null {
  box.portUp = up;
  box.addressOn = address;
  box.linksChanged();
  box.portChanged();
  if (address) announce();
  return null;
}
