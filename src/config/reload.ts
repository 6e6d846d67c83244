// What a reload (SIGHUP) takes over. Everything else needs a restart of the agent: ports, addresses
// and times that both boxes count on must not change in the middle of an epoch.
import type { Config } from './config.ts';
import { effectiveValues } from './effective.ts';
import { ledColours, lightNames } from './panelSchema.ts';

/** The keys that a reload takes over, by their dotted names. */
export const reloadable: readonly string[] = [
  'service.references',
  'timing.referenceInterval',
  'timing.referenceIdleInterval',
  'database.settings',
  'database.hba',
  'database.shutdownDeadline',
  'database.cloneRate',
  'log.level',
  'services',
  'hooks',
  'sync',
  ...['driver', 'device', 'model', 'baud', 'host', 'port'].map((name) => `panel.${name}`),
  ...lightNames.flatMap((light) => ledColours.map((colour) => `leds.${light}.${colour}`)),
];

/** Whether a reload takes over a key, also one within an entry: `services.NAME.runs`. */
export function isReloadable(key: string): boolean {
  return reloadable.some(
    (each) => key === each || (/^[.[]/.test(key.slice(each.length)) && key.startsWith(each)),
  );
}

/** The keys whose effective values differ, in the order of the schema. */
export function changedKeys(before: Config, after: Config): readonly string[] {
  const old = new Map(
    effectiveValues(before).map(({ key, value }) => [key, JSON.stringify(value)]),
  );
  return effectiveValues(after)
    .filter(({ key, value }) => old.get(key) !== JSON.stringify(value))
    .map(({ key }) => key);
}

/** The changed keys that a reload cannot take over. */
export function keysThatNeedRestart(before: Config, after: Config): readonly string[] {
  return changedKeys(before, after).filter((key) => !reloadable.includes(key));
}
