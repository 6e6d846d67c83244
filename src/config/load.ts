// Loads hotpair.yaml and finds everything that is wrong with it in one run: syntax, keys, values,
// and the relations between those values that are valid.
import { readFileSync, statSync } from 'node:fs';
import { type ChosenBoard, chooseBoard, keysFromBoard, withBoard } from './board.ts';
import { type Complaint, isWarning } from './complaint.ts';
import { completeConfig, type Config } from './config.ts';
import { explainIssue, nearestPlace } from './explain.ts';
import { configKeys, type ConfigSection, configSections } from './keys.ts';
import { type Machine, readMachine, unknownMachine } from './machine.ts';
import { maskKeys } from './mask.ts';
import { asNewest, takeVersion } from './migrations.ts';
import { type BrokenRelation, findingsOf } from './relations.ts';
import { doubtfulKeys, isReliable, isValues, repaired, type Values } from './repair.ts';
import { configSchema } from './schema.ts';
import { type Place, readSource, type Source } from './source.ts';

/** A file that can be used. */
export interface LoadedConfig {
  readonly config: Config;
  /** What is unwise in it; every code begins with CONFIG_WARNING_. */
  readonly warnings: readonly Complaint[];
  /** Line of each key that the file writes, by its dotted name. */
  readonly lines: ReadonlyMap<string, number>;
  /** Where the value of everything that is written stands: `arbiter.fence.devices[0].agent`. */
  readonly places: ReadonlyMap<string, Place>;
  /** The board that settles what the file does not say. */
  readonly board: ChosenBoard | null;
  /** The keys that it settles, by their dotted names. */
  readonly fromBoard: ReadonlySet<string>;
}

/** A file that cannot be used: at least one complaint is no warning. Sorted by place. */
export interface RefusedConfig {
  readonly complaints: readonly Complaint[];
  /** What can be relied on all the same, for the questions that only the box answers; null where nothing can. */
  readonly reliable: ReliableConfig | null;
}

/** A configuration, parts of which may only stand in for what is wrong in the file. */
export interface ReliableConfig {
  readonly config: Config;
  /** Whether what a dotted name says is what the file says. */
  readonly isValid: (key: string) => boolean;
  readonly places: ReadonlyMap<string, Place>;
}

/** Where the configuration is when nobody says otherwise. */
export const defaultConfigPath = '/etc/hotpair/hotpair.yaml';

// A thousand times the size of a usual file: whoever points at a log or a device is told so.
const largestFile = 1024 * 1024;

/** Reads and checks a file. Never throws for what is wrong with the file or its path. */
export function loadConfig(path: string): LoadedConfig | RefusedConfig {
  const read = readText(path);
  if (!('text' in read)) return { complaints: [read], reliable: null };
  return parseConfig(read.text, readMachine());
}

/** Checks the text of a configuration for a machine, which decides what `board: auto` means. */
export function parseConfig(
  text: string,
  machine: Machine = unknownMachine,
): LoadedConfig | RefusedConfig {
  const read = readSource(asNewest(text));
  const { values, complaints: versionComplaints } = takeVersion(read);
  const source = { ...read, values };
  const board = chooseBoard(boardWord(source), machine);
  const checked = checkValues(source, board);
  const complaints = [...source.complaints, ...versionComplaints, ...checked.complaints]
    .map(printable)
    .toSorted(byPlace);
  const { config, isValid } = checked;
  if (config === undefined || isValid === undefined) return { complaints, reliable: null };
  const places = new Map([...source.entries].map(([name, { value }]) => [name, value] as const));
  if (!complaints.every(isWarning)) return { complaints, reliable: { config, isValid, places } };
  const fromBoard =
    board === null ? new Set<string>() : keysFromBoard(source.values, board.profile);
  return { config, warnings: complaints, lines: linesOf(source), places, board, fromBoard };
}

function boardWord({ values }: Source): unknown {
  return isValues(values) ? values['board'] : undefined;
}

