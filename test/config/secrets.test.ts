// The pair key: its file is refused unless it is private, and its derived secrets are fixed for ever
// by golden values, because both boxes must agree on them across versions.
import test from 'ava';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { createHmac } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  heartbeatKey,
  newPairKey,
  parsePairKey,
  readPairKey,
  replicationPassword,
  writePairKey,
} from '../../src/config/secrets.ts';

const pairId = '0123456789abcdef0123456789abcdef';
const secret = '00112233445566778899aabbccddeeff'.repeat(2);
const line = `hotpair-pair-v1 ${pairId} ${secret}\n`;

function directory(t: { teardown: (undo: () => Promise<void>) => void }): string {
  const path = mkdtempSync(join(tmpdir(), 'hotpair-key-'));
  t.teardown(() => rm(path, { recursive: true }));
  return path;
}

function keyFile(path: string, text: string, mode = 0o600): string {
  const file = join(path, 'pair.key');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

/** HKDF of RFC 5869 by its two steps, written independently of node:crypto's hkdf. */
function hkdf(info: string): string {
  const extracted = createHmac('sha256', Buffer.alloc(32))
    .update(Buffer.from(secret, 'hex'))
    .digest();
  return createHmac('sha256', extracted).update(`${info}\u0001`).digest('hex');
}

test('a written key is read back the same, private, and leaves nothing beside it', (t) => {
  const path = directory(t);
  const file = join(path, 'pair.key');
  const key = newPairKey();
  writePairKey(file, key);
  t.is(statSync(file).mode & 0o7777, 0o600);
  t.deepEqual(readdirSync(path), ['pair.key']);
  t.is(readPairKey(file).toLine(), key.toLine());
  t.is(readPairKey(file).pairId, key.pairId);
});

test('two new keys differ in id and secret', (t) => {
  const [one, other] = [newPairKey(), newPairKey()];
  t.not(one.pairId, other.pairId);
  t.not(replicationPassword(one), replicationPassword(other));
});

test('the derived secrets are HKDF-SHA-256 of the key with their own info, and differ', (t) => {
  const key = parsePairKey(line, 'the test');
  t.is(replicationPassword(key), hkdf('hotpair replication'));
  t.is(heartbeatKey(key).toString('hex'), hkdf('hotpair heartbeat 1'));
  t.not(replicationPassword(key), heartbeatKey(key).toString('hex'));
});

test('a key file that others may read or change is refused with KEY_PERMISSIONS', (t) => {
  const path = directory(t);
  for (const mode of [0o640, 0o604, 0o620, 0o601, 0o644, 0o666]) {
    const file = keyFile(path, line, mode);
    t.throws(() => readPairKey(file), { code: 'KEY_PERMISSIONS' }, mode.toString(8));
  }
  t.is(readPairKey(keyFile(path, line, 0o400)).pairId, pairId);
});

test('a missing key file is KEY_MISSING, a directory in its place KEY_FORMAT', (t) => {
  const path = directory(t);
  mkdirSync(join(path, 'directory'), { mode: 0o700 });
  t.throws(() => readPairKey(join(path, 'absent')), { code: 'KEY_MISSING' });
  t.throws(() => readPairKey(join(path, 'directory')), { code: 'KEY_FORMAT' });
});

test('a damaged key file is KEY_FORMAT, and the message does not show the key', (t) => {
  const path = directory(t);
  for (const text of [
    '',
    line.slice(0, -8),
    `${line}${line}`,
    line.toUpperCase(),
    line.replace('v1', 'v2'),
    `${line} `,
    `${line}${'x'.repeat(5_000)}`,
  ]) {
    const error = t.throws(() => readPairKey(keyFile(path, text)), { code: 'KEY_FORMAT' });
    t.false(inspect(error).toLowerCase().includes(secret.slice(0, 32)));
  }
});

test('the key of another pair is never overwritten; the same key may be written again', (t) => {
  const file = keyFile(directory(t), line);
  t.throws(() => writePairKey(file, newPairKey()), { code: 'KEY_EXISTS' });
  t.is(readFileSync(file, 'utf8'), line);
  t.notThrows(() => writePairKey(file, parsePairKey(line, 'the test')));
});

test('a key that cannot be written is KEY_WRITE', (t) => {
  t.throws(() => writePairKey(join(directory(t), 'absent', 'pair.key'), newPairKey()), {
    code: 'KEY_WRITE',
  });
});

test('a key that is logged, inspected or turned into JSON does not show its secret', (t) => {
  const key = parsePairKey(line, 'the test');
  const shown = `${inspect(key, { depth: 9, showHidden: true })}${JSON.stringify({ key })}`;
  t.true(shown.includes(pairId));
  t.false(shown.includes(secret.slice(0, 16)));
  t.false(shown.includes('0, 17, 34') || shown.includes('00 11 22'));
});
