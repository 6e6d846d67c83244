// What belongs together in `arbiter.fence`, and what is unwise there. All of it is asked only where fence is the arbiter.
import type { Config } from './config.ts';
import { formatDuration } from './duration.ts';
import type { Finding, Relation } from './relation.ts';

/** The relations of the arbiter fence. */
export const fenceRelations: readonly Relation[] = [
  {
    code: 'CONFIG_RELATION_FENCE_DEVICES',
    keys: ['arbiter.fence.devices', 'arbiter.type'],
    find: ofFence(devicesUnsuited),
  },
];

const timesOfDelay = [
  'timing.soloFast',
  'timing.margin',
  'timing.probeRound',
  'heartbeat.deadInterval',
] as const;

/** The warnings of the arbiter fence. */
export const fenceWarnings: readonly Relation[] = [
  {
    code: 'CONFIG_WARNING_FENCE_DELAY',
    keys: ['arbiter.fence.delay', 'arbiter.fence.devices', 'arbiter.type', ...timesOfDelay],
    find: ofFence(delayTooShort),
  },
  {
    code: 'CONFIG_WARNING_FENCE_UNVERIFIED',
    keys: ['arbiter.fence.devices', 'arbiter.type'],
    find: ofFence(deviceUnverified),
  },
];

/**
 * How long the box that serves waits before it gives the order: until an order that a living standby has given in the same
 * silence has been carried out. Written, or derived.
 */
export function fenceDelayMs(config: Config): number {
  return config.arbiter.fence.delayMs ?? leastDelayMs(config);
}

const stepMs = 100;

function leastDelayMs({ arbiter, heartbeat, timing }: Config): number {
  const { devices } = arbiter.fence;
  const levels = [...new Set(devices.map(({ level }) => level))];
  const slowestMs = levels.reduce((sum, number) => {
    const deadlines = devices.filter(({ level }) => level === number);
    return sum + Math.max(...deadlines.map(({ deadlineMs }) => deadlineMs));
  }, 0);
  // The standby asks after D and a round of its LAN, the primary after D_solo_fast at the soonest.
  const aheadMs = timing.soloFastMs - heartbeat.deadIntervalMs - timing.probeRoundMs;
  const leastMs = slowestMs + timing.marginMs - aheadMs;
  return Math.max(0, Math.ceil(leastMs / stepMs) * stepMs);
}

function ofFence(find: (config: Config) => readonly Finding[]): Relation['find'] {
  return (config) => (config.arbiter.type === 'fence' ? find(config) : []);
}

function devicesUnsuited({ arbiter }: Config): readonly Finding[] {
  const names = arbiter.fence.devices.map(({ name }) => name);
  if (names.length === 0) {
    const message = 'arbiter.fence.devices: the fence arbiter needs something that switches';
    return [{ message, seen: 'none', allowed: '1 to 8 devices' }];
  }
  return names.flatMap((seen, index): readonly Finding[] =>
    names.indexOf(seen) < index
      ? [{ message: 'arbiter.fence.devices: two devices have the same name', seen, index }]
      : [],
  );
}

function delayTooShort(config: Config): readonly Finding[] {
  const { delayMs } = config.arbiter.fence;
  const leastMs = leastDelayMs(config);
  if (delayMs === undefined || delayMs >= leastMs) return [];
  return [
    {
      message:
        'arbiter.fence.delay: two living boxes that lose each other can switch each other off, and stay dark until somebody comes',
      seen: formatDuration(delayMs),
      allowed: `${formatDuration(leastMs)} or more is safe, or a shorter deadline of the devices`,
    },
  ];
}

function deviceUnverified({ arbiter }: Config): readonly Finding[] {
  return arbiter.fence.devices.flatMap(({ name, verify }, index): readonly Finding[] =>
    verify
      ? []
      : [
          {
            message: `arbiter.fence.devices: ${name} is believed that the box is off without being asked; where it is wrong both boxes serve`,
            seen: 'verify: false',
            allowed: 'verify: true is safe',
            index,
          },
        ],
  );
}
