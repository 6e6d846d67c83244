// What stands in the pair's key: the entry as JSON, with the pair that it belongs to and the life of the entry. A life begins
// whenever an entry is made where there was none; who has seen one end never believes in it again.
import { randomBytes } from 'node:crypto';
import type { LedgerEntry } from '../../core/ledger.ts';
import { etcdError } from './etcdError.ts';
import type { EtcdError } from './etcdError.ts';

export type LedgerValue = { readonly entry: LedgerEntry; readonly life: string };

const version = 1;
const longestValue = 1024;
const names = ['version', 'pair', 'epoch', 'mode', 'holder', 'life'] as const;
const nodeForm = /^[0-9a-f]{32}$/;
const lifeForm = /^[0-9a-f]{16}$/;

export function newLife(): string {
  return randomBytes(8).toString('hex');
}

export function encodeValue(pairId: string, { entry, life }: LedgerValue): Buffer {
  const { epoch, mode, holder } = entry;
  return Buffer.from(JSON.stringify({ version, pair: pairId, epoch, mode, holder, life }));
}

/** Throws ETCD_VALUE where no agent of this pair can have written it: then it is nobody's to change. */
export function decodeValue(pairId: string, bytes: Buffer): LedgerValue {
  const fields = fieldsOf(bytes);
  const { epoch, mode, holder, life } = fields;
  if (fields['version'] !== version) throw foreign('it is of another version');
  if (fields['pair'] !== pairId) throw foreign('it is of another pair');
  const isWhole =
    Object.keys(fields).length === names.length &&
    isEpoch(epoch) &&
    (mode === 'paired' || mode === 'solo') &&
    isText(holder, nodeForm) &&
    isText(life, lifeForm);
  if (!isWhole) throw foreign('a field is missing or wrong');
  return { entry: { epoch, mode, holder }, life };
}

function fieldsOf(bytes: Buffer): Readonly<Record<string, unknown>> {
  if (bytes.length > longestValue) throw foreign('it is too long');
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
  } catch {
    // Said below in our own words: the text may be anything.
  }
  throw foreign('it is no JSON of a pair');
}

function isEpoch(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isText(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value);
}

function foreign(why: string): EtcdError {
  return etcdError('ETCD_VALUE', `the pair's key in etcd holds a value that is not ours: ${why}`);
}
