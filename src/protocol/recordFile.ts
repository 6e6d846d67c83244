// The durable record as a file: one line of JSON that a person can read, with a version and a SHA-256 checksum over the
// record's own text. Decoding is strict: a file that the encoder would not have written byte for byte is refused, because
// a half-written or edited record must never decide who serves.
import { createHash } from 'node:crypto';
import type { ArbiterName, DurableRecord, Handed, Job, Mode } from '../core/record.ts';

export type RecordProblem = 'empty' | 'malformed' | 'version' | 'checksum';
export type DecodedRecord =
  | { readonly ok: true; readonly record: DurableRecord }
  | { readonly ok: false; readonly problem: RecordProblem };

type Json = Readonly<Record<string, unknown>>;

/** Of what is written and read. */
export const recordVersion = 1;
const maxLength = 4096;
const maxLsn = 2n ** 64n - 1n;
const maxTimeline = 2 ** 32 - 1;

const modes = ['paired', 'solo', 'catchup'] as const satisfies readonly Mode[];
const handedValues = ['none', 'handed', 'handedBack'] as const satisfies readonly Handed[];
const arbiters = ['lan', 'manual', 'etcd', 'fence'] as const satisfies readonly ArbiterName[];
const jobs = ['none', 'rewinding', 'cloning'] as const satisfies readonly Job[];

/**
 * The record as one line of JSON, UTF-8, ended by a newline; the log position is a decimal string.
 * @throws RangeError when the record holds a value that `decodeRecord` would refuse
 */
export function encodeRecord(record: DurableRecord): Buffer {
  const body = bodyText(record);
  if (recordOf(JSON.parse(body) as Json) === null)
    throw new RangeError(`no durable record: ${body}`);
  return fileOf(body);
}

/** Decodes one copy of the record; never throws. */
export function decodeRecord(bytes: Buffer): DecodedRecord {
  if (bytes.length === 0) return refused('empty');
  if (bytes.length > maxLength) return refused('malformed');
  const file = parsed(bytes);
  if (!isJson(file)) return refused('malformed');
  if (file['version'] !== recordVersion) return refused('version');
  if (!isJson(file['record'])) return refused('malformed');
  if (file['checksum'] !== checksumOf(JSON.stringify(file['record']))) return refused('checksum');
  const record = recordOf(file['record']);
  if (record === null || !fileOf(bodyText(record)).equals(bytes)) return refused('malformed');
  return { ok: true, record };
}

function refused(problem: RecordProblem): DecodedRecord {
  return { ok: false, problem };
}

function bodyText(record: DurableRecord): string {
  return JSON.stringify({
    pairId: record.pairId,
    node: record.node,
    epoch: record.epoch,
    holder: record.holder,
    partner: record.partner,
    mode: record.mode,
    handed: record.handed,
    arbiter: record.arbiter,
    pairedHolder: record.pairedHolder,
    databaseSystemId: record.databaseSystemId,
    timeline: record.timeline,
    lsn: record.lsn.toString(),
    job: record.job,
  });
}

function fileOf(body: string): Buffer {
  return Buffer.from(
    `{"version":${recordVersion},"checksum":"${checksumOf(body)}","record":${body}}\n`,
  );
}

function checksumOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

function parsed(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Null when any field is missing or out of its range; what is there beyond the fields is found by encoding again. */
function recordOf(json: Json): DurableRecord | null {
  const { pairId, node, epoch, holder, partner, pairedHolder, databaseSystemId, timeline } = json;
  const mode = oneOf(modes, json['mode']);
  const handed = oneOf(handedValues, json['handed']);
  const arbiter = oneOf(arbiters, json['arbiter']);
  const job = oneOf(jobs, json['job']);
  const lsn = lsnOf(json['lsn']);
  if (!isId(pairId) || !isId(node) || !isId(holder)) return null;
  if (!isIdOrNull(partner) || !isIdOrNull(pairedHolder)) return null;
  if (!isWhole(epoch, Number.MAX_SAFE_INTEGER) || !isWhole(timeline, maxTimeline)) return null;
  if (!isSystemId(databaseSystemId)) return null;
  if (mode === null || handed === null || arbiter === null || job === null || lsn === null)
    return null;
  return {
    pairId,
    node,
    epoch,
    holder,
    partner,
    mode,
    handed,
    arbiter,
    pairedHolder,
    databaseSystemId,
    timeline,
    lsn,
    job,
  };
}

/**
 * Of two valid copies that differ, the write of one was cut short, so nobody was told of it and either would be right. The
 * higher epoch counts; of one epoch the copy that claims less does, so that the box waits rather than serves.
 */
export function laterRecord(one: DurableRecord, other: DurableRecord): DurableRecord {
  return rank(other) > rank(one) ? other : one;
}

function rank(record: DurableRecord): number {
  const follows = record.mode === 'catchup' ? 4 : 0;
  const handed = record.handed === 'none' ? 0 : 2;
  const atWork = record.job === 'none' ? 0 : 1;
  return record.epoch * 8 + follows + handed + atWork;
}

function oneOf<T extends string>(values: readonly T[], value: unknown): T | null {
  return values.find((known) => known === value) ?? null;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
}

function isIdOrNull(value: unknown): value is string | null {
  return value === null || isId(value);
}

function isWhole(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max;
}

function isSystemId(value: unknown): value is string {
  return typeof value === 'string' && /^(0|[1-9][0-9]{0,19})$/.test(value);
}

function lsnOf(value: unknown): bigint | null {
  if (typeof value !== 'string' || !/^(0|[1-9][0-9]{0,19})$/.test(value)) return null;
  const lsn = BigInt(value);
  return lsn <= maxLsn ? lsn : null;
}
