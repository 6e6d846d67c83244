// What people order at a box while faults go on.
import type { OperatorCommand } from '../../src/core/events.ts';
import type { Box } from './box.ts';
import type { Fault } from './faultSite.ts';
import type { World } from './world.ts';

export const operatorActNames = ['switchover'] as const;

export const operatorActs = {
  switchover: ({ world }, box) => order(world, box, { type: 'switchover' }),
} satisfies Readonly<Record<(typeof operatorActNames)[number], Fault>>;

export function order(world: World, box: Box, command: OperatorCommand): void {
  world.trace(box.name, `operator orders ${command.type}`);
  world.commandsGiven += 1;
  box.agent?.deliver({ type: 'operatorCommanded', commandId: world.commandsGiven, command });
}
