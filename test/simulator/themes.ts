// Seeds with a theme: faults of one kind only, close together, and again as soon as the pair has recovered. What a rule is
// for is mostly a handful of things that go wrong within a second; where everything can go wrong those are seldom seen.
import type { Random } from './random.ts';
import type { SimulatedArbiter } from './simulatedArbiter.ts';
import type { FaultName, WorldOptions } from './worldOptions.ts';

type DrawnTheme = 'sight' | 'blocked' | 'records' | 'databases' | 'arbiter';
/** Each for a story of which every step must follow on the last: what is drawn at random never comes to its end. */
type AimedTheme = 'blink' | 'question' | 'forgetful' | 'handback' | 'return' | 'late';
export type ThemeName = DrawnTheme | AimedTheme;

const themes: Readonly<Record<DrawnTheme, readonly FaultName[]>> = {
  /** Who lives, who is cut off, who only sleeps: what the two boxes can know of each other. */
  sight: [
    'heartbeatCut',
    'heartbeatCutSilently',
    'heartbeatOneWay',
    'heartbeatLossy',
    'heartbeatsFiltered',
    'portUnplugged',
    'portSilent',
    'pathsAlternate',
    'agentStalled',
    'agentHung',
    'powerLoss',
    'addressRemoved',
    'operatorTakeover',
  ],
  /** One box does not look while the other decides, or is not heard although it could be. */
  blocked: [
    'heartbeatCut',
    'heartbeatLossy',
    'heartbeatsFiltered',
    'pathsAlternateUnseen',
    'blockedAndCut',
    'portSilent',
    'addressRemoved',
    'diskSlow',
  ],
  /** Records that come late, twice, or not at all while epochs change. */
  records: [
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
  /** Databases that die, hang, fork and follow again while the epoch is handed on. */
  databases: [
    'databaseCrashed',
    'databaseHung',
    'agentCrashed',
    'logRecycled',
    'replicationBlocked',
    'powerLoss',
    'bothPowerLoss',
    'heartbeatCut',
    'switchover',
    'portUnplugged',
  ],
  /** What the arbiter outside the pair does and does not answer, and one box that is configured for another. */
  arbiter: [
    'arbiterDown',
    'arbiterUnreachable',
    'arbiterSlow',
    'arbiterForgets',
    'arbiterReconfigured',
    'fenceRefuses',
    'everythingCut',
    'heartbeatCut',
    'heartbeatsFiltered',
    'blockedAndCut',
    'agentCrashed',
    'powerLoss',
  ],
};

const drawn: readonly DrawnTheme[] = [
  'sight',
  'sight',
  'blocked',
  'blocked',
  'records',
  'databases',
];

export type FaultOptions = Pick<
  WorldOptions,
  | 'theme'
  | 'calmMs'
  | 'maxFaultsInCluster'
  | 'waitsForHealth'
  | 'returnsSoon'
  | 'clusterMs'
  | 'weights'
  | 'aim'
  | 'strike'
  | 'promotionFailure'
>;

export function drawTheme(random: Random, names: readonly FaultName[]): FaultOptions {
  const isOutside = names.includes('arbiterSlow');
  const theme = random.pick<DrawnTheme>([
    ...drawn,
    'arbiter',
    ...(isOutside ? (['arbiter', 'arbiter'] as const) : []),
  ]);
  const isOfEvidence = theme === 'sight' || theme === 'blocked';
  const share = random.pick([0.4, 0.8]);
  const weights = themes[theme]
    .filter((name) => names.includes(name))
    .map((name) => [name, random.chance(share) ? random.pick([1, 1, 3]) : 0] as const);
  return {
    theme,
    calmMs: random.pick([300, 2000]),
    // A second fault of these kinds belongs into the recovery from the first.
    waitsForHealth: random.chance(isOfEvidence ? 0.8 : 0.3),
    returnsSoon: random.chance(0.8),
    maxFaultsInCluster: random.pick([2, 3, 5]),
    clusterMs: random.pick([300, 1000, 3000]),
    weights: weights.some(([, weight]) => weight > 0) ? weights : [['powerLoss', 1]],
    aim: random.pick([0, 0.5]),
    strike: random.pick([0.3, 0.8]),
    promotionFailure: random.pick(theme === 'databases' ? [0, 0.6] : [0, 0, 0.1]),
  };
}

type Weights = WorldOptions['weights'];

const aimed: Readonly<Record<AimedTheme, Weights>> = {
  /** The LAN is away for just as long as the standby looks. */
  blink: [['lanBlinks', 1]],
  /** The one question that was asked in a round was lost. */
  question: [['questionLost', 1]],
  /** The primary restarts with less than its standby holds. */
  forgetful: [
    ['logForgotten', 3],
    ['databaseCrashed', 1],
    ['databaseHung', 1],
    ['powerLoss', 1],
  ],
  /** A promotion fails, and the epoch goes back and forth while agents die. */
  handback: [
    ['switchover', 3],
    ['agentCrashed', 3],
    ['heartbeatCut', 1],
  ],
  /** An operator's order lands when the epoch that it was meant for is gone. */
  late: [['orderLate', 1]],
  /** Who was alone comes back after an operator gave his epoch to the other. */
  return: [
    ['oldPrimaryReturns', 3],
    ['powerLoss', 1],
  ],
};

const aimedAt: Readonly<Record<SimulatedArbiter, readonly AimedTheme[]>> = {
  lan: ['blink', 'question', 'forgetful', 'handback', 'return'],
  etcd: ['late'],
  fence: [],
};

/** One seed in ten, drawn beside all the rest: the others stay as they are. */
export function drawAimed(random: Random, arbiter: SimulatedArbiter): Partial<FaultOptions> {
  const themesOfIt = aimedAt[arbiter];
  if (themesOfIt.length === 0 || !random.chance(0.1)) return {};
  const theme = random.pick(themesOfIt);
  return {
    theme,
    calmMs: random.pick([300, 2000]),
    waitsForHealth: true,
    returnsSoon: true,
    maxFaultsInCluster: 1,
    clusterMs: 1000,
    weights: aimed[theme],
    aim: theme === 'handback' ? 1 : 0,
    strike: theme === 'blink' || theme === 'question' ? 0.8 : 0,
    promotionFailure: theme === 'handback' || theme === 'forgetful' ? 0.6 : 0,
  };
}
