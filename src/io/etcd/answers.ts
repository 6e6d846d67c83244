// The answers of etcd's HTTP/JSON gateway (api/etcdserverpb/rpc.proto in its JSON form: 64-bit numbers and bytes are texts,
// what is false, zero or empty is left out). Each is checked field by field: what is not clearly an answer is none.
import { etcdError } from './etcdError.ts';
import type { EtcdError } from './etcdError.ts';

export type Header = { readonly cluster: string; readonly revision: bigint };
export type KeyValue = { readonly value: Buffer; readonly modRevision: bigint };
export type RangeAnswer = Header & { readonly found: KeyValue | null };
export type SwapAnswer = Header & { readonly swapped: boolean };

type Fields = Readonly<Record<string, unknown>>;

const longestToken = 4096;

/** What a range over exactly `key` says. Throws ETCD_ANSWER. */
export function readRange(body: unknown, key: Buffer): RangeAnswer {
  const answer = fieldsOf(body, 'the answer');
  const header = readHeader(answer);
  const entries = listOf(answer['kvs']);
  const count = answer['count'] === undefined ? 0n : int64(answer['count'], 'count');
  if (count !== BigInt(entries.length) || entries.length > 1 || answer['more'] === true) {
    throw wrong(`it counts ${count} entries of one key and shows ${entries.length}`);
  }
  const [entry] = entries;
  if (entry === undefined) return { ...header, found: null };
  return { ...header, found: readKeyValue(fieldsOf(entry, 'the entry'), key, header) };
}

function readKeyValue(entry: Fields, key: Buffer, { revision }: Header): KeyValue {
  if (!bytes(entry['key'], 'key').equals(key)) throw wrong('it is about another key');
  const modRevision = int64(entry['mod_revision'], 'mod_revision');
  const created = int64(entry['create_revision'], 'create_revision');
  if (created < 1n || created > modRevision || modRevision > revision) {
    throw wrong(`its revisions contradict each other: ${created}, ${modRevision}, ${revision}`);
  }
  // What hangs on a lease vanishes by itself one day.
  if (entry['lease'] !== undefined && entry['lease'] !== '0') throw wrong('the entry has a lease');
  return { value: bytes(entry['value'] ?? '', 'value'), modRevision };
}

/** Whether the one operation of a transaction was done. Throws ETCD_ANSWER. */
export function readSwap(
  body: unknown,
  operation: 'response_put' | 'response_delete_range',
): SwapAnswer {
  const answer = fieldsOf(body, 'the answer');
  const header = readHeader(answer);
  const succeeded = answer['succeeded'] ?? false;
  const responses = listOf(answer['responses']);
  if (typeof succeeded !== 'boolean') throw wrong('succeeded is neither true nor false');
  if (responses.length !== (succeeded ? 1 : 0)) {
    throw wrong(`it says ${succeeded} and tells of ${responses.length} operations`);
  }
  if (succeeded) {
    const done = fieldsOf(fieldsOf(responses[0], 'the response')[operation], operation);
    const at = int64(fieldsOf(done['header'], 'its header')['revision'], 'revision');
    if (at !== header.revision) throw wrong('its revisions contradict each other');
  }
  return { ...header, swapped: succeeded };
}

/** The token of a login. Throws ETCD_ANSWER. */
export function readToken(body: unknown): string {
  const token = fieldsOf(body, 'the answer')['token'];
  if (typeof token !== 'string' || token.length > longestToken || !/^[!-~]+$/.test(token)) {
    throw wrong('the token has another form');
  }
  return token;
}

/** What a refusal says of itself; never long, never of several lines. */
export function readRefusal(body: unknown): string {
  const { message, error } = typeof body === 'object' && body !== null ? (body as Fields) : {};
  const text = [message, error].find((each) => typeof each === 'string') ?? 'without a reason';
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?').slice(0, 200);
}

function readHeader(answer: Fields): Header {
  const header = fieldsOf(answer['header'], 'the header');
  const cluster = header['cluster_id'];
  // An unsigned number of 64 bits: it is compared, never counted with.
  if (typeof cluster !== 'string' || !/^[1-9][0-9]{0,19}$/.test(cluster)) {
    throw wrong('it does not name its cluster');
  }
  const revision = int64(header['revision'], 'revision');
  if (revision < 1n) throw wrong('its revision is no revision');
  return { cluster, revision };
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrong(`${what} is missing or has another form`);
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw wrong('a list has another form');
}

const mostInt64 = 2n ** 63n - 1n;

function int64(value: unknown, name: string): bigint {
  if (typeof value === 'string' && /^(0|[1-9][0-9]{0,18})$/.test(value)) {
    const number = BigInt(value);
    if (number <= mostInt64) return number;
  }
  throw wrong(`${name} is no number of 64 bits`);
}

function bytes(value: unknown, name: string): Buffer {
  if (typeof value === 'string') {
    const decoded = Buffer.from(value, 'base64');
    // Node skips what is not base64; what does not come back the same was something else.
    if (decoded.toString('base64') === value) return decoded;
  }
  throw wrong(`${name} is not base64`);
}

function wrong(text: string): EtcdError {
  return etcdError('ETCD_ANSWER', `etcd gives a wrong answer: ${text}`);
}
