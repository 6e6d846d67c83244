// Faults of the heartbeat cable and of the LAN.
import type { Fault, FaultSite } from './faultSite.ts';
import type { Box } from './box.ts';

export const linkFaultNames = [
  'heartbeatCut',
  'heartbeatCutSilently',
  'heartbeatOneWay',
  'heartbeatLossy',
  'heartbeatReordered',
  'replicationBlocked',
  'garbage',
  'portUnplugged',
  'portSilent',
  'portDetached',
  'switchDead',
  'referencesDead',
  'lanPartitioned',
  'pathsAlternate',
] as const;

export const linkFaults = {
  heartbeatCut: (site) => site.cut('heartbeatCut', site.world.cable.unplugged),
  heartbeatCutSilently: (site) => site.cut('heartbeatCutSilently', site.world.cable.silent),
  heartbeatOneWay: (site, box) =>
    site.cut(`heartbeatOneWay from ${box.name}`, site.world.cable.deafTo[box.side]),
  heartbeatLossy: (site) => {
    site.world.cable.heavyLoss = site.world.random.between(0.05, 0.4);
    site.cut('heartbeatLossy', site.world.cable.lossy);
  },
  heartbeatReordered: (site) => site.cut('heartbeatReordered', site.world.cable.reordering),
  replicationBlocked: (site) => site.cut('replicationBlocked', site.world.cable.replicationBlocked),
  garbage: (_site, box) => box.agent?.deliver({ type: 'garbageReceived', path: 'eth1' }),
  portUnplugged: (site, box) =>
    site.cut(`portUnplugged ${box.name}`, site.world.lan.unplugged[box.side]),
  portSilent: (site, box) => site.cut(`portSilent ${box.name}`, site.world.lan.silent[box.side]),
  portDetached: (site, box) =>
    site.cut(`portDetached ${box.name}`, site.world.lan.detached[box.side]),
  switchDead: (site) => site.cut('switchDead', site.world.lan.dead),
  referencesDead: (site) => site.cut('referencesDead', site.world.lan.referencesDead),
  lanPartitioned: (site) => site.cut('lanPartitioned', site.world.lan.partitioned),
  pathsAlternate: (site, box) => alternate(site, box, 2 + site.world.random.below(6)),
} satisfies Readonly<Record<(typeof linkFaultNames)[number], Fault>>;

/** The cable is cut, and the LAN as soon as it is mended, and so on: never both at once, and never a quiet moment. */
function alternate(site: FaultSite, box: Box, rounds: number): void {
  const { cable, lan, random, queue } = site.world;
  if (rounds === 0 || !site.isOpen()) return;
  const wire = random.pick([cable.unplugged, cable.silent, cable.deafTo[box.side]]);
  const port = random.pick([
    lan.unplugged[box.side],
    lan.silent[box.side],
    lan.partitioned,
    lan.dead,
  ]);
  const durationMs = random.pick([60, 200, 300, 1000, 4000]) * random.between(0.7, 1.3);
  site.cut('the other path', rounds % 2 === 0 ? wire : port, durationMs);
  queue.after(durationMs + 0.5, () => alternate(site, box, rounds - 1));
}
