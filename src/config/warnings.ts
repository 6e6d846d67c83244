// What is allowed and nevertheless unwise: said by `config check` and at the agent's start, and
// never a reason to refuse the file.
import type { Config } from './config.ts';
import { etcdWarnings } from './etcdRelations.ts';
import { fenceWarnings } from './fenceRelations.ts';
import { hookWarnings } from './hookRelations.ts';
import type { Finding, Relation } from './relation.ts';
import { serviceWarnings } from './serviceRelations.ts';

/** The table of warnings. */
export const warnings: readonly Relation[] = [
  {
    code: 'CONFIG_WARNING_STANDBY_PORT',
    keys: ['service.standbyPort'],
    find: portIsKeptDown,
  },
  {
    code: 'CONFIG_WARNING_ONE_REFERENCE',
    keys: ['service.references', 'arbiter.type'],
    find: onlyOneReference,
  },
  {
    code: 'CONFIG_WARNING_NO_WATCHDOG',
    keys: ['watchdog.policy', 'arbiter.type'],
    find: noWatchdog,
  },
  ...etcdWarnings,
  ...fenceWarnings,
  ...serviceWarnings,
  ...hookWarnings,
];

function portIsKeptDown({ service }: Config): Finding[] {
  if (service.standbyPort !== 'down') return [];
  return [
    {
      message:
        'service.standbyPort: behind a switch port with spanning tree a port that was down costs 32 to 46 s at takeover (measured), one that was up under 10 ms, and a standby whose port takes longer than service.linkUpDeadline does not take over by itself; give the switch port edge mode, keep the port unaddressed, or set service.linkUpDeadline to 1m',
      seen: 'down',
      allowed: 'unaddressed is the quick way',
    },
  ];
}

function onlyOneReference({ service, arbiter }: Config): Finding[] {
  if (arbiter.type !== 'lan' || service.references.length !== 1) return [];
  return [
    {
      message: 'service.references: with a single reference its failure blocks every takeover',
      seen: '1',
      allowed: '2 or more are wise',
    },
  ];
}

function noWatchdog({ watchdog, arbiter }: Config): Finding[] {
  if (arbiter.type !== 'lan' || watchdog.policy !== 'off') return [];
  return [
    {
      message:
        'watchdog.policy: the lan arbiter relies on a hung box being reset by its watchdog; without one two boxes can serve at once',
      seen: 'off',
      allowed: 'automatic or required is safe',
    },
  ];
}
