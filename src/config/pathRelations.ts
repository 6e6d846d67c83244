// The relations of the heartbeat paths beside the cable: what a serial line can carry in time, and which port must be up.
import type { Config } from './config.ts';
import { formatDuration } from './duration.ts';
import type { Finding, Relation } from './relation.ts';
import { leastSerialSilenceMs } from './serialTimes.ts';

export const pathRelations: readonly Relation[] = [
  {
    code: 'CONFIG_RELATION_SERIAL',
    keys: ['heartbeat.serial.device', 'heartbeat.interval', 'heartbeat.deadInterval'],
    find: serialTooSlow,
  },
  {
    code: 'CONFIG_RELATION_LAN_PATH',
    keys: ['heartbeat.lan.enabled', 'service.standbyPort'],
    find: lanPathOverPortKeptDown,
  },
];

/** What a serial line carries within D must suffice to know that the other box lives. */
function serialTooSlow({ heartbeat }: Config): Finding[] {
  if (heartbeat.serial.device === undefined) return [];
  const least = leastSerialSilenceMs(heartbeat.intervalMs);
  if (heartbeat.deadIntervalMs >= least) return [];
  return [
    {
      message:
        'heartbeat.serial.device: at 115200 baud two heartbeats do not fit into heartbeat.deadInterval',
      seen: formatDuration(heartbeat.deadIntervalMs),
      allowed: `heartbeat.deadInterval of ${formatDuration(least)} or more`,
    },
  ];
}

function lanPathOverPortKeptDown({ heartbeat, service }: Config): Finding[] {
  if (!heartbeat.lan.enabled || service.standbyPort !== 'down') return [];
  return [
    {
      message: 'heartbeat.lan.enabled needs a standby whose service port is up',
      seen: 'service.standbyPort: down',
      allowed: 'service.standbyPort: unaddressed',
    },
  ];
}
