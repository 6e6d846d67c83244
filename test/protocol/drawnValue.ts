// Plain data drawn by chance: everything that a flight record must bring back bit for bit.
import type { Random } from '../simulator/random.ts';

/** A value, nested at most `depth` deep. */
export function drawnValue(random: Random, depth: number): unknown {
  const kind = random.below(depth > 0 ? 12 : 9);
  switch (kind) {
    case 0:
      return [null, undefined, true, false][random.below(4)];
    case 1:
      return random.pick([0, -0, NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 60), 5e-324]);
    case 2:
      return drawnTime(random);
    case 3:
      return random.below(2 ** 31) - 2 ** 30;
    case 4:
      return Number(drawnBigint(random) % 2n ** 53n);
    case 5:
      return drawnBigint(random);
    case 6:
      return random.pick(['', 'tick', 'ß', '\ud800 alone', 'x'.repeat(80), random.hex(16)]);
    case 7:
      return random.unit() * 1e6;
    case 8:
      return random.hex(8);
    case 9:
      return Array.from({ length: random.below(12) }, () => drawnValue(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(11) }, () => [
          `k${random.below(14)}`,
          drawnValue(random, depth - 1),
        ]),
      );
  }
}

/** Milliseconds with nanoseconds behind the point, as clocks give them. */
function drawnTime(random: Random): number {
  return (random.below(2 ** 31) * 4096 + random.below(4096)) / 1e6;
}

function drawnBigint(random: Random): bigint {
  const value = BigInt(`0x${random.hex(1 + random.below(12))}`);
  return random.chance(0.5) ? value : -value;
}

/** The same value, with a few places changed. */
export function changedValue(random: Random, value: unknown): unknown {
  if (random.chance(0.1)) return drawnValue(random, 2);
  if (Array.isArray(value)) return value.map((item) => maybeChanged(random, item));
  if (typeof value === 'number' && random.chance(0.7)) return value + random.below(100);
  if (typeof value === 'bigint') return value + BigInt(random.below(1000));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, maybeChanged(random, field)]),
  );
}

function maybeChanged(random: Random, value: unknown): unknown {
  return random.chance(0.4) ? changedValue(random, value) : value;
}
