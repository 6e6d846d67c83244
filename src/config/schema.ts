// The keys of hotpair.yaml: the only source of their types, defaults, ranges, units and
// descriptions. Built on the first use, so that commands that read no configuration do not pay.
import * as z from 'zod';
import { boardNamed } from './boardValue.ts';
import { databaseSettings } from './databaseSettings.ts';
import { etcdSection } from './etcdSchema.ts';
import { facts } from './facts.ts';
import { fenceSection } from './fenceSchema.ts';
import { hooksSection } from './hookSchema.ts';
import { ledsSection, panelSection } from './panelSchema.ts';
import { lanSection, serialSection } from './pathSchema.ts';
import { servicesSection } from './serviceSchema.ts';
import { stabilitySection } from './stabilitySchema.ts';
import { syncSection } from './syncSchema.ts';
import {
  absolutePath,
  dataRate,
  deviceName,
  displayName,
  duration,
  durationFacts,
  type DurationLimits,
  hbaLine,
  interfaceAddress,
  ipv4Address,
  ipv4InterfaceAddress,
  ratePattern,
  userName,
} from './values.ts';

/** The zod schema of the whole file. */
export function configSchema() {
  built ??= buildConfigSchema();
  return built;
}

let built: ReturnType<typeof buildConfigSchema> | undefined;

/** The typed file before the derived times are filled in. */
export type ParsedConfig = z.output<ReturnType<typeof buildConfigSchema>>;

function buildConfigSchema() {
  return z.strictObject({
    node: nodeSection(),
    board: boardNamed(),
    pair: pairSection(),
    heartbeat: heartbeatSection(),
    service: serviceSection(),
    arbiter: arbiterSection(),
    timing: timingSection(),
    watchdog: watchdogSection(),
    database: databaseSection(),
    stability: stabilitySection(),
    state: stateSection(),
    log: logSection(),
    services: servicesSection(),
    hooks: hooksSection(),
    sync: syncSection(),
    panel: panelSection(),
    leds: ledsSection(),
  });
}

function nodeSection() {
  return z
    .strictObject({
      name: displayName().register(facts, {
        description: 'Name of this box as it is shown to people.',
        allowed: '1 to 63 letters, digits, dots and dashes',
        example: 'box-a',
      }),
      preferred: z.boolean().prefault(false).register(facts, {
        description:
          'Whether this box should be primary where both can be; on one box of a pair at most. See stability.failback.',
      }),
    })
    .register(facts, { description: 'This box.' });
}

function pairSection() {
  return z
    .strictObject({
      keyFile: path(
        '/etc/hotpair/pair.key',
        'The key that both boxes share, readable by root only.',
      ),
    })
    .prefault({})
    .register(facts, { description: 'The pair that this box belongs to.' });
}

function heartbeatSection() {
  return z
    .strictObject({
      port: device('eth1', 'Network device of the cable between the boxes.'),
      address: ipv4InterfaceAddress().register(facts, {
        description: 'Own address on the heartbeat port; the agent puts it there.',
        allowed: 'IPv4 address of a host with its prefix length',
        example: '169.254.69.1/30',
      }),
      peer: ipv4Address().register(facts, {
        description: "The other box's address on the heartbeat port.",
        allowed: 'IPv4 address of a host',
        example: '169.254.69.2',
      }),
      udpPort: tcpOrUdpPort(694, 'UDP port of the heartbeats.'),
      syncPort: tcpOrUdpPort(873, 'TCP port of the files that are copied, see `sync`.'),
      interval: time('50ms', { min: '10ms', max: '1s' }, 'Time between two heartbeats.'),
      deadInterval: time(
        '250ms',
        { min: '30ms', max: '30s' },
        'Silence after which the peer is suspected (D). It only starts a probe round.',
      ),
      fastDeadInterval: time(
        '100ms',
        { min: '20ms', max: '30s' },
        'The same where the heartbeat port has lost its carrier (D_fast).',
      ),
      serial: serialSection(),
      lan: lanSection(),
    })
    .transform(({ interval, deadInterval, fastDeadInterval, ...rest }) => ({
      ...rest,
      intervalMs: interval,
      deadIntervalMs: deadInterval,
      fastDeadIntervalMs: fastDeadInterval,
    }))
    .register(facts, { description: 'The dedicated link between the boxes.' });
}

