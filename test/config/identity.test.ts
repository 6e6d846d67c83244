// node.json: who this box is, written whole or not at all.
import test from 'ava';
import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  identityPath,
  newNodeIdentity,
  readNodeIdentity,
  writeNodeIdentity,
} from '../../src/config/identity.ts';

const pairId = '0123456789abcdef0123456789abcdef';

function directory(t: { teardown: (undo: () => Promise<void>) => void }): string {
  const path = mkdtempSync(join(tmpdir(), 'hotpair-node-'));
  t.teardown(() => rm(path, { recursive: true }));
  return path;
}

test('a written identity is read back, private, and a new one takes its place', (t) => {
  const path = directory(t);
  const [first, second] = [newNodeIdentity(pairId), newNodeIdentity(pairId)];
  t.not(first.nodeId, second.nodeId);
  t.regex(first.nodeId, /^[0-9a-f]{32}$/);
  for (const identity of [first, second]) {
    writeNodeIdentity(path, identity);
    t.deepEqual(readNodeIdentity(path), identity);
  }
  t.is(statSync(identityPath(path)).mode & 0o7777, 0o600);
  t.deepEqual(readdirSync(path), ['node.json']);
});

test('a box without identity says NODE_MISSING, a damaged one NODE_FORMAT', (t) => {
  const path = directory(t);
  t.throws(() => readNodeIdentity(path), { code: 'NODE_MISSING' });
  const { nodeId } = newNodeIdentity(pairId);
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    JSON.stringify({ nodeId }),
    JSON.stringify({ nodeId: nodeId.toUpperCase().replace(/^./, 'X'), pairId }),
    JSON.stringify({ nodeId, pairId, more: 1 }),
  ]) {
    writeFileSync(identityPath(path), text);
    t.throws(() => readNodeIdentity(path), { code: 'NODE_FORMAT' }, text);
  }
});

test('an identity that cannot be written is NODE_WRITE', (t) => {
  const path = join(directory(t), 'absent');
  t.throws(() => writeNodeIdentity(path, newNodeIdentity(pairId)), { code: 'NODE_WRITE' });
});
