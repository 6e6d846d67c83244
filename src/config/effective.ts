// The effective value of every key in the written form, as `config show` prints it.
import { formatInterfaceAddress, type InterfaceAddress } from './address.ts';
import type { Config } from './config.ts';
import { formatDuration } from './duration.ts';
import { entryTexts, shownEntryTexts } from './entryText.ts';
import { fenceDelayMs } from './fenceRelations.ts';
import { type ConfigKey, configKeys } from './keys.ts';
import { maskSecrets, maskSetting } from './mask.ts';

/** A value as hotpair.yaml would write it. */
export type WrittenValue =
  | string
  | number
  | readonly string[]
  | Readonly<Record<string, string>>
  | null;

/** A key with its value; null where an optional key is absent. */
export interface EffectiveValue {
  readonly key: string;
  readonly value: WrittenValue;
}

/** All keys with their values, secrets included: never print these. */
export function effectiveValues(config: Config): readonly EffectiveValue[] {
  return configKeys().map((key) => ({ key: key.path, value: writtenValue(config, key) }));
}

/** All keys with their values, fit to be shown: passwords in settings and hba lines are masked. */
export function shownValues(config: Config): readonly EffectiveValue[] {
  return effectiveValues(config).map(({ key, value }) => {
    const entries = entriesOf(config, key);
    return { key, value: entries === undefined ? shownValue(value) : shownEntryTexts(entries) };
  });
}

/** What a map or list of entries holds; undefined of any other key. */
function entriesOf(config: Config, key: string): object | undefined {
  return key === 'services' || key === 'hooks' || key === 'sync' ? config[key] : undefined;
}

function shownValue(value: WrittenValue): WrittenValue {
  if (typeof value === 'string') return maskSecrets(value);
  if (value === null || typeof value === 'number') return value;
  if (isList(value)) return value.map(maskSecrets);
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => [name, maskSetting(name, text)]),
  );
}

function isList(
  value: readonly string[] | Readonly<Record<string, string>>,
): value is readonly string[] {
  return Array.isArray(value);
}

/** The address, rate and duration keys are typed otherwise than they are written. */
function writtenValue(config: Config, key: ConfigKey): WrittenValue {
  switch (key.path) {
    case 'board':
      return config.board;
    case 'heartbeat.address':
      return formatInterfaceAddress(config.heartbeat.address);
    case 'service.addresses':
      return config.service.addresses.map((each: InterfaceAddress) => formatInterfaceAddress(each));
    case 'arbiter.fence.devices':
      return config.arbiter.fence.devices.map((device) => JSON.stringify(device));
    case 'arbiter.fence.delay':
      return formatDuration(fenceDelayMs(config));
    case 'database.cloneRate':
      return writtenRate(config.database.cloneRateKilobytes);
    default: {
      const entries = entriesOf(config, key.path);
      return entries === undefined ? plainValue(config, key) : entryTexts(entries);
    }
  }
}

function writtenRate(kilobytes: number | undefined): string | null {
  if (kilobytes === undefined) return null;
  return kilobytes % 1024 === 0 ? `${kilobytes / 1024}MB` : `${kilobytes}kB`;
}

function plainValue(config: Config, key: ConfigKey): WrittenValue {
  const name = key.isDuration ? `${key.name}Ms` : key.name;
  const value = [...key.section.split('.'), name].reduce<unknown>(memberOf, config);
  if (key.isDuration && typeof value === 'number') return formatDuration(value);
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([each, text]) => [each, String(text)]));
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}
