// Seeds with a theme: faults of one kind only, many at once and soon again. What a rule is for is mostly a handful of things
// that go wrong within a second or two; a world in which everything can go wrong seldom shows exactly those.
import type { Random } from './random.ts';
import type { FaultName, WorldOptions } from './worldOptions.ts';

const themes: readonly (readonly FaultName[])[] = [
  // Who lives, who is cut off, who only sleeps: what the two boxes can know of each other.
  [
    'heartbeatCut',
    'heartbeatCutSilently',
    'heartbeatOneWay',
    'heartbeatsFiltered',
    'portUnplugged',
    'portSilent',
    'pathsAlternate',
    'pathsAlternateUnseen',
    'blockedAndCut',
    'heartbeatLossy',
    'agentStalled',
    'agentHung',
    'powerLoss',
    'addressRemoved',
  ],
  [
    'heartbeatCut',
    'heartbeatsFiltered',
    'heartbeatLossy',
    'portSilent',
    'pathsAlternateUnseen',
    'blockedAndCut',
    'powerLoss',
    'agentCrashed',
    'diskSlow',
  ],
  // Records that come late, twice, or not at all while epochs change.
  [
    'diskSlow',
    'diskFailing',
    'agentCrashed',
    'powerLoss',
    'bothPowerLoss',
    'heartbeatCut',
    'heartbeatsFiltered',
    'replicationBlocked',
    'switchover',
  ],
  // Databases that die, hang, fork and follow again while the epoch is handed on.
  [
    'databaseCrashed',
    'databaseHung',
    'logRecycled',
    'replicationBlocked',
    'powerLoss',
    'bothPowerLoss',
    'heartbeatCut',
    'switchover',
    'portUnplugged',
  ],
];

export type FaultOptions = Pick<
  WorldOptions,
  'calmMs' | 'maxFaultsInCluster' | 'clusterMs' | 'weights' | 'aim'
>;

export function drawTheme(random: Random, names: readonly FaultName[]): FaultOptions {
  const theme = random.pick(themes).filter((name) => names.includes(name));
  const weights = theme.map(
    (name) => [name, random.chance(0.7) ? random.pick([1, 1, 3]) : 0] as const,
  );
  return {
    calmMs: random.pick([2000, 5000]),
    maxFaultsInCluster: random.pick([2, 3, 5]),
    clusterMs: random.pick([300, 1000, 3000]),
    weights: weights.some(([, weight]) => weight > 0) ? weights : [['powerLoss', 1]],
    aim: random.pick([0.2, 0.6, 1]),
  };
}
