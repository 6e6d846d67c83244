// What a pair in order looks like from outside.
import type { Box } from './box.ts';
import type { World } from './world.ts';

/** Paired and in force, the standby eligible, the address on the primary alone, and writes acknowledged. */
export function isHealthy(world: World): boolean {
  const [a, b] = world.boxes;
  return isHealthyWith(world, a, b) || isHealthyWith(world, b, a);
}

export function isHealthyWith(world: World, primary: Box, standby: Box): boolean {
  const serves = primary.agent?.standing;
  const follows = standby.agent?.standing;
  if (serves?.stateName !== 'paired' || follows?.stateName !== 'standby' || !follows.eligible)
    return false;
  if (serves.record?.epoch !== follows.record?.epoch || !primary.addressOn || standby.addressOn)
    return false;
  return primary.database.synchronous && world.queue.nowMs - world.ledger.lastAcknowledgedMs < 2000;
}
