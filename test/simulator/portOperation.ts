// Raising and lowering the service port: the addresses go on or off in the kernel and the agent hears of it twice, by
// the answer and by the notification.
import type { Effect } from '../../src/core/effects.ts';
import type { Box } from './box.ts';
import type { Happening } from './core.ts';
import { failed } from './operation.ts';
import type { Operation } from './operation.ts';
import type { World } from './world.ts';

type PortEffect = Extract<Effect, { readonly type: 'raiseServicePort' | 'lowerServicePort' }>;

export function portOperation(world: World, box: Box, effect: PortEffect): Operation {
  const afterMs = world.random.between(2, 15);
  const stays = world.options.planted.stickyAddress === true && box.addressOn;
  const change = (up: boolean, address: boolean): Happening | null => {
    if (box.isDetached) return failed(effect, 'ENODEV');
    if (up && box.refusesLink) return failed(effect, 'EIO');
    box.setPort(up, address);
    if (address) world.announce(box);
    return null;
  };
  if (effect.type === 'raiseServicePort') {
    return {
      stages: [{ afterMs, act: () => change(true, effect.address || box.addressOn) }],
      answer: () => ({ type: 'servicePortRaised', token: effect.token, port: box.port() }),
    };
  }
  return {
    stages: [{ afterMs, act: () => change(!effect.link, stays) }],
    answer: () => ({ type: 'servicePortLowered', token: effect.token, port: box.port() }),
  };
}
