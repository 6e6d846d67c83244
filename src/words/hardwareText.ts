// The hardware of the box in words: its watchdog and what that says of the last reset, and its network ports. Pure functions.
import type { StatusJson } from '../daemon/status.ts';
import { resetReasonText } from '../protocol/watchdogFlags.ts';
import { roughly } from './localTime.ts';

/** `i6300esb, resets a hung box after 2 s`, with what differs from the usual. */
export function watchdogText({ watchdog }: Pick<StatusJson, 'watchdog'>): string {
  const { armed, name, effectiveMs, wantedMs, pretimeoutMs, noWayOut, problem } = watchdog;
  if (!armed) return problem === null ? 'off' : `not armed: ${problem}`;
  return [
    `${name}, resets a hung box after ${roughly(effectiveMs)}`,
    effectiveMs === wantedMs ? '' : `${roughly(wantedMs)} were asked for`,
    pretimeoutMs === null ? '' : `the kernel acts ${roughly(pretimeoutMs)} before that`,
    noWayOut === true
      ? 'cannot be disarmed (nowayout): an agent that is stopped must be back by then'
      : '',
    problem ?? '',
  ]
    .filter((text) => text !== '')
    .join(', ');
}

/** What the hardware says of the last reset, behind the reason that the agent knows; empty where it says nothing. */
export function resetText({ watchdog }: Pick<StatusJson, 'watchdog'>): string {
  const { lastReset } = watchdog;
  if (lastReset === null || lastReset.length === 0) return '';
  return `; the hardware says: ${lastReset.map((reason) => resetReasonText[reason]).join(', ')}`;
}

/**
 * A row for each port: what it runs at, its hardware address, and whether it comes and goes. One that is missing has been told by
 * the lines of what it is for.
 */
export function portRows({
  ports,
}: Pick<StatusJson, 'ports'>): readonly (readonly [string, string])[] {
  return ports
    .filter(({ present }) => present)
    .map((port, index) => [index === 0 ? 'ports' : '', portText(port)]);
}

/** Fewer changes than that are a cable that was plugged in. */
const fewChanges = 4;

function portText({
  use,
  device,
  mac,
  speedMbit,
  duplex,
  carrier,
  changesInLastHour,
}: Port): string {
  const link =
    carrier === null
      ? 'down'
      : !carrier
        ? 'no carrier'
        : speedMbit === null
          ? 'carrier'
          : `${speedMbit} Mbit/s${duplex === null ? '' : ` ${duplex} duplex`}`;
  const warnings = [
    duplex === 'half' && carrier === true ? 'HALF duplex: see to the setting of the other end' : '',
    changesInLastHour >= fewChanges
      ? `its carrier CHANGED ${changesInLastHour} times in the last hour: see to cable and plugs`
      : '',
  ].filter((text) => text !== '');
  return [`${device} (${use}) ${link}`, mac ?? '', ...warnings]
    .filter((text) => text !== '')
    .join(', ');
}

type Port = StatusJson['ports'][number];
