// Heartbeats drawn by chance over the whole range of every field, for the property tests.
import { stateNames } from '../../src/core/stateName.ts';
import type { Grant, Heartbeat, RecordStatement, Standing } from '../../src/core/standing.ts';
import type { Random } from '../simulator/random.ts';

export function drawnHeartbeat(random: Random): Heartbeat {
  return {
    sender: random.hex(16),
    agentStart: random.hex(8),
    seq: counter(random),
    echo: maybe(random, () => ({ agentStart: random.hex(8), seq: counter(random) })),
    heard: maybe(random, () => ({ agentStart: random.hex(8), seq: counter(random) })),
    standing: drawnStanding(random),
  };
}

function drawnStanding(random: Random): Standing {
  return {
    stateName: random.pick(stateNames),
    record: maybe(random, () => drawnRecord(random)),
    leaving: random.chance(0.5),
    lossCounter: counter(random),
    eligible: random.chance(0.5),
    grant: drawnGrant(random),
    switchoverEpoch: maybe(random, () => counter(random)),
    handingOver: random.chance(0.5),
    acknowledgedAlone: random.chance(0.5),
    replicationCut: random.chance(0.5),
    fitness: {
      carrier: random.chance(0.5),
      lan: random.chance(0.5),
      database: random.chance(0.5),
      disk: random.chance(0.5),
      services: random.chance(0.5),
      maintenance: random.chance(0.5),
    },
    preferred: random.chance(0.5),
    database: {
      systemId: maybe(random, () => position(random).toString()),
      majorVersion: maybe(random, () => random.uint32()),
      timeline: maybe(random, () => random.uint32()),
      lsn: maybe(random, () => position(random)),
      receiving: random.chance(0.5),
      rewindable: random.chance(0.5),
    },
    serviceMac: maybe(random, () => Array.from({ length: 6 }, () => random.hex(1)).join(':')),
  };
}

function drawnRecord(random: Random): RecordStatement {
  return {
    epoch: counter(random),
    holder: random.hex(16),
    partner: maybe(random, () => random.hex(16)),
    mode: random.pick(['paired', 'solo', 'catchup'] as const),
    handed: random.pick(['none', 'handed', 'handedBack'] as const),
    arbiter: random.pick(['lan', 'manual', 'etcd', 'fence'] as const),
    pairedHolder: maybe(random, () => random.hex(16)),
    timeline: random.uint32(),
    lsn: position(random),
  };
}

function drawnGrant(random: Random): Grant | null {
  const common = { epoch: counter(random), toStart: random.hex(8) };
  const type = random.pick(['none', 'eligibility', 'handover'] as const);
  if (type === 'none') return null;
  if (type === 'handover') return { type, ...common, lsn: position(random) };
  return { type, ...common, lossCounter: counter(random) };
}

function maybe<T>(random: Random, draw: () => T): T | null {
  return random.chance(0.7) ? draw() : null;
}

/** Edges are drawn as often as everything between them. */
function counter(random: Random): number {
  const middle = random.below(2 ** 21) * 2 ** 32 + random.uint32();
  return random.pick([0, 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, middle]);
}

function position(random: Random): bigint {
  const middle = BigInt(random.uint32()) * 2n ** 32n + BigInt(random.uint32());
  return random.pick([0n, 1n, 2n ** 64n - 1n, middle]);
}
