// The relations between keys, each with its own code: which times leave room for which, which
// addresses belong together. A relation is asked only where every key that it needs is valid.
import { formatInterfaceAddress, isHostAddress, isInNetwork, networksOverlap } from './address.ts';
import {
  type Config,
  leastDeadIntervalMs,
  leastSoloFastMs,
  probeSpacingMs,
  leastSoloMs,
  leastTakeoverLimitMs,
  withWatchdogTimeout,
} from './config.ts';
import { formatDuration } from './duration.ts';
import { etcdRelations } from './etcdRelations.ts';
import { fenceRelations } from './fenceRelations.ts';
import { hookRelations } from './hookRelations.ts';
import { panelRelations } from './panelRelations.ts';
import { pathRelations } from './pathRelations.ts';
import type { Finding, Relation } from './relation.ts';
import { serviceRelations } from './serviceRelations.ts';
import { syncRelations } from './syncRelations.ts';
import { warnings } from './warnings.ts';

/** A relation that does not hold. */
export type BrokenRelation = Finding & Pick<Relation, 'code' | 'keys'>;

/** All relations and warnings that speak, but for those that need a key that is not valid. */
export function findingsOf(config: Config, isValid: (key: string) => boolean): BrokenRelation[] {
  return [...relations, ...warnings]
    .filter(({ keys }) => keys.every((key) => isValid(key)))
    .flatMap(({ code, keys, find }) =>
      find(config)
        .filter(({ at, needs = [] }) =>
          [...(at === undefined ? [] : [at]), ...needs].every(isValid),
        )
        .map((finding): BrokenRelation => ({ ...finding, code, keys })),
    );
}

/**
 * The relations that a valid configuration breaks once the watchdog's real timeout is known. A
 * device may take a longer timeout than the one asked for; written times may then be too short.
 */
export function brokenRelations(config: Config, effectiveWatchdogMs: number): BrokenRelation[] {
  const effective = withWatchdogTimeout(config, effectiveWatchdogMs);
  return relations.flatMap(({ code, keys, find }) =>
    find(effective).map((finding): BrokenRelation => ({ ...finding, code, keys })),
  );
}

const takeoverLimitKeys = [
  'timing.takeoverLimit',
  'watchdog.timeout',
  'timing.probeRound',
  'timing.margin',
  'service.standbyPort',
  'service.linkUpDeadline',
] as const;

/** The table of relations, in the order of protocol.md section 6. */
export const relations: readonly Relation[] = [
  { code: 'CONFIG_RELATION_TMAX', keys: takeoverLimitKeys, find: takeoverLimitTooShort },
  {
    code: 'CONFIG_RELATION_DSOLO',
    keys: ['timing.solo', 'timing.promotionDeadline', ...takeoverLimitKeys],
    find: soloTooShort,
  },
  {
    code: 'CONFIG_RELATION_SOLO_FAST',
    keys: [
      'timing.soloFast',
      'heartbeat.deadInterval',
      'heartbeat.interval',
      'timing.probeRound',
      'timing.margin',
      'service.standbyPort',
    ],
    find: soloFastTooShort,
  },
  {
    code: 'CONFIG_RELATION_INTERVAL',
    keys: ['heartbeat.deadInterval', 'heartbeat.interval', 'timing.probeRound', 'timing.probes'],
    find: deadIntervalTooShort,
  },
  {
    code: 'CONFIG_RELATION_FAST_DEAD',
    keys: ['heartbeat.fastDeadInterval', 'heartbeat.interval', 'heartbeat.deadInterval'],
    find: fastDeadIntervalMisplaced,
  },
  {
    code: 'CONFIG_RELATION_PROBES',
    keys: ['timing.probeRound', 'timing.probes'],
    find: probesTooDense,
  },
  {
    code: 'CONFIG_RELATION_REFERENCE_INTERVAL',
    keys: ['timing.referenceInterval', 'timing.referenceIdleInterval'],
    find: referenceIntervalsSwapped,
  },
  {
    code: 'CONFIG_RELATION_REFERENCE_DEAD',
    keys: [
      'timing.referenceInterval',
      'heartbeat.deadInterval',
      'timing.probeRound',
      'timing.probes',
    ],
    find: referenceIntervalTooLong,
  },
  {
    code: 'CONFIG_RELATION_SELF_TEST',
    keys: ['timing.selfTestValid', 'timing.selfTestInterval'],
    find: selfTestExpires,
  },
  {
    code: 'CONFIG_RELATION_HEARTBEAT_SUBNET',
    keys: ['heartbeat.peer', 'heartbeat.address'],
    find: peerIsNoNeighbour,
  },
  ...pathRelations,
  {
    code: 'CONFIG_RELATION_NETWORKS',
    keys: ['service.addresses', 'heartbeat.address'],
    find: networksMeet,
  },
  { code: 'CONFIG_RELATION_PORTS', keys: ['heartbeat.port', 'service.port'], find: portsAreOne },
  {
    code: 'CONFIG_RELATION_SERVICE_ADDRESS',
    keys: ['service.addresses', 'arbiter.type'],
    find: serviceAddressesUnsuited,
  },
  {
    code: 'CONFIG_RELATION_REFERENCE_NONE',
    keys: ['service.references', 'arbiter.type'],
    find: referencesMissing,
  },
  {
    code: 'CONFIG_RELATION_REFERENCE_SELF',
    keys: ['service.references', 'service.addresses', 'heartbeat.address', 'heartbeat.peer'],
    find: referencesOfThePair,
  },
  {
    code: 'CONFIG_RELATION_REFERENCE_SUBNET',
    keys: ['service.references', 'service.addresses'],
    find: referencesElsewhere,
  },
  {
    code: 'CONFIG_RELATION_DIRECTORIES',
    keys: ['state.directory', 'state.runDirectory', 'database.dataDirectory'],
    find: stateInsideDatabase,
  },
  ...etcdRelations,
  ...fenceRelations,
  ...serviceRelations,
  ...hookRelations,
  ...syncRelations,
  ...panelRelations,
];

