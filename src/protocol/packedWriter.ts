// Packs plain data (what JSON knows, with bigint, undefined and every number) into few bytes: a value is written as its
// difference to a base that the reader knows as well. It needs no description of what it packs, so that an event that is
// new in the core needs no change here.
import { deepest, largestWhole, longestRemembered, mostRemembered, tags } from './packedTags.ts';

type Plain = Readonly<Record<string, unknown>>;

const firstSize = 4096;
const nanosecondsPerMs = 1e6;

export class PackedWriter {
  #bytes = Buffer.allocUnsafe(firstSize);
  #length = 0;
  readonly #texts = new Map<string, number>();
  readonly #shapes = new Map<string, number>();

  /** The bytes packed since the last call. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return taken;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** 0 <= value <= 2^53, seven bits a byte, the lowest first. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /**
   * Packs one value. The reader must be given an equal base.
   * @throws RangeError for what is no plain data; the writer cannot be used any more then
   */
  value(value: unknown, base: unknown, depth = 0): void {
    if (Object.is(value, base)) return this.byte(tags.same);
    switch (typeof value) {
      case 'number':
        return this.#number(value, base);
      case 'string':
        return this.text(value);
      case 'boolean':
        return this.byte(value ? tags.true : tags.false);
      case 'undefined':
        return this.byte(tags.undefined);
      case 'bigint':
        return this.#bigint(value, base);
      case 'object':
        if (value === null) return this.byte(tags.null);
        if (depth >= deepest) throw new RangeError('nested too deep to be packed');
        if (Array.isArray(value)) return this.#array(value, base, depth);
        return this.#object(plainObject(value), base, depth);
      case 'function':
      case 'symbol':
        throw new RangeError(`no plain data: ${typeof value}`);
    }
  }

  text(value: string): void {
    const known = this.#texts.get(value);
    if (known !== undefined) {
      this.byte(tags.textAgain);
      return this.varint(known);
    }
    if (!value.isWellFormed()) {
      this.byte(tags.textUnits);
      return this.#bytesOf(Buffer.from(value, 'utf16le'));
    }
    this.byte(tags.text);
    this.#bytesOf(Buffer.from(value));
    remember(this.#texts, value);
  }

  #number(value: number, base: unknown): void {
    if (isWhole(value)) {
      const change = typeof base === 'number' && isWhole(base) ? value - base : Infinity;
      if (Math.abs(change) < Math.min(Math.abs(value), largestWhole))
        return this.#signed(tags.wholeChange, change);
      return this.#signed(tags.whole, value);
    }
    const nanoseconds = nanosecondsOf(value);
    if (nanoseconds === null) return this.#double(value);
    const before = typeof base === 'number' ? nanosecondsOf(base) : null;
    if (before !== null && Math.abs(nanoseconds - before) < largestWhole)
      return this.#signed(tags.nanosecondsChange, nanoseconds - before);
    if (Math.abs(nanoseconds) >= largestWhole) return this.#double(value);
    this.#signed(tags.nanoseconds, nanoseconds);
  }

  /** |value| < 2^51 */
  #signed(tag: number, value: number): void {
    this.byte(tag);
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  #double(value: number): void {
    this.byte(tags.double);
    this.#grow(8);
    this.#bytes.writeDoubleBE(value, this.#length);
    this.#length += 8;
  }

  #bigint(value: bigint, base: unknown): void {
    const change = typeof base === 'bigint' ? Number(value - base) : Infinity;
    if (Math.abs(change) < largestWhole) return this.#signed(tags.bigChange, change);
    this.byte(value < 0n ? tags.bigNegative : tags.bigPositive);
    const digits = (value < 0n ? -value : value).toString(16);
    this.#bytesOf(Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex'));
  }

  #array(value: readonly unknown[], base: unknown, depth: number): void {
    if (Array.isArray(base) && base.length === value.length && value.length > 0) {
      this.byte(tags.arrayChange);
      return this.#changes(value, base, depth);
    }
    this.byte(tags.array);
    this.varint(value.length);
    for (const item of value) this.value(item, undefined, depth + 1);
  }

  #object(value: Plain, base: unknown, depth: number): void {
    const keys = Object.keys(value);
    if (isPlain(base) && haveSameKeys(keys, base)) {
      const fields = keys.map((key) => value[key]);
      const before = keys.map((key) => base[key]);
      this.byte(tags.objectChange);
      return this.#changes(fields, before, depth);
    }
    this.#shape(keys);
    const before = isPlain(base) ? base : {};
    for (const key of keys)
      this.value(value[key], Object.hasOwn(before, key) ? before[key] : undefined, depth + 1);
  }

  /** A bit for each place that differs, the places of one byte from its lowest bit up; then what is there. */
  #changes(values: readonly unknown[], before: readonly unknown[], depth: number): void {
    const maskAt = this.#length;
    for (let place = 0; place < values.length; place += 8) this.byte(0);
    for (const [place, value] of values.entries()) {
      const start = this.#length;
      this.value(value, before[place], depth + 1);
      if (this.#wasSame(start)) this.#length = start;
      else this.#mark(maskAt + (place >> 3), place & 7);
    }
  }

  #wasSame(start: number): boolean {
    if (this.#length === start + 1) return this.#bytes[start] === tags.same;
    // A container without any change is its base as well.
    const tag = this.#bytes[start];
    if (tag !== tags.objectChange && tag !== tags.arrayChange) return false;
    for (let at = start + 1; at < this.#length; at += 1) if (this.#bytes[at] !== 0) return false;
    return true;
  }

  #mark(at: number, bit: number): void {
    this.#bytes[at] = (this.#bytes[at] ?? 0) | (1 << bit);
  }

  #shape(keys: readonly string[]): void {
    if (keys.includes('__proto__')) throw new RangeError('a key that is none: __proto__');
    const name = JSON.stringify(keys);
    const known = this.#shapes.get(name);
    if (known !== undefined) {
      this.byte(tags.objectAgain);
      return this.varint(known);
    }
    this.byte(tags.object);
    this.varint(keys.length);
    for (const key of keys) this.text(key);
    if (this.#shapes.size < mostRemembered) this.#shapes.set(name, this.#shapes.size);
  }

  #bytesOf(bytes: Buffer): void {
    this.varint(bytes.length);
    this.#grow(bytes.length);
    bytes.copy(this.#bytes, this.#length);
    this.#length += bytes.length;
  }

  #grow(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

function remember(texts: Map<string, number>, value: string): void {
  if (value.length <= longestRemembered && texts.size < mostRemembered)
    texts.set(value, texts.size);
}

function isWhole(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < largestWhole && !Object.is(value, -0);
}

/** Null where the fraction does not come back exactly. */
function nanosecondsOf(value: number): number | null {
  const nanoseconds = Math.round(value * nanosecondsPerMs);
  const comesBack = nanoseconds / nanosecondsPerMs === value && !Object.is(value, -0);
  return comesBack && Number.isSafeInteger(nanoseconds) ? nanoseconds : null;
}

function haveSameKeys(keys: readonly string[], base: Plain): boolean {
  const others = Object.keys(base);
  return keys.length === others.length && keys.every((key, place) => key === others[place]);
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function plainObject(value: object): Plain {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return value as Plain;
  throw new RangeError('no plain data: an object with a prototype of its own');
}
