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
  /** `section.name` */
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

let listed: readonly ConfigSection[] | undefined;

const noFacts: Facts = { description: '' };

function listSections(): readonly ConfigSection[] {
  return Object.entries(configSchema().shape).flatMap(([name, schema]) =>
    listSection(name, schema),
  );
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
    },
    ...inner.flatMap(([key, leaf]) => listSection(`${name}.${key}`, leaf)),
  ];
}

function describeKey(section: string, name: string, schema: z.core.$ZodType): ConfigKey {
  const known = facts.get(schema) ?? noFacts;
  const inner = unwrapped(schema);
  return {
    section,
    name,
    path: `${section}.${name}`,
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
