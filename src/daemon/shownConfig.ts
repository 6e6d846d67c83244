// What a box shows its peer of its configuration: every value as it may be seen, and a digest of it as it is, so that a secret that
// differs is told although nobody sees it.
import { createHmac } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { effectiveValues, shownValues } from '../config/effective.ts';
import type { WrittenValue } from '../config/effective.ts';
import { programVersion } from '../protocol/programVersion.ts';

export type ShownConfig = {
  readonly node: string;
  /** Of hotpair. */
  readonly version: string;
  readonly values: readonly ShownEntry[];
};

export type ShownEntry = {
  readonly key: string;
  readonly value: WrittenValue;
  /** 16 hex digits that mean nothing outside the pair. */
  readonly digest: string;
};

/** `key`: the same on both boxes. */
export function shownConfig(config: Config, key: Buffer): ShownConfig {
  const whole = new Map(effectiveValues(config).map(({ key: name, value }) => [name, value]));
  const values = shownValues(config).map(({ key: name, value }) => ({
    key: name,
    value,
    digest: digestOf(key, name, whole.get(name) ?? null),
  }));
  return { node: config.node.name, version: programVersion, values };
}

function digestOf(key: Buffer, name: string, value: WrittenValue): string {
  const text = JSON.stringify([name, value]);
  return createHmac('sha256', key).update(text).digest('hex').slice(0, 16);
}
