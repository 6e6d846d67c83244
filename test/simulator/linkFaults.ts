// Faults of the heartbeat cable and of the LAN.
import type { Fault, FaultSite } from './faultSite.ts';
import type { Box } from './box.ts';
import { stallAgent } from './boxFaults.ts';

export const linkFaultNames = [
  'heartbeatCut',
  'heartbeatCutSilently',
  'heartbeatOneWay',
  'heartbeatLossy',
  'heartbeatReordered',
  'heartbeatsFiltered',
  'replicationBlocked',
  'garbage',
  'portUnplugged',
  'portSilent',
  'portDetached',
  'switchDead',
  'referencesDead',
  'lanPartitioned',
  'pathsAlternate',
  'pathsAlternateUnseen',
  'blockedAndCut',
] as const;

export const linkFaults = {
  heartbeatCut: (site) => site.cut('heartbeatCut', site.world.cable.unplugged),
  heartbeatCutSilently: (site) => site.cut('heartbeatCutSilently', site.world.cable.silent),
  heartbeatOneWay: (site, box) =>
    site.cut(`heartbeatOneWay from ${box.name}`, site.world.cable.deafTo[box.side]),
  heartbeatLossy: (site) => {
    site.world.cable.heavyLoss = site.world.random.pick([0.1, 0.4, 0.6]);
    site.cut('heartbeatLossy', site.world.cable.lossy);
  },
  heartbeatReordered: (site) => site.cut('heartbeatReordered', site.world.cable.reordering),
  heartbeatsFiltered: filter,
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
  pathsAlternateUnseen: alternateUnseen,
  blockedAndCut,
} satisfies Readonly<Record<(typeof linkFaultNames)[number], Fault>>;

/** A packet filter, another key, a full socket: datagrams are lost on the way from one box or from both, and nothing else. */
function filter(site: FaultSite, box: Box): void {
  const { cable, random } = site.world;
  cable.filterLoss = random.pick([1, 1, 0.97, 0.97, 0.9]);
  const durationMs = site.durationMs();
  const both = random.chance(0.6);
  site.cut(`heartbeatsFiltered from ${box.name}`, cable.filtered[box.side], durationMs);
  if (!both) return;
  const { peer } = box;
  site.cut(`heartbeatsFiltered from ${peer.name}`, cable.filtered[peer.side], durationMs);
}

/** The same while the agent of one box is blocked, for about as long as the first of them: it sees the end alone. */
function alternateUnseen(site: FaultSite, box: Box): void {
  const { random } = site.world;
  const stallMs = random.pick([100, 200, 400, 800, 1600]) * random.between(0.7, 1.3);
  stallAgent(site.world, random.chance(0.7) ? box : box.peer, stallMs);
  alternate(site, box, 2 + random.below(3));
}

/** One agent is blocked or dies, and about then one path is lost, perhaps the other after it: it sees what is left. */
function blockedAndCut(site: FaultSite, box: Box): void {
  const { cable, lan, random, queue } = site.world;
  const { side } = random.chance(0.5) ? box : box.peer;
  const wire = random.pick([cable.unplugged, cable.unplugged, cable.silent]);
  const port = random.pick([lan.silent[side], lan.partitioned]);
  const [first, second] = random.chance(0.5) ? [wire, port] : [port, wire];
  const stallMs = random.pick([150, 300, 450, 1000, 1700]) * random.between(0.7, 1.3);
  const cutMs = random.pick([100, 200, 400, 1500, 6000]) * random.between(0.7, 1.3);
  const thenMs = random.pick([100, 1500, 4000]) * random.between(0.7, 1.3);
  const dies = random.chance(0.2);
  const goesOn = random.chance(0.5);
  queue.after(random.between(0, 120), () => {
    if (dies) box.crashAgent(stallMs);
    else stallAgent(site.world, box, stallMs);
  });
  queue.after(random.between(0, 120), () => {
    if (!site.isOpen()) return;
    site.cut('one path', first, cutMs);
    queue.after(cutMs + 0.5, () => {
      if (goesOn && site.isOpen()) site.cut('the other path', second, thenMs);
    });
  });
}

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
  const durationMs = random.pick([60, 120, 250, 500, 1500, 4000]) * random.between(0.7, 1.3);
  site.cut('the other path', rounds % 2 === 0 ? wire : port, durationMs);
  queue.after(durationMs + 0.5, () => alternate(site, box, rounds - 1));
}
