// Questions about a path and their answers: only those of this pair, whole and unchanged, are any.
import test from 'ava';
import { decodeHeartbeat } from '../../src/protocol/heartbeat.ts';
import {
  decodePathProbe,
  encodePathProbe,
  largeProbeLength,
  smallProbeLength,
} from '../../src/protocol/pathProbe.ts';
import type { PathProbe } from '../../src/protocol/pathProbe.ts';
import { boxA, thePair } from '../core/builders.ts';

const key = Buffer.alloc(32, 7);
const probe: PathProbe = {
  sender: boxA,
  kind: 'question',
  nonce: '0011223344556677',
  length: smallProbeLength,
};

test('a question and an answer of both lengths are read as they were written', (t) => {
  for (const kind of ['question', 'answer'] as const)
    for (const length of [smallProbeLength, largeProbeLength]) {
      const bytes = encodePathProbe({ ...probe, kind, length }, thePair, key);
      t.is(bytes.length, length);
      t.deepEqual(decodePathProbe(bytes, thePair, key), { ...probe, kind, length });
    }
});

test('a probe of another pair, with another key, cut, or changed in any byte, is none', (t) => {
  const bytes = encodePathProbe(probe, thePair, key);
  t.is(decodePathProbe(bytes, 'f'.repeat(32), key), null);
  t.is(decodePathProbe(bytes, thePair, Buffer.alloc(32, 8)), null);
  t.is(decodePathProbe(bytes.subarray(0, -1), thePair, key), null);
  t.is(decodePathProbe(Buffer.concat([bytes, Buffer.alloc(1)]), thePair, key), null);
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    t.is(decodePathProbe(changed, thePair, key), null);
  }
  for (let length = 0; length < bytes.length; length += 1)
    t.is(decodePathProbe(bytes.subarray(0, length), thePair, key), null);
});

test('a probe is no heartbeat', (t) => {
  for (const length of [smallProbeLength, 268, largeProbeLength])
    t.false(decodeHeartbeat(encodePathProbe({ ...probe, length }, thePair, key), thePair, key).ok);
});