function takeoverLimitTooShort(config: Config): Finding[] {
  const least = leastTakeoverLimitMs(config);
  const link = config.service.standbyPort === 'down' ? ' + service.linkUpDeadline' : '';
  return mustExceed(
    config.timing.takeoverLimitMs,
    least,
    `timing.takeoverLimit must exceed watchdog.timeout + 1s + timing.probeRound + timing.margin${link}`,
  );
}

function soloTooShort(config: Config): Finding[] {
  return mustExceed(
    config.timing.soloMs,
    leastSoloMs(config),
    'timing.solo must exceed timing.takeoverLimit + watchdog.timeout + timing.promotionDeadline + timing.margin',
  );
}

function soloFastTooShort(config: Config): Finding[] {
  // There is no fast solo where the standby's port is kept down.
  if (config.service.standbyPort === 'down') return [];
  return mustExceed(
    config.timing.soloFastMs,
    leastSoloFastMs(config),
    'timing.soloFast must exceed heartbeat.deadInterval + 3 × heartbeat.interval (or timing.probeRound, if that is longer) + 2 × timing.probeRound + timing.margin',
  );
}

function mustExceed(ms: number, leastMs: number, message: string): Finding[] {
  if (ms > leastMs) return [];
  return [{ message, seen: formatDuration(ms), allowed: `more than ${formatDuration(leastMs)}` }];
}

function deadIntervalTooShort(config: Config): Finding[] {
  const { heartbeat } = config;
  const least = Math.ceil(leastDeadIntervalMs(config));
  if (heartbeat.deadIntervalMs >= least) return [];
  return [
    {
      message:
        'heartbeat.deadInterval must be at least 3 × heartbeat.interval + 2 × timing.probeRound / timing.probes',
      seen: formatDuration(heartbeat.deadIntervalMs),
      allowed: `${formatDuration(least)} or more`,
    },
  ];
}

function fastDeadIntervalMisplaced({ heartbeat }: Config): Finding[] {
  const { intervalMs, fastDeadIntervalMs, deadIntervalMs } = heartbeat;
  if (fastDeadIntervalMs > intervalMs && fastDeadIntervalMs <= deadIntervalMs) return [];
  return [
    {
      message:
        'heartbeat.fastDeadInterval must exceed heartbeat.interval and not exceed heartbeat.deadInterval',
      seen: formatDuration(fastDeadIntervalMs),
      allowed: `more than ${formatDuration(intervalMs)}, up to ${formatDuration(deadIntervalMs)}`,
    },
  ];
}

// Shorter than this a LAN host under load may not have answered before the next probe is due.
const leastProbeSpacingMs = 10;

function probesTooDense({ timing }: Config): Finding[] {
  const least = timing.probes * leastProbeSpacingMs;
  if (timing.probeRoundMs >= least) return [];
  return [
    {
      message: `timing.probeRound must leave each of its ${timing.probes} probes ${leastProbeSpacingMs}ms`,
      seen: formatDuration(timing.probeRoundMs),
      allowed: `${formatDuration(least)} or more`,
    },
  ];
}

function referenceIntervalsSwapped({ timing }: Config): Finding[] {
  if (timing.referenceIntervalMs <= timing.referenceIdleIntervalMs) return [];
  return [
    {
      message: 'timing.referenceInterval must not exceed timing.referenceIdleInterval',
      seen: formatDuration(timing.referenceIntervalMs),
      allowed: `up to ${formatDuration(timing.referenceIdleIntervalMs)}`,
    },
  ];
}

// A primary that looks at its LAN more rarely could miss that it was away while the standby found nobody there.
function referenceIntervalTooLong(config: Config): Finding[] {
  const most = Math.floor(config.heartbeat.deadIntervalMs - probeSpacingMs(config));
  if (config.timing.referenceIntervalMs <= most) return [];
  return [
    {
      message:
        'timing.referenceInterval must not exceed heartbeat.deadInterval - timing.probeRound / timing.probes',
      seen: formatDuration(config.timing.referenceIntervalMs),
      allowed: `up to ${formatDuration(most)}`,
    },
  ];
}

