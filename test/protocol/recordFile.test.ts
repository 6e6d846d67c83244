// The record as a file: readable, exact both ways, and strict about everything that its encoder would not write.
import { createHash } from 'node:crypto';
import test from 'ava';
import { decodeRecord, encodeRecord } from '../../src/protocol/recordFile.ts';
import type { DurableRecord } from '../../src/core/record.ts';
import { boxA, boxB, durableRecord } from '../core/builders.ts';
import { Random } from '../simulator/random.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

test('a record is one readable line', (t) => {
  const text = encodeRecord(durableRecord()).toString();
  const body =
    `{"pairId":"${'70'.repeat(16)}","node":"${boxA}","epoch":4,"holder":"${boxA}","partner":"${boxB}","mode":"paired",` +
    `"handed":"none","arbiter":"lan","pairedHolder":"${boxA}","databaseSystemId":"7300000000000000001","timeline":3,` +
    `"lsn":"50331744","job":"none"}`;
  const checksum = createHash('sha256').update(body).digest('hex');
  t.is(text, `{"version":1,"checksum":"${checksum}","record":${body}}\n`);
});

function drawnRecord(random: Random): DurableRecord {
  return durableRecord({
    pairId: random.hex(16),
    node: random.hex(16),
    epoch: random.pick([0, 1, random.uint32(), Number.MAX_SAFE_INTEGER]),
    holder: random.hex(16),
    partner: random.chance(0.5) ? random.hex(16) : null,
    mode: random.pick(['paired', 'solo', 'catchup'] as const),
    handed: random.pick(['none', 'handed', 'handedBack'] as const),
    arbiter: random.pick(['lan', 'manual', 'etcd', 'fence'] as const),
    pairedHolder: random.chance(0.5) ? random.hex(16) : null,
    databaseSystemId: String(random.uint32()),
    timeline: random.uint32(),
    lsn: random.pick([0n, 1n, 2n ** 53n + 1n, 2n ** 64n - 1n]),
    job: random.pick(['none', 'rewinding', 'cloning'] as const),
  });
}

test('any record comes back as it was written', (t) => {
  t.log(`seed ${seed}`);
  const random = new Random(seed);
  for (let round = 0; round < 1000; round += 1) {
    const record = drawnRecord(random);
    t.deepEqual(decodeRecord(encodeRecord(record)), { ok: true, record });
  }
});

test('a file with any one bit flipped is refused', (t) => {
  const bytes = encodeRecord(durableRecord());
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    t.false(decodeRecord(flipped).ok, `bit ${bit}`);
  }
});

test('a file cut short anywhere is refused', (t) => {
  const bytes = encodeRecord(durableRecord());
  for (let length = 0; length < bytes.length; length += 1) {
    const decoded = decodeRecord(bytes.subarray(0, length));
    t.false(decoded.ok, `length ${length}`);
  }
  t.deepEqual(decodeRecord(Buffer.alloc(0)), { ok: false, problem: 'empty' });
});

/** A file whose checksum is right and whose record was changed by hand. */
function edited(changes: Readonly<Record<string, unknown>>, version = 1): Buffer {
  const file = JSON.parse(encodeRecord(durableRecord()).toString()) as { readonly record: object };
  const body = JSON.stringify({ ...file.record, ...changes });
  const checksum = createHash('sha256').update(body).digest('hex');
  return Buffer.from(`{"version":${version},"checksum":"${checksum}","record":${body}}\n`);
}

test('a record with a field out of its range is refused although its checksum is right', (t) => {
  const edits: readonly Readonly<Record<string, unknown>>[] = [
    { epoch: -1 },
    { epoch: 1.5 },
    { epoch: '4' },
    { epoch: null },
    { holder: 'a0' },
    { node: 'A0'.repeat(16) },
    { partner: '' },
    { mode: 'Paired' },
    { handed: null },
    { arbiter: 'coin' },
    { databaseSystemId: 7 },
    { databaseSystemId: '07' },
    { timeline: 2 ** 32 },
    { lsn: 50 },
    { lsn: '0x10' },
    { lsn: (2n ** 64n).toString() },
    { job: 'resting' },
    { extra: true },
  ];
  for (const edit of edits) {
    t.deepEqual(
      decodeRecord(edited(edit)),
      { ok: false, problem: 'malformed' },
      JSON.stringify(edit),
    );
  }
  t.true(decodeRecord(edited({ epoch: 5 })).ok);
});

test('a file that says the same in other bytes is refused', (t) => {
  const text = encodeRecord(durableRecord()).toString();
  const variants = [
    text.trimEnd(),
    `${text}\n`,
    ` ${text}`,
    text.replace('{"version":1,', '{"version":1, '),
  ];
  for (const variant of variants) {
    t.deepEqual(decodeRecord(Buffer.from(variant)), { ok: false, problem: 'malformed' }, variant);
  }
});

test('a newer version and a foreign file are told apart', (t) => {
  t.deepEqual(decodeRecord(edited({}, 2)), { ok: false, problem: 'version' });
  t.deepEqual(decodeRecord(Buffer.from('[]\n')), { ok: false, problem: 'malformed' });
  t.deepEqual(decodeRecord(Buffer.from([0xff, 0xfe, 0x00])), { ok: false, problem: 'malformed' });
  t.deepEqual(decodeRecord(Buffer.alloc(5000, 0x20)), { ok: false, problem: 'malformed' });
});

test('a record that could not be read back is never written', (t) => {
  t.throws(() => encodeRecord(durableRecord({ holder: 'box-a' })), { instanceOf: RangeError });
  t.throws(() => encodeRecord(durableRecord({ lsn: 2n ** 64n })), { instanceOf: RangeError });
});
