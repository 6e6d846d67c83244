// Faults of one box: its power, its agent, its disk.
import type { Box } from './box.ts';
import { crashDatabase } from './databaseFaults.ts';
import type { Fault, FaultSite } from './faultSite.ts';
import type { World } from './world.ts';

export const boxFaultNames = [
  'powerLoss',
  'bothPowerLoss',
  'boxPaused',
  'agentStalled',
  'agentHung',
  'agentCrashed',
  'diskSlow',
  'diskFailing',
  'diskReadOnly',
  'addressRemoved',
] as const;

export const boxFaults = {
  powerLoss: (site, box) => cutPower(site, [box]),
  bothPowerLoss: (site) => cutPower(site, site.world.boxes),
  boxPaused: pause,
  agentStalled: stall,
  agentHung: hang,
  agentCrashed: ({ world: { random } }, box) =>
    box.crashAgent(random.pick([20, 200, 800, 2500]) * random.between(0.5, 1.5)),
  diskSlow: (site, box) => site.cut(`diskSlow ${box.name}`, box.disk.slow),
  diskFailing: (site, box) => site.cut(`diskFailing ${box.name}`, box.disk.failing),
  diskReadOnly: refuseWrites,
  addressRemoved: removeAddress,
} satisfies Readonly<Record<(typeof boxFaultNames)[number], Fault>>;

export function cutPower(site: FaultSite, boxes: readonly Box[]): void {
  const { random, queue, options } = site.world;
  const { returnsSoon } = options;
  for (const box of boxes) {
    box.powerOff();
    const bootMs = random.between(1000, returnsSoon ? 2000 : 12_000);
    const offMs = returnsSoon ? random.between(50, 5000) : site.durationMs();
    queue.after(offMs, () => site.world.mayPowerOn(box, bootMs));
  }
}

function stall({ world }: FaultSite, box: Box): void {
  const { random } = world;
  stallAgent(world, box, random.pick([40, 150, 300, 900, 1900, 6000]) * random.between(0.6, 1.2));
}

export function stallAgent(world: World, box: Box, durationMs: number): void {
  world.trace(box.name, `agent stalls for ${durationMs.toFixed(0)} ms`);
  box.agent?.stall(durationMs);
}

/** It never goes on: only a reset or a restart of the process helps. */
function hang({ world }: FaultSite, box: Box): void {
  world.trace(box.name, 'agent hangs');
  box.agent?.stall(Infinity);
}

/** By hand, or by another program that manages networks. */
function removeAddress({ world }: FaultSite, box: Box): void {
  if (!box.addressOn) return;
  world.trace(box.name, 'the service address is removed');
  box.setPort(box.portUp, false);
}

/** The `lan` arbiter assumes that no box stands still for longer than a probe round and then goes on; others may. */
function pause({ world }: FaultSite, box: Box): void {
  const { random, options } = world;
  const longestMs =
    options.arbiter === 'lan'
      ? options.settings.probeRoundMs
      : random.pick([options.settings.probeRoundMs, 1000, 12_000]);
  box.freeze(random.unit() * longestMs);
}

/** Full or read-only: no record is written, and PostgreSQL stops at the next thing it wants to write. */
function refuseWrites(site: FaultSite, box: Box): void {
  const { world } = site;
  site.cut(`diskReadOnly ${box.name}`, box.disk.failing);
  world.queue.after(world.random.between(0, 500), () => {
    if (box.disk.failing.active) crashDatabase(world, box);
  });
}
