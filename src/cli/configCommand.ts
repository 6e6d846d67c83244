// `hotpair config check|show|schema|migrate|diff`: what is wrong with a configuration, what is in force, what could be written, how it
// looks in the newest version, and what the other box has otherwise. Prints no secret.
import { type Complaint, formatComplaint, isWarning } from '../config/complaint.ts';
import type { DerivedKey } from '../config/config.ts';
import { type EffectiveValue, shownValues, type WrittenValue } from '../config/effective.ts';
import { configJsonSchema } from '../config/jsonSchema.ts';
import {
  defaultConfigPath,
  loadConfig,
  type LoadedConfig,
  type RefusedConfig,
} from '../config/load.ts';
import { configReference } from '../config/reference.ts';
import { diffConfigurations } from './configDiff.ts';
import { migrate } from './configMigrate.ts';
import { checkEtcd } from './etcdCheck.ts';
import { checkFence } from './fenceCheck.ts';
import { checkServices } from './serviceCheck.ts';
import { HotpairError } from '../protocol/hotpairError.ts';

/** Exit status where the file or the command line is refused. */
const refused = 2;

const usage =
  'hotpair config check FILE, hotpair config show [FILE] [--json], hotpair config schema, hotpair config migrate [FILE] [--write], hotpair config diff [--json] [--config FILE]';

/** Takes a piece of the output. */
export type Write = (text: string) => void;

/**
 * Runs `hotpair config`; `argv` is what follows the word. Returns 0, or 2 where the file cannot be
 * used. Throws HotpairError USAGE.
 */
export async function configCommand(
  argv: readonly string[],
  write: Write = writeToStdout,
): Promise<number> {
  const [word, ...rest] = argv;
  switch (word) {
    case 'check':
      return check(fileOf(rest), write);
    case 'show':
      return show(rest, write);
    case 'schema':
      return print(rest, `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`, write);
    case 'migrate':
      return migrate(rest, write);
    case 'diff':
      return diffConfigurations(rest, write);
    case 'reference':
      return print(rest, configReference(), write);
    case undefined:
    default:
      throw usageError(word ?? 'nothing');
  }
}

function writeToStdout(text: string): void {
  process.stdout.write(text);
}

function print(rest: readonly string[], text: string, write: Write): number {
  const [extra] = rest;
  if (extra !== undefined) throw usageError(extra);
  write(text);
  return 0;
}

function fileOf(args: readonly string[]): string {
  const [file = defaultConfigPath, extra] = args;
  if (extra !== undefined || file.startsWith('-')) throw usageError(extra ?? file);
  return file;
}

function usageError(seen: string): HotpairError {
  return new HotpairError('USAGE', 'This is not how hotpair config is called.', {
    seen,
    allowed: usage,
    exitCode: refused,
  });
}

async function check(file: string, write: Write): Promise<number> {
  const loaded = loadConfig(file);
  const complaints = 'config' in loaded ? await complaintsAbout(loaded) : allComplaints(loaded);
  writeComplaints(file, complaints, write);
  return complaints.every(isWarning) ? 0 : refused;
}

async function complaintsAbout(loaded: LoadedConfig): Promise<readonly Complaint[]> {
  const box = checkServices({ ...loaded, isValid: () => true });
  const arbiters = [...(await checkFence(loaded)), ...(await checkEtcd(loaded))];
  return [...loaded.warnings, ...box, ...arbiters];
}

/** Also what the box has against those services that the file describes well: all at once. */
function allComplaints({ complaints, reliable }: RefusedConfig): readonly Complaint[] {
  const box = reliable === null ? [] : checkServices(reliable);
  return [...complaints, ...box].toSorted((left, right) => left.line - right.line);
}

function writeComplaints(file: string, complaints: readonly Complaint[], write: Write): void {
  for (const complaint of complaints) write(`${formatComplaint(file, complaint)}\n`);
  const warnings = complaints.filter(isWarning).length;
  write(
    `${file}: ${count(complaints.length - warnings, 'error')}, ${count(warnings, 'warning')}\n`,
  );
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function show(args: readonly string[], write: Write): number {
  const asJson = args.includes('--json');
  const file = fileOf(args.filter((arg) => arg !== '--json'));
  const loaded = loadConfig(file);
  if (!('config' in loaded)) {
    writeComplaints(file, loaded.complaints, write);
    return refused;
  }
  const values = shownValues(loaded.config).map((each) => ({
    ...each,
    origin: originOf(each, file, loaded),
  }));
  write(asJson ? jsonText(file, values) : tableText(values));
  return 0;
}

interface ShownValue extends EffectiveValue {
  /** `file:LINE`, `board NAME`, `default` or `derived`. */
  readonly origin: string;
}

const derivedKeys: Readonly<Record<string, DerivedKey>> = {
  'timing.takeoverLimit': 'takeoverLimit',
  'timing.solo': 'solo',
};

/** Derived wherever it is not written. */
const fenceDelay = 'arbiter.fence.delay';

function originOf({ key }: EffectiveValue, file: string, loaded: LoadedConfig): string {
  if (loaded.fromBoard.has(key)) return `board ${loaded.board?.profile.name}`;
  const derived = derivedKeys[key];
  if (derived !== undefined && loaded.config.timing.derived.includes(derived)) return 'derived';
  const line = loaded.lines.get(key);
  const origin = line === undefined ? 'default' : `${file}:${line}`;
  if (key === 'board') return `${origin}${foundBoard(loaded)}`;
  return line === undefined && key === fenceDelay ? 'derived' : origin;
}

function foundBoard({ config, board }: LoadedConfig): string {
  if (config.board !== 'auto') return '';
  return board === null ? ' (none found)' : ` (found ${board.profile.name} by ${board.foundBy})`;
}

function jsonText(file: string, values: readonly ShownValue[]): string {
  const byKey = new Map(values.map(({ key, value, origin }) => [key, { value, origin }]));
  const shown: Readonly<Record<string, unknown>> = Object.fromEntries(byKey);
  return `${JSON.stringify({ file, values: shown }, undefined, 2)}\n`;
}

function tableText(values: readonly ShownValue[]): string {
  const texts = values.map((each) => valueText(each.value));
  const keyWidth = Math.max(...values.map(({ key }) => key.length));
  // A long list or setting must not push the origins of all other lines to the right.
  const valueWidth = Math.min(40, Math.max(...texts.map((text) => text.length)));
  return values
    .map(({ key, origin }, index) => {
      const text = (texts[index] ?? '').padEnd(valueWidth);
      return `${key.padEnd(keyWidth)}  ${text}  ${origin}\n`;
    })
    .join('');
}

function valueText(value: WrittenValue): string {
  if (value === null) return '-';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
