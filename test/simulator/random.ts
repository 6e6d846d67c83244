// The one source of chance: sfc32, seeded by a number. The same seed draws the same world on every machine.

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) | 0;
    this.#c = 0x9e37_79b9 | 0;
    for (let round = 0; round < 15; round += 1) this.uint32();
  }

  /** Another source that begins here: what is drawn from it takes nothing from this one. */
  branch(): Random {
    const other = new Random(0);
    other.#a = this.#b;
    other.#b = this.#a;
    other.#c = this.#c ^ this.#counter;
    for (let round = 0; round < 15; round += 1) other.uint32();
    return other;
  }

  /** A whole number, 0 <= n < 2^32. */
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** 0 <= x < 1 */
  unit(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** low <= x < high */
  between(low: number, high: number): number {
    return low + this.unit() * (high - low);
  }

  /** A whole number, 0 <= n < limit. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError('nothing to pick from');
    return value;
  }

  /** One of the pairs [value, weight], as often as its weight says. */
  weighted<T>(choices: readonly (readonly [T, number])[]): T {
    const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
    let rest = this.unit() * total;
    for (const [value, weight] of choices) {
      rest -= weight;
      if (rest < 0) return value;
    }
    throw new RangeError('nothing to pick from');
  }

  /** Waiting time until the next of events that come every `mean` on average. */
  exponential(mean: number): number {
    return -Math.log(1 - this.unit()) * mean;
  }

  /** Lower-case hexadecimal digits, two for each byte. */
  hex(bytes: number): string {
    let digits = '';
    while (digits.length < bytes * 2) digits += this.uint32().toString(16).padStart(8, '0');
    return digits.slice(0, bytes * 2);
  }
}
