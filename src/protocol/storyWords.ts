// Values of events and effects in the words of a story: short, in one line, and the same wherever they are told.
import { reasonText } from '../core/reasons.ts';
import type { Reason } from '../core/reasons.ts';

type Fields = Readonly<Record<string, unknown>>;

/** `{ token: 4, clean: true, lsn: 50331648n }` is `#4 clean=true lsn=0/3000000`. What only machines need is left out. */
export function fieldsText(fields: Fields): string {
  return Object.entries(fields)
    .filter(([name]) => !leftOut.includes(name))
    .map(([name, value]) => fieldText(name, value))
    .join(' ');
}

/** The type is told beside them, the time before them. */
const leftOut: readonly string[] = ['type', 'at', 'deadlineMs'];

function fieldText(name: string, value: unknown): string {
  if (name === 'token') return `#${String(value)}`;
  if (name === 'reason' && isFields(value)) return reasonText(value as Reason);
  return `${name}=${valueText(value)}`;
}

export function valueText(value: unknown): string {
  if (typeof value === 'bigint') return lsnText(value);
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'string') return wordText(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(' ')}]`;
  if (isFields(value)) return 'holder' in value ? recordText(value) : objectText(value);
  return String(value);
}

/** `solo(5) of a0a0a0a0`: a record as people speak of it. */
export function recordText(record: Fields | null): string {
  if (record === null) return 'none';
  const { mode, epoch, holder, handed, job } = record;
  const added = [handed, job].filter((word) => typeof word === 'string' && word !== 'none');
  const words = [`${String(mode)}(${String(epoch)})`, 'of', shortId(String(holder)), ...added];
  return words.join(' ');
}

/** The fields that say yes by their names, the others with their values; what is unknown or false is left out. */
function objectText(value: Fields): string {
  const words = Object.entries(value)
    .filter(([, field]) => field !== false && field !== null)
    .map(([name, field]) => (field === true ? name : `${name}=${valueText(field)}`));
  return `{${words.join(' ')}}`;
}

/** PostgreSQL writes positions in two halves. */
function lsnText(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase();
}

function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(3);
}

function wordText(value: string): string {
  if (/^[0-9a-f]{32}$/.test(value)) return shortId(value);
  return /^[\w.:/-]+$/.test(value) ? value : JSON.stringify(value);
}

function shortId(id: string): string {
  return id.slice(0, 8);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
