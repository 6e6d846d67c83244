// Faults of the arbiter outside the pair. They are drawn in every world and mean nothing where it is not asked.
import type { Fault } from './faultSite.ts';
import { arbiters } from './simulatedArbiter.ts';

export const arbiterFaultNames = [
  'arbiterDown',
  'arbiterUnreachable',
  'arbiterSlow',
  'arbiterForgets',
  'fenceRefuses',
  'everythingCut',
  'arbiterReconfigured',
] as const;

export const arbiterFaults = {
  arbiterDown: ({ world, cut, durationMs }) => {
    const lastsMs = durationMs();
    cut('arbiterDown', world.etcd.down, lastsMs);
    cut('fence device down', world.fence.down, lastsMs);
  },
  arbiterUnreachable: ({ world, cut, durationMs }, box) => {
    const lastsMs = durationMs();
    cut(`arbiterUnreachable from ${box.name}`, world.etcd.unreachable[box.side], lastsMs);
    cut(`fence device unreachable from ${box.name}`, world.fence.unreachable[box.side], lastsMs);
  },
  arbiterSlow: ({ world, cut, durationMs }) => {
    const lastsMs = durationMs();
    cut('arbiterSlow', world.etcd.slow, lastsMs);
    cut('fence device slow', world.fence.slow, lastsMs);
  },
  arbiterForgets: ({ world }) => world.ledgerForgets(),
  fenceRefuses: ({ world, cut }) => cut('fenceRefuses', world.fence.refusing),
  /** Every heartbeat path and the LAN between the boxes at once: what the `lan` arbiter must assume away. */
  everythingCut: ({ world, cut, durationMs }) => {
    const lastsMs = durationMs();
    cut('every path', world.cable.silent, lastsMs);
    cut('and the LAN between them', world.lan.partitioned, lastsMs);
  },
  /** One box is configured for another arbiter: from then on none of them gives it anything. */
  arbiterReconfigured: ({ world, endLater, durationMs }, box) => {
    const { arbiter } = world.options;
    if (box.peer.arbiter !== arbiter) return;
    box.configureArbiter(world.random.pick(arbiters.filter((name) => name !== arbiter)));
    endLater(durationMs(), () => box.configureArbiter(arbiter));
  },
} satisfies Readonly<Record<(typeof arbiterFaultNames)[number], Fault>>;
