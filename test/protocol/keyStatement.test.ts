// The statement about keys as bytes: what was encoded is decoded, and nothing else is believed.
import test from 'ava';
import {
  decodeKeyStatement,
  encodeKeyStatement,
  isKeyStatement,
  keyStatementLength,
} from '../../src/protocol/keyStatement.ts';
import type { KeyStatement } from '../../src/protocol/keyStatement.ts';

const pairId = '70'.repeat(16);
const key = Buffer.alloc(32, 1);
const other = Buffer.alloc(32, 2);

const offered: KeyStatement = {
  sender: 'a0'.repeat(16),
  sends: '01'.repeat(8),
  other: { fingerprint: '02'.repeat(8), role: 'next' },
  publicKey: '03'.repeat(32),
  offer: { nonce: '04'.repeat(12), box: '05'.repeat(48) },
};

test('a statement is decoded as it was encoded, with whichever accepted key it is signed', (t) => {
  const previous = { fingerprint: '06'.repeat(8), role: 'previous' } as const;
  const alone = { ...offered, other: null, offer: null };
  for (const said of [offered, alone, { ...alone, other: previous }]) {
    const bytes = encodeKeyStatement(said, pairId, key);
    t.is(bytes.length, keyStatementLength);
    t.true(isKeyStatement(bytes));
    t.deepEqual(decodeKeyStatement(bytes, pairId, [other, key]), said);
  }
});

test('a statement of another key, of another pair, or changed in any byte is none', (t) => {
  const bytes = encodeKeyStatement(offered, pairId, key);
  t.is(decodeKeyStatement(bytes, pairId, [other]), null);
  t.is(decodeKeyStatement(bytes, '71'.repeat(16), [key]), null);
  t.is(decodeKeyStatement(bytes.subarray(0, -1), pairId, [key]), null);
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 0x10;
    t.is(decodeKeyStatement(changed, pairId, [key]), null, `byte ${at}`);
  }
});
