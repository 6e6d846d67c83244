// Reads fixed-width big-endian fields one after another. A field out of its range does not throw: it makes `sound` false
// and reads as zero, so that a decoder runs straight through and asks once at the end.

const highUnit = 0x1_0000_0000;
const maxHigh = Math.floor(Number.MAX_SAFE_INTEGER / highUnit);

export class ByteReader {
  readonly #bytes: Buffer;
  #offset: number;
  #sound = true;

  /** The caller has checked that the buffer is long enough for every field that will be read. */
  constructor(bytes: Buffer, offset: number) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  /** False from the first field that was out of range. */
  get sound(): boolean {
    return this.#sound;
  }

  refuse(): void {
    this.#sound = false;
  }

  uint8(): number {
    const value = this.#bytes.readUInt8(this.#offset);
    this.#offset += 1;
    return value;
  }

  uint16(): number {
    const value = this.#bytes.readUInt16BE(this.#offset);
    this.#offset += 2;
    return value;
  }

  uint32(): number {
    const value = this.#bytes.readUInt32BE(this.#offset);
    this.#offset += 4;
    return value;
  }

  /** Eight bytes; more than Number.MAX_SAFE_INTEGER is out of range. */
  safeInteger(): number {
    const high = this.uint32();
    const low = this.uint32();
    if (high <= maxHigh) return high * highUnit + low;
    this.refuse();
    return 0;
  }

  uint64(): bigint {
    const value = this.#bytes.readBigUInt64BE(this.#offset);
    this.#offset += 8;
    return value;
  }

  hex(size: number): string {
    const digits = this.#bytes.toString('hex', this.#offset, this.#offset + size);
    this.#offset += size;
    return digits;
  }

  /** One of a list, by its place in it. */
  oneOf<T>(values: readonly [T, ...T[]]): T {
    const value = values[this.uint8()];
    if (value !== undefined) return value;
    this.refuse();
    return values[0];
  }

  /** A field that is there, or null: then its bytes must be zero, so that one value has one encoding. */
  optional<T>(present: boolean, size: number, read: () => T): T | null {
    if (present) return read();
    this.zeros(size);
    return null;
  }

  zeros(size: number): void {
    for (let index = 0; index < size; index += 1)
      if (this.#bytes[this.#offset + index] !== 0) this.refuse();
    this.#offset += size;
  }
}
