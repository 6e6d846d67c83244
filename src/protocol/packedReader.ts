// Unpacks what packedWriter.ts packed, bit for bit. Bytes that a writer would not have written are refused: a flight record
// comes from a disk, or from somebody's mail.
import { deepest, longestRemembered, mostRemembered, tags } from './packedTags.ts';

type Plain = Readonly<Record<string, unknown>>;

const nanosecondsPerMs = 1e6;

export class PackedProblem extends Error {
  override readonly name = 'PackedProblem';
}

export class PackedReader {
  #bytes: Buffer = Buffer.alloc(0);
  #offset = 0;
  readonly #texts: string[] = [];
  readonly #shapes: (readonly string[])[] = [];

  /** Goes on with the next bytes that the writer gave out. */
  give(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#offset = 0;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw new PackedProblem('cut short');
    this.#offset += 1;
    return byte;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new PackedProblem('a number too long');
  }

  /** Unpacks one value. Throws PackedProblem. */
  value(base: unknown, depth = 0): unknown {
    if (depth > deepest) throw new PackedProblem('nested too deep');
    const tag = this.byte();
    switch (tag) {
      case tags.same:
        return base;
      case tags.null:
        return null;
      case tags.true:
        return true;
      case tags.false:
        return false;
      case tags.undefined:
        return undefined;
      case tags.array:
        return Array.from({ length: this.#count() }, () => this.value(undefined, depth + 1));
      case tags.arrayChange:
        return this.#changes(arrayBase(base), depth);
      case tags.object:
      case tags.objectAgain:
        return this.#object(tag, base, depth);
      case tags.objectChange:
        return this.#objectChange(base, depth);
      case tags.text:
      case tags.textAgain:
      case tags.textUnits:
        return this.#text(tag);
      default:
        return this.#numeric(tag, base);
    }
  }

  text(): string {
    return this.#text(this.byte());
  }

  #text(tag: number): string {
    if (tag === tags.textAgain) return known(this.#texts, this.varint());
    const bytes = this.#taken(this.#count());
    if (tag === tags.textUnits) return bytes.toString('utf16le');
    if (tag !== tags.text) throw new PackedProblem('no text');
    const text = bytes.toString();
    if (text.length <= longestRemembered && this.#texts.length < mostRemembered)
      this.#texts.push(text);
    return text;
  }

  #numeric(tag: number, base: unknown): number | bigint {
    switch (tag) {
      case tags.whole:
        return this.#signed();
      case tags.wholeChange:
        return numberBase(base) + this.#signed();
      case tags.double:
        return this.#taken(8).readDoubleBE();
      case tags.nanoseconds:
        return this.#signed() / nanosecondsPerMs;
      case tags.nanosecondsChange:
        return (
          (Math.round(numberBase(base) * nanosecondsPerMs) + this.#signed()) / nanosecondsPerMs
        );
      case tags.bigPositive:
        return this.#magnitude();
      case tags.bigNegative:
        return -this.#magnitude();
      case tags.bigChange:
        if (typeof base !== 'bigint') throw new PackedProblem('a change of nothing');
        return base + BigInt(this.#signed());
      default:
        throw new PackedProblem(`an unknown tag ${tag}`);
    }
  }

  #signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #magnitude(): bigint {
    const digits = this.#taken(this.#count()).toString('hex');
    return BigInt(`0x${digits === '' ? '0' : digits}`);
  }

  #object(tag: number, base: unknown, depth: number): Plain {
    const keys = tag === tags.object ? this.#newShape() : known(this.#shapes, this.varint());
    const before = isPlain(base) ? base : {};
    const value: Record<string, unknown> = {};
    for (const key of keys)
      value[key] = this.value(Object.hasOwn(before, key) ? before[key] : undefined, depth + 1);
    return value;
  }

  #newShape(): readonly string[] {
    const keys = Array.from({ length: this.#count() }, () => this.text());
    if (keys.includes('__proto__')) throw new PackedProblem('a key that is none');
    if (this.#shapes.length < mostRemembered) this.#shapes.push(keys);
    return keys;
  }

  #objectChange(base: unknown, depth: number): Plain {
    if (!isPlain(base)) throw new PackedProblem('a change of nothing');
    const keys = Object.keys(base);
    const fields = this.#changes(
      keys.map((key) => base[key]),
      depth,
    );
    return Object.fromEntries(keys.map((key, place) => [key, fields[place]]));
  }

  #changes(before: readonly unknown[], depth: number): readonly unknown[] {
    const mask = this.#taken(Math.ceil(before.length / 8));
    return before.map((item, place) =>
      ((mask[place >> 3] ?? 0) & (1 << (place & 7))) === 0 ? item : this.value(item, depth + 1),
    );
  }

  /** A number of things that take a byte each at least: more than there are bytes is a lie. */
  #count(): number {
    const count = this.varint();
    if (count > this.#bytes.length - this.#offset) throw new PackedProblem('cut short');
    return count;
  }

  #taken(count: number): Buffer {
    const end = this.#offset + count;
    if (end > this.#bytes.length) throw new PackedProblem('cut short');
    const bytes = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }
}

function known<T>(all: readonly T[], place: number): T {
  const found = all[place];
  if (found === undefined) throw new PackedProblem('a repetition of nothing');
  return found;
}

function numberBase(base: unknown): number {
  if (typeof base !== 'number') throw new PackedProblem('a change of nothing');
  return base;
}

function arrayBase(base: unknown): readonly unknown[] {
  if (!Array.isArray(base)) throw new PackedProblem('a change of nothing');
  return base as readonly unknown[];
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
