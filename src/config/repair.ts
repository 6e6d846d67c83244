// What is left of a file when its wrong values are taken out, so that the relations between the right ones can still be
// checked: all complaints at once.
import { keyAt, patternOf } from './explain.ts';
import { configKeys, configSections, entrySections } from './keys.ts';
import type { ConfigKey, ConfigSection } from './keys.ts';
import { dottedName, type Source } from './source.ts';

export type Values = Readonly<Record<string, unknown>>;

export type Issue = { readonly code: string; readonly path: readonly PropertyKey[] };

export function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The keys whose values cannot be relied on, by their dotted names; within entries, the fields of one entry. */
export function doubtfulKeys(issues: readonly Issue[], source: Source): ReadonlySet<string> {
  const paths = issues.flatMap((issue) => doubtfulAt(issue, source));
  const refused = source.complaints.map(({ key }) => key);
  return new Set([...paths, ...refused]);
}

/** Whether a dotted name lies in nothing that is doubtful. */
export function isReliable(name: string, doubtful: ReadonlySet<string>): boolean {
  return ![...doubtful].some(
    (each) => `${name}.`.startsWith(`${each}.`) || name.startsWith(`${each}[`),
  );
}

function doubtfulAt({ code, path }: Issue, source: Source): readonly string[] {
  if (isEntryPath(path)) {
    // An unknown field of an entry leaves the others valid; further in it makes its field doubtful.
    if (code === 'unrecognized_keys' && path.length <= 2) return [];
    const element = path.slice(0, 4);
    return [dottedName(standIn(element) === undefined ? path.slice(0, 3) : element)];
  }
  const key = keyAt(path);
  if (key !== undefined) return [key.path];
  // An unknown key is an issue of its section and leaves the others valid; a section that is no
  // map at all makes all of its keys doubtful.
  const section = dottedName(path);
  if (source.entries.get(section)?.seen === 'a section') return [];
  return keysIn(section);
}

/** What can stand in for an element of a list within an entry, such as a check. */
function standIn(path: readonly PropertyKey[]): unknown {
  if (typeof path.at(-1) !== 'number') return undefined;
  const pattern = patternOf(path);
  return entrySections().find(({ name }) => name === pattern)?.facts.example;
}

function isEntryPath(path: readonly PropertyKey[]): boolean {
  return path.length > 1 && sectionOfEntries(String(path[0])) !== undefined;
}

function keysIn(section: string): readonly string[] {
  return configKeys()
    .map(({ path }) => path)
    .filter((path) => path.startsWith(`${section}.`));
}

function sectionOfEntries(name: string): ConfigSection | undefined {
  return configSections().find((section) => section.name === name && section.entries.length > 0);
}

/** The known keys only, with an example in the place of each wrong one that has no default. */
export function repaired(values: Values, doubtful: ReadonlySet<string>): Values {
  return configKeys().reduce<Values>((rest, key) => {
    const path = key.path.split('.');
    const value = valueAt(values, path);
    if (value !== undefined && !doubtful.has(key.path)) {
      return withValue(rest, path, repairedValue(key, value, doubtful));
    }
    return key.required ? withValue(rest, path, key.facts.example) : rest;
  }, {});
}

function repairedValue(key: ConfigKey, value: unknown, doubtful: ReadonlySet<string>): unknown {
  const entry = sectionOfEntries(key.path)?.entries[0];
  if (entry === undefined) return value;
  const repair = (each: unknown, path: readonly PropertyKey[]): Values =>
    repairedEntry(entry, path, each, doubtful);
  if (Array.isArray(value)) return value.map((each, index) => repair(each, [key.path, index]));
  if (!isValues(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, repair(each, [key.path, name])]),
  );
}

function repairedEntry(
  { name: section, keys }: ConfigSection,
  path: readonly PropertyKey[],
  value: unknown,
  doubtful: ReadonlySet<string>,
): Values {
  const written = isValues(value) && !doubtful.has(dottedName(path)) ? value : {};
  const names = [...keys.map(({ name }) => name), ...sectionsIn(section)];
  return Object.fromEntries(
    names.flatMap((name): readonly (readonly [string, unknown])[] => {
      const field = Object.hasOwn(written, name) ? written[name] : undefined;
      const at = [...path, name];
      if (field !== undefined && !doubtful.has(dottedName(at))) {
        return [[name, repairedList(field, at, doubtful)]];
      }
      const key = keys.find((each) => each.name === name);
      return key?.required === true ? [[name, key.facts.example]] : [];
    }),
  );
}

/** The names of the sections directly in the section of an entry. */
function sectionsIn(section: string): readonly string[] {
  return entrySections()
    .map(({ name }) => (name.startsWith(`${section}.`) ? name.slice(section.length + 1) : ''))
    .filter((name) => name !== '' && !/[.[]/.test(name));
}

function repairedList(
  field: unknown,
  path: readonly PropertyKey[],
  doubtful: ReadonlySet<string>,
): unknown {
  if (!Array.isArray(field)) return field;
  return field.map((element: unknown, index) => {
    const at = [...path, index];
    return doubtful.has(dottedName(at)) ? standIn(at) : element;
  });
}

function valueAt(values: Values, [name = '', ...inner]: readonly string[]): unknown {
  const value = values[name];
  if (inner.length === 0) return value;
  return isValues(value) ? valueAt(value, inner) : undefined;
}

function withValue(values: Values, path: readonly string[], value: unknown): Values {
  const [name = '', ...inner] = path;
  if (inner.length === 0) return { ...values, [name]: value };
  const section = values[name];
  return { ...values, [name]: withValue(isValues(section) ? section : {}, inner, value) };
}
