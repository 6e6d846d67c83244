// Turns what zod found into complaints: a stable code, a sentence, what was seen and what is allowed.
import type * as z from 'zod';
import { type Complaint, type ComplaintCode, isComplaintCode } from './complaint.ts';
import {
  type ConfigKey,
  configKeys,
  type ConfigSection,
  configSections,
  entrySections,
} from './keys.ts';
import { nearestName } from './nearestName.ts';
import { dottedName, type Entry, type Place, type Source } from './source.ts';

type Issue = z.core.$ZodIssue;

/** All complaints of one zod issue; an issue about unknown keys holds several. */
export function explainIssue(issue: Issue, source: Source): Complaint[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => unknownKey([...issue.path, name], source));
  }
  const name = dottedName(issue.path);
  const entry = source.entries.get(name);
  const key = keyAt(issue.path);
  if (entry === undefined) return [missing(issue, key, source)];
  const { code, message } = verdictOf(issue, key, entry);
  const allowed = allowedText(issue, key);
  return [
    {
      code,
      ...entry.value,
      key: name,
      message: `${name}: ${message}`,
      seen: entry.seen,
      ...(allowed === undefined ? {} : { allowed }),
    },
  ];
}

/** The key that a path lies in: `service.addresses[1]` lies in `service.addresses`. */
export function keyAt(path: readonly PropertyKey[]): ConfigKey | undefined {
  const entryKeys = entrySections().flatMap(({ keys }) => keys);
  const pattern = patternOf(path);
  const name = path.join('.');
  return (
    // The innermost, whose section comes last.
    entryKeys.findLast((key) => liesIn(pattern, key.path)) ??
    configKeys().find((key) => `${name}.`.startsWith(`${key.path}.`))
  );
}

/** The path with NAME and [] in the place of one entry: `services.NAME.checks[]`. */
export function patternOf(path: readonly PropertyKey[]): string {
  const isMap =
    path.length > 1 && entrySections().some(({ name }) => name === `${String(path[0])}.NAME`);
  const named = isMap ? path.with(1, 'NAME') : path;
  return dottedName(named).replaceAll(/\[\d+\]/g, '[]');
}

function liesIn(pattern: string, path: string): boolean {
  return pattern === path || pattern.startsWith(`${path}.`) || pattern.startsWith(`${path}[`);
}

function verdictOf(
  issue: Issue,
  key: ConfigKey | undefined,
  entry: Entry,
): { readonly code: ComplaintCode; readonly message: string } {
  switch (issue.code) {
    case 'custom':
      return { code: codeOf(issue.params), message: issue.message };
    case 'too_small':
    case 'too_big':
      return { code: 'CONFIG_RANGE', message: rangeMessage(issue.origin) };
    case 'invalid_value':
      return { code: 'CONFIG_CHOICE', message: 'this is none of the allowed words' };
    case 'invalid_type':
      // `interval: 50` is the most likely mistake with a duration, and means nothing without its unit.
      if (key?.isDuration === true && /^[0-9.]+$/.test(entry.seen)) {
        return { code: 'CONFIG_DURATION', message: 'a duration needs its unit' };
      }
      return { code: 'CONFIG_TYPE', message: `${article(issue.expected)} is needed here` };
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      break;
  }
  return { code: 'CONFIG_TYPE', message: 'this is not the kind of value that is needed here' };
}

function codeOf(params: Readonly<Record<string, unknown>> | undefined): ComplaintCode {
  const code = params?.['code'];
  return isComplaintCode(code) ? code : 'CONFIG_TYPE';
}

function rangeMessage(origin: string): string {
  return origin === 'array'
    ? 'the list has too few or too many entries'
    : 'the value is out of range';
}

const kindNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a section',
  record: 'a section',
};

function article(expected: string): string {
  return kindNames[expected] ?? `a value of the kind ${expected}`;
}

function allowedText(issue: Issue, key: ConfigKey | undefined): string | undefined {
  if (issue.code === 'invalid_value') return issue.values.map(String).join(', ');
  return key?.choices?.join(', ') ?? key?.facts.allowed;
}

function missing(issue: Issue, key: ConfigKey | undefined, source: Source): Complaint {
  const name = dottedName(issue.path);
  const allowed = key?.facts.allowed;
  return {
    code: 'CONFIG_REQUIRED',
    ...nearestPlace(issue.path, source),
    key: name,
    message: `${name} is missing and has no default`,
    ...(allowed === undefined ? {} : { allowed }),
  };
}

/** Where a missing key would belong: the innermost section that is written, else the top of the file. */
export function nearestPlace(path: readonly PropertyKey[], source: Source): Place {
  if (path.length < 2) return { line: 1, column: 1 };
  const section = path.slice(0, -1);
  return source.entries.get(dottedName(section))?.key ?? nearestPlace(section, source);
}

function unknownKey(path: readonly PropertyKey[], source: Source): Complaint {
  const name = dottedName(path);
  const place = source.entries.get(name)?.key ?? nearestPlace(path, source);
  const suggestion = suggestionFor(path);
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  return {
    code: 'CONFIG_UNKNOWN_KEY',
    ...place,
    key: name,
    message: `there is no key ${name}${hint}`,
  };
}

function suggestionFor(path: readonly PropertyKey[]): string | undefined {
  const last = String(path.at(-1));
  const around = path.slice(0, -1);
  const pattern = patternOf(around);
  const entries = entrySections();
  const isInEntry = entries.some(({ name }) => name === pattern);
  const sections = isInEntry ? entries : configSections();
  const near = nearestName(last, namesIn(pattern, sections));
  if (near !== undefined) return around.length === 0 ? near : `${dottedName(around)}.${near}`;
  const keys = sections.flatMap((section) => section.keys);
  return keys.find((key) => key.name === last && sameRoot(key.path, pattern, isInEntry))?.path;
}

/** In an entry, keys of another kind of entry would only mislead. */
function sameRoot(path: string, pattern: string, isInEntry: boolean): boolean {
  return !isInEntry || rootOf(path) === rootOf(pattern);
}

function rootOf(path: string): string {
  return path.split(/[.[]/)[0] ?? '';
}

/** The keys of a section and the sections directly in it. */
function namesIn(section: string, sections: readonly ConfigSection[]): readonly string[] {
  const prefix = section === '' ? '' : `${section}.`;
  return [
    ...(sections.find(({ name }) => name === section)?.keys ?? []),
    ...sections.flatMap(({ name }) => sectionIn(prefix, name)),
  ].map(({ name }) => name);
}

/** The section as a name within the one around it, where it lies directly in that. */
function sectionIn(prefix: string, name: string): readonly { readonly name: string }[] {
  const rest = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return rest === '' || /[.[]/.test(rest) ? [] : [{ name: rest }];
}