function readText(path: string): { readonly text: string } | Complaint {
  const nowhere = { line: 0, column: 0, key: '' };
  try {
    const stats = statSync(path);
    // A pipe in the place of the file would hang the agent's start.
    if (!stats.isFile()) {
      const message = 'the file cannot be read: it is no regular file';
      return { code: 'CONFIG_MISSING', ...nowhere, message };
    }
    const { size } = stats;
    if (size > largestFile) {
      return {
        code: 'CONFIG_TOO_LARGE',
        ...nowhere,
        message: 'this file is too large to be a configuration',
        seen: `${size} bytes`,
        allowed: `up to ${largestFile} bytes`,
      };
    }
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    const seen = errorCode(error);
    return { code: 'CONFIG_MISSING', ...nowhere, message: 'the file cannot be read', seen };
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
}

interface Checked {
  readonly config?: Config;
  readonly isValid?: (key: string) => boolean;
  readonly complaints: readonly Complaint[];
}

function checkValues(source: Source, board: ChosenBoard | null): Checked {
  const filled = withAllSections(
    board === null ? source.values : withBoard(source.values, board.profile),
  );
  if (filled === undefined) return { complaints: [notAMap(source)] };
  const found = configSchema().safeParse(filled);
  const issues = found.success ? [] : found.error.issues;
  const broken = source.complaints.some(({ code }) => code === 'CONFIG_SYNTAX');
  const complaints = issues
    .flatMap((issue) => explainIssue(issue, source))
    // What is missing after a syntax error may only have been misread.
    .filter(({ code }) => !(broken && code === 'CONFIG_REQUIRED'));
  const doubtful = doubtfulKeys(issues, source);
  const kept = repaired(filled, doubtful);
  const usable = configSchema().safeParse(withAllSections(kept) ?? kept);
  if (!usable.success) return { complaints };
  const config = completeConfig(usable.data);
  const isValid = (key: string): boolean => isReliable(key, doubtful);
  const relations = findingsOf(config, isValid);
  return {
    config,
    isValid,
    complaints: [...complaints, ...relations.map((relation) => complainOf(relation, source))],
  };
}

/**
 * The file with an empty map for every section that is absent or empty, so that each missing key is
 * complained of by its own name.
 */
function withAllSections(values: unknown): Values | undefined {
  if (!isValues(values ?? {})) return undefined;
  return configSections().reduce<Values>(
    (filled, section) =>
      isOneKey(section)
        ? withoutEmpty(filled, section.name)
        : withSection(filled, section.name.split('.')),
    isValues(values) ? values : {},
  );
}

/** A map or list of entries, or a single word. */
function isOneKey({ keys }: ConfigSection): boolean {
  return keys.some(({ section }) => section === '');
}

/** One that holds nothing at all is written as none. */
function withoutEmpty(values: Values, name: string): Values {
  return values[name] === null ? { ...values, [name]: undefined } : values;
}

function withSection(values: Values, [name = '', ...inner]: readonly string[]): Values {
  const section = values[name] ?? {};
  if (inner.length === 0 || !isValues(section)) return { ...values, [name]: section };
  return { ...values, [name]: withSection(section, inner) };
}

function notAMap(source: Source): Complaint {
  return {
    code: 'CONFIG_TYPE',
    line: 1,
    column: 1,
    key: '',
    message: 'the file must hold sections such as heartbeat: and service:',
    seen: Array.isArray(source.values) ? 'a list' : 'a single value',
    allowed: configSections()
      .map(({ name }) => name)
      .filter((name) => !name.includes('.'))
      .join(', '),
  };
}

function complainOf(relation: BrokenRelation, source: Source): Complaint {
  const { code, keys, message, seen, allowed, index, at } = relation;
  const first = at ?? (index === undefined ? keys[0] : `${keys[0]}[${index}]`);
  const named =
    [first, ...(at === undefined ? keys : [])].find((key) => source.entries.has(key)) ?? first;
  return {
    code,
    ...placeOf(named, source),
    key: named,
    message,
    ...(seen === undefined ? {} : { seen }),
    ...(allowed === undefined ? {} : { allowed }),
  };
}

function placeOf(key: string, source: Source): Place {
  const entry = source.entries.get(key);
  // A key that is not written would belong to its section.
  return entry?.value ?? nearestPlace(key.split('.'), source);
}

function linesOf(source: Source): ReadonlyMap<string, number> {
  const written = configKeys().flatMap(({ path }): [string, number][] => {
    const entry = source.entries.get(path);
    return entry === undefined ? [] : [[path, entry.key.line]];
  });
  return new Map(written);
}

const longestText = 300;

/** On one line, of bounded length and without a key that was pasted in a wrong place. */
function printable(complaint: Complaint): Complaint {
  const { key, message, seen } = complaint;
  return {
    ...complaint,
    key: oneLine(key),
    message: oneLine(message),
    ...(seen === undefined ? {} : { seen: oneLine(seen) }),
  };
}

function oneLine(text: string): string {
  const line = maskKeys(text).replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?');
  return line.length > longestText ? `${line.slice(0, longestText)}...` : line;
}

function byPlace(left: Complaint, right: Complaint): number {
  return left.line - right.line || left.column - right.column;
}
