// The formats that two versions of hotpair have in common or not: what is said between the boxes, and what is found on disk after
// an update or its reversal. `hotpair update formats` prints this, so that an old and a new executable can be compared.
import { configurationVersion, migrations } from '../config/migrations.ts';
import { heartbeatVersion } from '../protocol/heartbeat.ts';
import { keyStatementVersion } from '../protocol/keyStatement.ts';
import { recordVersion } from '../protocol/recordFile.ts';

/** What one executable writes, and all that it can read. */
export type Format = { readonly writes: number; readonly reads: readonly number[] };

export const formatNames = ['heartbeat', 'keyStatement', 'record', 'configuration'] as const;
export type FormatName = (typeof formatNames)[number];
export type Formats = Readonly<Record<FormatName, Format>>;

export const ownFormats: Formats = {
  heartbeat: { writes: heartbeatVersion, reads: [heartbeatVersion] },
  keyStatement: { writes: keyStatementVersion, reads: [keyStatementVersion] },
  record: { writes: recordVersion, reads: [recordVersion] },
  configuration: { writes: configurationVersion, reads: [0, ...migrations.map(({ to }) => to)] },
};

/** Why two executables cannot take turns on a box or stand on the two boxes of a pair; nothing where they can. */
export function formatTroubles(older: Formats, newer: Formats): readonly string[] {
  return formatNames.flatMap((name) => [
    ...unread(name, 'the new version', newer[name], older[name].writes),
    // The configuration is a person's; an older executable says itself that it is too new.
    ...(name === 'configuration'
      ? []
      : unread(name, 'this version', older[name], newer[name].writes)),
  ]);
}

function unread(
  name: FormatName,
  who: string,
  { reads }: Format,
  written: number,
): readonly string[] {
  return reads.includes(written)
    ? []
    : [`${who} does not read the ${words[name]} of the other one (number ${written})`];
}

const words: Readonly<Record<FormatName, string>> = {
  heartbeat: 'heartbeats',
  keyStatement: 'statements about keys',
  record: 'record',
  configuration: 'configuration',
};

/** What another executable has printed; null where it is nothing of the kind. */
export function parseFormats(text: string): Formats | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = new Map<string, unknown>(Object.entries(value));
  return formatNames.every((name) => isFormat(fields.get(name))) ? (value as Formats) : null;
}

function isFormat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { writes, reads } = value as Partial<Record<keyof Format, unknown>>;
  return (
    Number.isSafeInteger(writes) &&
    Array.isArray(reads) &&
    reads.every((each) => Number.isSafeInteger(each))
  );
}
