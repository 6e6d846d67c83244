// The keys of `services`: what the guardian starts, watches and starts again on this box.
import * as z from 'zod';
import { checksOfService } from './checkSchema.ts';
import { facts } from './facts.ts';
import {
  accountName,
  command,
  commandRule,
  count,
  environment,
  entryNameRule,
  environmentRule,
  size,
  sizePattern,
  time,
  unitName,
  workingDirectory,
} from './serviceValues.ts';
import { absolutePath } from './values.ts';

/** The section `services`: a map of names to descriptions. */
export function servicesSection() {
  return z.record(z.string(), serviceSchema()).prefault({}).register(facts, {
    description:
      'The programs of the telephone system, each under its name. The guardian starts them in the order of `after`, watches them and starts them again.',
    allowed: 'up to 100 services',
  });
}

function serviceSchema() {
  return z
    .strictObject({
      ...programKeys(),
      ...placeKeys(),
      ...settingKeys(),
      limits: limitsSection(),
      startDeadline: time(
        '10s',
        { min: '100ms', max: '30m' },
        'Started and not up by then (every check passed once) is a failure.',
      ),
      stopDeadline: time(
        '5s',
        { min: '100ms', max: '10m' },
        'Asked to end and still there by then: it is killed.',
      ),
      restart: restartSection(),
      checks: checksOfService(),
    })
    .transform(({ startDeadline, stopDeadline, log, ...rest }) => ({
      ...rest,
      startDeadlineMs: startDeadline,
      stopDeadlineMs: stopDeadline,
      logBytes: log,
    }))
    .register(facts, {
      description: `One service; its name has ${entryNameRule}. Exactly one of \`command\`, \`script\` and \`unit\` says how it is started.`,
    });
}

/** How it is started. */
function programKeys() {
  return {
    command: command()
      .optional()
      .register(facts, {
        description:
          'A program that stays in the foreground, with its arguments; the guardian is its parent.',
        allowed: commandRule,
        example: ['/usr/sbin/kamailio', '-DD', '-E', '-f', '/etc/kamailio/kamailio.cfg'],
      }),
    script: absolutePath().optional().register(facts, {
      description: 'A SysV script, called with `start` and `stop`.',
      allowed: 'absolute path',
      example: '/etc/init.d/kamailio',
    }),
    pidFile: absolutePath().optional().register(facts, {
      description:
        'Where the program that `script` starts writes its process id. Without it `script status` is asked whether it runs.',
      allowed: 'absolute path',
      example: '/run/kamailio.pid',
    }),
    unit: unitName().optional().register(facts, {
      description:
        'A systemd unit. Systemd starts and stops it on order; it must not be enabled, and must not restart it by itself.',
      allowed: 'NAME.service',
      example: 'kamailio.service',
    }),
  };
}

/** When and after what it runs. */
function placeKeys() {
  return {
    runs: z.enum(['always', 'primary']).prefault('always').register(facts, {
      description: 'Whether it runs on both boxes, or only on the one that serves.',
    }),
    after: z
      .array(z.string().max(64))
      .max(32)
      .prefault([])
      .register(facts, {
        description:
          'Services that must be up before it is started. They are stopped after it; it is not restarted when one of them is.',
        allowed: 'up to 32 names of services',
        example: ['redis'],
      }),
    required: z.boolean().prefault(true).register(facts, {
      description:
        'Whether a box on which it has failed again and again counts as unfit, so that a fit standby is handed the service.',
      allowed: 'true or false',
    }),
  };
}

/** What it runs with. */
function settingKeys() {
  return {
    user: accountName().optional().register(facts, {
      description: 'Unix user that it runs as; root where this is missing.',
      allowed: 'name of a user',
      example: 'kamailio',
    }),
    group: accountName().optional().register(facts, {
      description: "Unix group that it runs as; the user's own where this is missing.",
      allowed: 'name of a group',
      example: 'kamailio',
    }),
    directory: workingDirectory().prefault('/').register(facts, {
      description: 'Directory that it is started in.',
      allowed: 'absolute path',
    }),
    environment: environment()
      .prefault({})
      .register(facts, {
        description:
          'Variables beside PATH, HOME, LC_ALL and those that hotpair sets (HOTPAIR_SERVICE, HOTPAIR_NODE, HOTPAIR_ROLE, HOTPAIR_EPOCH, HOTPAIR_HEARTBEAT_ADDRESS, HOTPAIR_PEER_ADDRESS, HOTPAIR_SERVICE_ADDRESSES, HOTPAIR_RUN_DIRECTORY).',
        allowed: environmentRule,
        example: { LANG: 'C' },
      }),
    stopSignal: z
      .enum(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'])
      .prefault('SIGTERM')
      .register(facts, { description: 'The signal that asks it to end.' }),
    log: size('64kB', '1GB').prefault('4MB').register(facts, {
      description:
        'Bound of its captured output (`hotpair logs NAME`); as much again is kept of what was before.',
      allowed: '64kB to 1GB',
      pattern: sizePattern,
    }),
  };
}

function limitsSection() {
  return z
    .strictObject({
      memory: size('1MB', '1024GB').optional().register(facts, {
        description:
          'Memory that the service may use with everything that it started; beyond it, it is started again.',
        allowed: '1MB to 1024GB',
        example: '512MB',
        pattern: sizePattern,
      }),
      openFiles: z.int().min(16).max(1_048_576).optional().register(facts, {
        description: 'How many files and sockets a process of it may have open.',
        allowed: '16 to 1048576',
        example: 65_536,
      }),
    })
    .transform(({ memory, ...rest }) => ({ ...rest, memoryBytes: memory }))
    .prefault({})
    .register(facts, { description: 'What it may use. No limit where nothing is written.' });
}

function restartSection() {
  return z
    .strictObject({
      pause: time(
        '200ms',
        { min: '10ms', max: '1h' },
        'Pause before the second start in a row; the first one after a steady run does not wait. It doubles each time.',
      ),
      longestPause: time('30s', { min: '10ms', max: '1h' }, 'The longest such pause.'),
      limit: count(
        5,
        1,
        100,
        'So many failures within `window`, or in a row without a run of `steady`: the service has failed on this box, which is unfit if it is required.',
      ),
      window: time('1m', { min: '1s', max: '1d' }, 'The time in which failures are counted.'),
      steady: time(
        '1m',
        { min: '1s', max: '1d' },
        'A run of this length ends the row of failures, and the mark on the box.',
      ),
      quarantine: time(
        '30m',
        { min: '1s', max: '1d' },
        'How long the box counts as unfit for it; doubled each time up to a day. `hotpair service start NAME` ends it.',
      ),
    })
    .transform(({ pause, longestPause, limit, window, steady, quarantine }) => ({
      firstMs: pause,
      longestMs: longestPause,
      limit,
      windowMs: window,
      steadyMs: steady,
      quarantineMs: quarantine,
    }))
    .prefault({})
    .register(facts, { description: 'How it is started again after a failure.' });
}
