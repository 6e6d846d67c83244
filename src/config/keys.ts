// The list of all keys, read off the schema: for complaints, `config show` and the reference page.
import * as z from 'zod';
import { durationPattern } from './duration.ts';
import { type Facts, facts } from './facts.ts';
import { configSchema } from './schema.ts';

/** One key of the file. */
export interface ConfigKey {
  /** Dotted where a section lies in another one: `arbiter.etcd`. */
  readonly section: string;
  readonly name: string;
  /** `section.name`; within entries `services.NAME.runs` or `hooks[].on`, where NAME and [] stand for any entry. */
  readonly path: string;
  readonly facts: Facts;
  /** A key without a default that must be written. */
  readonly required: boolean;
  /** The default in the written form; undefined where there is none. */
  readonly byDefault: unknown;
  /** The words that are allowed, where it is a choice. */
  readonly choices: readonly string[] | undefined;
  /** Whether the typed value is a number of milliseconds under `nameMs`. */
  readonly isDuration: boolean;
}

/** One section of the file with its keys in their order. */
export interface ConfigSection {
  readonly name: string;
  readonly facts: Facts;
  readonly keys: readonly ConfigKey[];
  /** Of a section that is a map or list of entries, its only key: what an entry holds, the outermost section first. */
  readonly entries: readonly ConfigSection[];
}

/** All sections in their order, each before those that lie in it. */
export function configSections(): readonly ConfigSection[] {
  listed ??= listSections();
  return listed;
}

/** All keys in their order. */
export function configKeys(): readonly ConfigKey[] {
  return configSections().flatMap((section) => section.keys);
}

/** The sections within the entries of maps and lists: `services.NAME`, `services.NAME.checks[]`. */
export function entrySections(): readonly ConfigSection[] {
  return configSections().flatMap(({ entries }) => entries);
}

let listed: readonly ConfigSection[] | undefined;

const noFacts: Facts = { description: '' };

function listSections(): readonly ConfigSection[] {
  return Object.entries(configSchema().shape).flatMap(([name, schema]) =>
    shapeOf(schema) === undefined ? [listEntries(name, schema)] : listSection(name, schema),
  );
}

/** A section of which the file says itself how many entries it has. */
function listEntries(name: string, schema: z.core.$ZodType): ConfigSection {
  return {
    name,
    facts: facts.get(schema) ?? noFacts,
    keys: [describeKey('', name, schema)],
    entries: listSectionsOfEntry(name, schema),
  };
}

function listSectionsOfEntry(name: string, schema: z.core.$ZodType): readonly ConfigSection[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodRecord) return listSection(`${name}.NAME`, inner.valueType);
  return inner instanceof z.ZodArray ? listSection(`${name}[]`, inner.element) : [];
}

/** A section, and after it the sections in it: whatever holds keys of its own is one. */
function listSection(name: string, schema: z.core.$ZodType): readonly ConfigSection[] {
  const leaves = Object.entries(shapeOf(schema) ?? {});
  const keys = leaves.filter(([, leaf]) => shapeOf(leaf) === undefined);
  const inner = leaves.filter(([, leaf]) => shapeOf(leaf) !== undefined);
  return [
    {
      name,
      facts: facts.get(schema) ?? noFacts,
      keys: keys.map(([key, leaf]) => describeKey(name, key, leaf)),
      entries: [],
    },
    ...keys.flatMap(([key, leaf]) => listDescribed(`${name}.${key}`, leaf)),
    ...inner.flatMap(([key, leaf]) => listSection(`${name}.${key}`, leaf)),
  ];
}

/** Lists within entries, where their own entries are described; the devices of fence are described by their key. */
function listDescribed(name: string, schema: z.core.$ZodType): readonly ConfigSection[] {
  const inner = unwrapped(schema);
  const isDescribed = inner instanceof z.ZodArray && facts.has(inner.element);
  return isDescribed ? listSectionsOfEntry(name, schema) : [];
}

function describeKey(section: string, name: string, schema: z.core.$ZodType): ConfigKey {
  const known = facts.get(schema) ?? noFacts;
  const inner = unwrapped(schema);
  return {
    section,
    name,
    path: section === '' ? name : `${section}.${name}`,
    facts: known,
    required: inner === schema,
    byDefault: schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined,
    choices: inner instanceof z.ZodEnum ? inner.options.map(String) : undefined,
    isDuration: known.pattern === durationPattern,
  };
}

/** The keys of a section's schema; undefined of a key. */
function shapeOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined {
  let inner = unwrapped(schema);
  if (inner instanceof z.ZodPipe) inner = inner.in;
  return inner instanceof z.ZodObject ? inner.shape : undefined;
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional
    ? unwrapped(schema.unwrap())
    : schema;
}