function selfTestExpires({ timing }: Config): Finding[] {
  const least = 2 * timing.selfTestIntervalMs;
  if (timing.selfTestValidMs >= least) return [];
  return [
    {
      message: 'timing.selfTestValid must be at least twice timing.selfTestInterval',
      seen: formatDuration(timing.selfTestValidMs),
      allowed: `${formatDuration(least)} or more`,
    },
  ];
}

function peerIsNoNeighbour({ heartbeat }: Config): Finding[] {
  const { address, peer } = heartbeat;
  const allowed = `another host address of the network of ${formatInterfaceAddress(address)}`;
  if (address.address === peer) {
    return [{ message: "heartbeat.peer is this box's own address", seen: peer, allowed }];
  }
  if (!isInNetwork(peer, address)) {
    return [
      {
        message: 'heartbeat.peer is in another network than heartbeat.address',
        seen: peer,
        allowed,
      },
    ];
  }
  if (!isHostAddress(peer, address.prefixLength)) {
    return [
      { message: 'heartbeat.peer names the network or everybody in it', seen: peer, allowed },
    ];
  }
  return [];
}

function networksMeet({ service, heartbeat }: Config): Finding[] {
  return service.addresses.flatMap((address, index): Finding[] =>
    networksOverlap(address, heartbeat.address)
      ? [
          {
            message: 'service.addresses: this network overlaps that of heartbeat.address',
            seen: formatInterfaceAddress(address),
            allowed: `a network apart from that of ${formatInterfaceAddress(heartbeat.address)}`,
            index,
          },
        ]
      : [],
  );
}

function portsAreOne({ heartbeat, service }: Config): Finding[] {
  if (heartbeat.port !== service.port) return [];
  return [
    {
      message: 'heartbeat.port and service.port must be two network devices',
      seen: heartbeat.port,
      allowed: 'another device than service.port',
    },
  ];
}

function serviceAddressesUnsuited({ service, arbiter }: Config): Finding[] {
  const texts = service.addresses.map(({ address }) => address);
  const repeated = texts.flatMap((text, index): Finding[] =>
    texts.indexOf(text) < index
      ? [{ message: 'service.addresses: this address is written twice', seen: text, index }]
      : [],
  );
  if (arbiter.type !== 'lan' || service.addresses.some(({ family }) => family === 4)) {
    return repeated;
  }
  const message = 'the lan arbiter probes by ARP and needs an IPv4 address in service.addresses';
  return [...repeated, { message, seen: 'IPv6 only', allowed: 'at least one IPv4 address' }];
}

function referencesMissing({ service, arbiter }: Config): Finding[] {
  if (arbiter.type !== 'lan' || service.references.length > 0) return [];
  return [
    {
      message: 'service.references: the lan arbiter needs hosts of the LAN to ask',
      seen: 'none',
      allowed: '1 to 8 IPv4 addresses',
    },
  ];
}

function referencesOfThePair({ service, heartbeat }: Config): Finding[] {
  const own = [heartbeat.address.address, ...service.addresses.map(({ address }) => address)];
  return service.references.flatMap((seen, index): Finding[] => {
    const allowed = 'hosts other than the two boxes';
    if (own.includes(seen)) {
      return [
        { message: 'service.references: this is an own address of the pair', seen, allowed, index },
      ];
    }
    if (seen === heartbeat.peer) {
      return [{ message: "service.references: this is the peer's address", seen, allowed, index }];
    }
    return [];
  });
}

function referencesElsewhere({ service }: Config): Finding[] {
  const networks = service.addresses.filter(({ family }) => family === 4);
  // Without an IPv4 network every reference would be wrong: SERVICE_ADDRESS has said so already.
  if (networks.length === 0) return [];
  return service.references.flatMap((seen, index): Finding[] =>
    networks.some((network) => isInNetwork(seen, network))
      ? []
      : [
          {
            message: 'service.references: this host is in no service network and cannot answer ARP',
            seen,
            allowed: `a host in ${networks.map(formatInterfaceAddress).join(' or ')}`,
            index,
          },
        ],
  );
}

function stateInsideDatabase({ state, database }: Config): Finding[] {
  return [
    { key: 'state.directory', directory: state.directory },
    { key: 'state.runDirectory', directory: state.runDirectory },
  ].flatMap(({ key, directory }): Finding[] =>
    `${directory}/`.startsWith(`${database.dataDirectory}/`)
      ? [
          {
            // A rewind or a new clone replaces the data directory and everything in it.
            message: `${key} must not lie in database.dataDirectory`,
            seen: directory,
            allowed: `a directory outside ${database.dataDirectory}`,
          },
        ]
      : [],
  );
}
