// Builds the text of a configuration: a good one, of which a test changes only what it is about.
import { stringify } from 'yaml';
import type { Complaint } from '../../src/config/complaint.ts';
import type { Config } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/load.ts';

export type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const good: Sections = {
  node: { name: 'box-a' },
  heartbeat: { port: 'eth1', address: '169.254.69.1/30', peer: '169.254.69.2' },
  service: {
    port: 'eth0',
    addresses: ['192.0.2.10/24', '2001:db8::10/64'],
    references: ['192.0.2.1', '192.0.2.2'],
  },
};

/** A good configuration with some keys added or replaced. */
export function configText(changes: Sections = {}): string {
  const names = new Set([...Object.keys(good), ...Object.keys(changes)]);
  return stringify(
    Object.fromEntries([...names].map((name) => [name, { ...good[name], ...changes[name] }])),
  );
}

/** What follows the sections of `configText`, whose values are lists or maps of entries. */
export type Entries = {
  readonly services?: Readonly<Record<string, unknown>>;
  readonly hooks?: readonly unknown[];
  readonly sync?: Readonly<Record<string, unknown>>;
};

/** A good configuration with services, hooks and sync sets. */
export function entriesText(entries: Entries, changes: Sections = {}): string {
  const written =
    Object.keys(entries).length === 0 ? '' : stringify(entries, { aliasDuplicateObjects: false });
  return `${configText(changes)}${written}`;
}

/** The typed form of a good configuration with some keys added or replaced. */
export function someConfig(changes: Sections = {}): Config {
  const parsed = parseConfig(configText(changes));
  if ('config' in parsed) return parsed.config;
  throw new Error(`the test's configuration is refused: ${JSON.stringify(parsed.complaints)}`);
}

/** Everything that is said about a text, warnings too. */
export function complaintsAbout(text: string): readonly Complaint[] {
  const parsed = parseConfig(text);
  return 'config' in parsed ? parsed.warnings : parsed.complaints;
}