function serviceSection() {
  return z
    .strictObject({
      port: device('eth0', 'Network device that the telephones reach.'),
      addresses: z
        .array(interfaceAddress())
        .min(1)
        .max(16)
        .register(facts, {
          description: 'Addresses that belong to whichever box is primary.',
          allowed: '1 to 16 IPv4 or IPv6 addresses with their prefix lengths',
          example: ['192.0.2.10/24'],
        }),
      references: z
        .array(ipv4Address())
        .max(8)
        .prefault([])
        .register(facts, {
          description:
            'Hosts in the LAN that answer ARP, the gateway and others; never the boxes themselves. Several, so that a dead router does not block a takeover.',
          allowed: 'up to 8 IPv4 addresses, at least 1 with the lan arbiter',
          example: ['192.0.2.1', '192.0.2.2'],
        }),
      standbyPort: z.enum(['unaddressed', 'down']).prefault('unaddressed').register(facts, {
        description:
          "The standby's service port: link up without the service addresses, or link down until takeover.",
      }),
      linkUpDeadline: time(
        '3s',
        { min: '100ms', max: '2m' },
        'Time that a port which was down gets for its carrier.',
      ),
    })
    .transform(({ linkUpDeadline, ...rest }) => ({ ...rest, linkUpDeadlineMs: linkUpDeadline }))
    .register(facts, { description: 'The port and the addresses of the telephone service.' });
}

function arbiterSection() {
  return z
    .strictObject({
      type: z.enum(['lan', 'etcd', 'fence', 'manual']).prefault('lan').register(facts, {
        description:
          'What gives a box the permission to go on alone: evidence from the LAN, a ledger outside the pair, a switch that takes the power from the other box, or a person only.',
      }),
      etcd: etcdSection(),
      fence: fenceSection(),
    })
    .prefault({})
    .register(facts, { description: 'Who decides when the boxes lose each other.' });
}

function timingSection() {
  return timingKeys()
    .transform((times) => ({
      marginMs: times.margin,
      takeoverLimitMs: times.takeoverLimit,
      soloMs: times.solo,
      soloFastMs: times.soloFast,
      promotionDeadlineMs: times.promotionDeadline,
      referenceIntervalMs: times.referenceInterval,
      referenceIdleIntervalMs: times.referenceIdleInterval,
      probeRoundMs: times.probeRound,
      probes: times.probes,
      selfTestIntervalMs: times.selfTestInterval,
      selfTestValidMs: times.selfTestValid,
    }))
    .prefault({})
    .register(facts, {
      description: 'Times of the pair protocol. Their relations are checked when the file is read.',
    });
}

function timingKeys() {
  return z.strictObject({
    margin: time(
      '100ms',
      { min: '10ms', max: '5s' },
      'Safety margin of every relation between times.',
    ),
    takeoverLimit: derivedTime(
      { min: '1s', max: '10m' },
      'Silence after which the standby may no longer take over by itself (T_max).',
      'watchdog.timeout + 1s + timing.probeRound + 3 x timing.margin (+ service.linkUpDeadline where service.standbyPort is down), rounded up to whole seconds',
    ),
    solo: derivedTime(
      { min: '1s', max: '30m' },
      'Silence after which the primary stops waiting for the standby (D_solo); commits stall that long.',
      'timing.takeoverLimit + watchdog.timeout + timing.promotionDeadline + 3 x timing.margin, rounded up to 100ms',
    ),
    soloFast: time(
      '1s',
      { min: '100ms', max: '1m' },
      'The same where the heartbeat port has no carrier and service.standbyPort is unaddressed (D_solo_fast).',
    ),
    promotionDeadline: time(
      '2s',
      { min: '200ms', max: '5m' },
      'Time that PostgreSQL gets to promote.',
    ),
    referenceInterval: time(
      '200ms',
      { min: '50ms', max: '5s' },
      'Time between two checks of the references while something is suspicious.',
    ),
    referenceIdleInterval: time(
      '2s',
      { min: '200ms', max: '1m' },
      'Time between two checks of the references otherwise.',
    ),
    probeRound: time(
      '90ms',
      { min: '30ms', max: '5s' },
      'Length of one round of probes for the service address.',
    ),
    probes: z.int().min(1).max(10).prefault(3).register(facts, {
      description: 'Probes in one round.',
      allowed: '1 to 10',
    }),
    selfTestInterval: time(
      '10s',
      { min: '1s', max: '5m' },
      'Time between two tests that a living primary does answer the probe.',
    ),
    selfTestValid: time('60s', { min: '2s', max: '1h' }, 'How long such a test counts.'),
  });
}

