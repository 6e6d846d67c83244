// Packed values come back bit for bit, and bytes that no writer wrote are refused.
import test from 'ava';
import { firstDifference } from '../../src/protocol/difference.ts';
import { PackedProblem, PackedReader } from '../../src/protocol/packedReader.ts';
import { PackedWriter } from '../../src/protocol/packedWriter.ts';
import { Random } from '../simulator/random.ts';
import { changedValue, drawnValue } from './drawnValue.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);

test('any plain data comes back bit for bit, alone and as a change of what came before', (t) => {
  t.log(`seed ${seed}`);
  const random = new Random(seed);
  for (let series = 0; series < 300; series += 1) {
    const writer = new PackedWriter();
    const reader = new PackedReader();
    let value = drawnValue(random, 4);
    let base: unknown;
    let unpackedBase: unknown;
    for (let turn = 0; turn < 30; turn += 1) {
      writer.value(value, base);
      reader.give(writer.take());
      const unpacked = reader.value(unpackedBase);
      t.is(firstDifference(value, unpacked), null, `seed ${seed}, series ${series}, turn ${turn}`);
      t.true(reader.isAtEnd);
      base = value;
      unpackedBase = unpacked;
      value = changedValue(random, value);
    }
  }
});

test('the order of keys, a key without a value and -0 are kept', (t) => {
  const value = { b: 1, a: undefined, c: -0 };
  const writer = new PackedWriter();
  writer.value(value, { a: undefined, b: 1, c: 0 });
  const reader = new PackedReader();
  reader.give(writer.take());
  const unpacked = reader.value({ a: undefined, b: 1, c: 0 }) as typeof value;
  t.deepEqual(Object.keys(unpacked), ['b', 'a', 'c']);
  t.true(Object.is(unpacked.c, -0));
});

test('what is no plain data is refused', (t) => {
  for (const value of [
    new Map(),
    () => 1,
    Symbol('x'),
    new Date(0),
    JSON.parse('{"__proto__":1}') as unknown,
  ])
    t.throws(() => new PackedWriter().value({ value }, undefined), { instanceOf: RangeError });
  const endless: Record<string, unknown> = {};
  endless['self'] = endless;
  t.throws(() => new PackedWriter().value(endless, undefined), { instanceOf: RangeError });
});

test('bytes drawn by chance are read as something or refused, never more than that', (t) => {
  t.log(`seed ${seed}`);
  const random = new Random(seed);
  let refused = 0;
  for (let turn = 0; turn < 3000; turn += 1) {
    const reader = new PackedReader();
    reader.give(Buffer.from(random.hex(1 + random.below(200)), 'hex'));
    try {
      reader.value({ a: 1, b: [1n, 'two'] });
    } catch (error) {
      t.true(error instanceof PackedProblem, `seed ${seed}, turn ${turn}: ${String(error)}`);
      refused += 1;
    }
  }
  t.true(refused > 1000);
});

test('a value that has not changed costs nothing, a counter that went on a byte or two', (t) => {
  const writer = new PackedWriter();
  const before = { at: 812_345.123_456, heartbeat: { seq: 7_000_001, standing: { lsn: 50n } } };
  writer.value(before, undefined);
  writer.take();
  const after = {
    at: before.at + 50,
    heartbeat: { seq: 7_000_002, standing: { ...before.heartbeat.standing } },
  };
  writer.value(after, before);
  t.true(writer.take().length <= 12);
});
