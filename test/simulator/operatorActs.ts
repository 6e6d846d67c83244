// What people do while faults go on. This operator is honest: he takes over only where the other box is without power or
// stands waiting, keeps it off until he is done, and lets no box run again that would serve what he has given up.
import type { OperatorCommand } from '../../src/core/events.ts';
import type { Box } from './box.ts';
import type { Fault, FaultSite } from './faultSite.ts';
import type { World } from './world.ts';

export const operatorActNames = [
  'switchover',
  'maintenance',
  'operatorTakeover',
  'boxReplaced',
] as const;

export const operatorActs = {
  switchover: ({ world }, box) => order(world, box, { type: 'switchover' }),
  maintenance: setMaintenance,
  operatorTakeover: takeOver,
  boxReplaced: replaceBox,
} satisfies Readonly<Record<(typeof operatorActNames)[number], Fault>>;

export function order(world: World, box: Box, command: OperatorCommand): void {
  world.trace(box.name, `operator orders ${command.type}`);
  world.commandsGiven += 1;
  if (command.type === 'takeover') {
    box.operatorOrdered = true;
    box.takeoverCommand = world.commandsGiven;
  }
  box.agent?.deliver({ type: 'operatorCommanded', commandId: world.commandsGiven, command });
}

function setMaintenance({ world }: FaultSite, box: Box): void {
  const { random } = world;
  const untilMs = random.chance(0.3) ? null : box.clockMs() + random.between(500, 20_000);
  order(world, box, { type: 'maintenance', untilMs });
}

/** With loss accepted: what the chosen box has is the truth from then on. He looks twice before he orders it. */
export function takeOver(site: FaultSite, box: Box): void {
  if (!isOut(box.peer)) return;
  const seen = box.agent?.state.name;
  site.world.queue.after(lookMs, () => {
    if (site.isOpen() && box.agent?.state.name === seen) orderTakeover(site, box);
  });
}

/** Nobody types a takeover while the other box is just coming back. */
const lookMs = 3000;

function orderTakeover({ world }: FaultSite, box: Box): void {
  const { peer } = box;
  // One order at a time: the answer to a second one would be taken for that to the first.
  if (box.agent === null || box.agent.isStalled || box.operatorOrdered || peer.operatorOrdered)
    return;
  if (!isOut(peer) || !box.holdsDatabase) return;
  const wouldServe = peer.disk.mayBeSolo;
  if (wouldServe && peer.powered) return;
  order(world, box, takeoverCommand(world, box));
}

/** Where the ledger would refuse, as `status` and its answer tell him, he vouches for a box of which he knows that it is off. */
export function takeoverCommand(
  { etcd, options }: World,
  { nodeId, peer }: Box,
  isOff = !peer.powered,
): OperatorCommand {
  const { entry } = etcd;
  const isRefused = entry === null || (entry.mode === 'solo' && entry.holder !== nodeId);
  const vouches = options.arbiter === 'etcd' && isRefused && (entry === null || isOff);
  return vouches ? { type: 'takeover', peerIsOff: true } : { type: 'takeover' };
}

/** His takeover begins: what the other box acknowledged alone is given up, and it returns as a new box only. */
export function beginTakeover(world: World, box: Box, epoch: number): void {
  const { peer } = box;
  box.operatorEpoch = epoch;
  const wouldServe = peer.disk.mayBeSolo || isGivenTo(world, peer);
  if (peer.powered || peer.comesBack || !wouldServe) return;
  world.ledger.accept(box.database.flushed);
  peer.replace(null);
}

/** It died before it wrote that down, and would find it when it returns. */
function isGivenTo({ etcd: { entry }, options }: World, { nodeId }: Box): boolean {
  return options.arbiter === 'etcd' && entry?.mode === 'solo' && entry.holder === nodeId;
}

/** Without power, or in a start that waits for somebody. */
export function isOut(box: Box): boolean {
  if (!box.powered) return true;
  const standing = box.agent?.standing ?? null;
  const waits = standing?.stateName === 'starting' && box.agent?.state.phase === 'waiting';
  return waits && !box.addressOn && !box.database.running;
}

/** A new box comes where the other one serves alone, or where a dead primary will not come back. */
function replaceBox({ world }: FaultSite, box: Box): void {
  const { peer } = box;
  if (!peer.powered || !peer.keepsEverything || peer.operatorOrdered) return;
  const serves = peer.agent?.standing?.stateName === 'solo';
  if (!serves && peer.database.isPrimary) return;
  const cloned = serves && world.databasesMeet() && world.random.chance(0.7);
  box.replace(cloned ? peer.database.log : null);
  world.queue.after(world.random.between(500, 8000), () => world.mayPowerOn(box, 2000));
}