function watchdogSection() {
  return z
    .strictObject({
      policy: z.enum(['automatic', 'required', 'off']).prefault('automatic').register(facts, {
        description:
          'automatic: used where there is one. required: without it the agent does not start. off: never opened.',
      }),
      device: path('/dev/watchdog', "The watchdog's device."),
      timeout: time(
        '2s',
        { min: '1s', max: '1m', wholeSeconds: true },
        'Time after which a hung box is reset (W). What the device really took is used.',
      ),
    })
    .transform(({ timeout, ...rest }) => ({ ...rest, timeoutMs: timeout }))
    .prefault({})
    .register(facts, { description: 'The hardware watchdog that resets a hung box.' });
}

function databaseSection() {
  return z
    .strictObject({
      dataDirectory: path('/var/lib/hotpair/pgdata', "PostgreSQL's data directory."),
      binDirectory: absolutePath().optional().register(facts, {
        description:
          'Directory of the PostgreSQL programs. Found by itself where this is missing: /usr/lib/postgresql, then PATH.',
        allowed: 'absolute path',
        example: '/usr/lib/postgresql/15/bin',
      }),
      user: userName().prefault('postgres').register(facts, {
        description: 'Unix user that PostgreSQL runs as, never root.',
        allowed: 'name of a user other than root',
      }),
      port: tcpOrUdpPort(5432, 'TCP port of PostgreSQL.'),
      socketDirectory: path('/run/postgresql', "Directory of PostgreSQL's Unix socket."),
      settings: databaseSettings()
        .prefault({})
        .register(facts, {
          description:
            'Further PostgreSQL settings. Those that hotpair generates itself are refused. Passwords do not belong here.',
          allowed: 'names of settings to text, number or true and false',
          example: { shared_buffers: '256MB' },
        }),
      hba: z
        .array(hbaLine())
        .max(100)
        .prefault([])
        .register(facts, {
          description:
            'Lines of pg_hba.conf for the clients; in force while this box lets clients in.',
          allowed: 'up to 100 lines of pg_hba.conf',
          example: ['host all all 192.0.2.0/24 scram-sha-256'],
        }),
      shutdownDeadline: time(
        '10s',
        { min: '1s', max: '10m' },
        'Time that PostgreSQL gets to stop cleanly.',
      ),
      cloneRate: dataRate().optional().register(facts, {
        description:
          'Upper limit of the data rate while a standby is cloned, each second. None where missing.',
        allowed: '32kB to 1024MB',
        example: '50MB',
        pattern: ratePattern,
      }),
    })
    .transform(({ shutdownDeadline, cloneRate, ...rest }) => ({
      ...rest,
      shutdownDeadlineMs: shutdownDeadline,
      cloneRateKilobytes: cloneRate,
    }))
    .prefault({})
    .register(facts, { description: 'The PostgreSQL instance that the agent owns.' });
}

function stateSection() {
  return z
    .strictObject({
      directory: path(
        '/var/lib/hotpair',
        'What must survive a power loss: identity, record, events, what a rewind set aside.',
      ),
      runDirectory: path('/run/hotpair', "The control socket and the agent's process id."),
    })
    .prefault({})
    .register(facts, { description: 'Directories of the agent.' });
}

function logSection() {
  return z
    .strictObject({
      level: z.enum(['error', 'warning', 'info', 'debug']).prefault('info').register(facts, {
        description: 'The least important line that is still written to stderr.',
      }),
    })
    .prefault({})
    .register(facts, { description: 'The log on stderr.' });
}

function path(byDefault: string, description: string) {
  return absolutePath()
    .prefault(byDefault)
    .register(facts, { description, allowed: 'absolute path' });
}

function device(example: string, description: string) {
  return deviceName().register(facts, {
    description,
    allowed: '1 to 15 characters without space, slash or colon',
    example,
    byBoard: true,
  });
}

function tcpOrUdpPort(byDefault: number, description: string) {
  return z
    .int()
    .min(1)
    .max(65_535)
    .prefault(byDefault)
    .register(facts, { description, allowed: '1 to 65535' });
}

function time(byDefault: string, limits: DurationLimits, description: string) {
  return duration(limits)
    .prefault(byDefault)
    .register(facts, { description, ...durationFacts(limits) });
}

function derivedTime(limits: DurationLimits, description: string, derived: string) {
  return duration(limits)
    .optional()
    .register(facts, { description, derived, ...durationFacts(limits) });
}
