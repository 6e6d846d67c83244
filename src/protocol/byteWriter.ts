// Writes fixed-width fields one after another, big-endian, into a buffer of known size. A value that does not fit its
// field is a broken invariant of this program, so it throws: nothing half-right ever leaves the box.

const hexDigits = /^[0-9a-f]*$/;
const highUnit = 0x1_0000_0000;

export class ByteWriter {
  readonly bytes: Buffer;
  #offset = 0;

  /** The buffer is zeroed; fields that are skipped stay zero. */
  constructor(size: number) {
    this.bytes = Buffer.alloc(size);
  }

  get offset(): number {
    return this.#offset;
  }

  skip(size: number): void {
    this.#offset += size;
  }

  uint8(value: number): void {
    this.#offset = this.bytes.writeUInt8(value, this.#offset);
  }

  uint16(value: number): void {
    this.#offset = this.bytes.writeUInt16BE(value, this.#offset);
  }

  uint32(value: number): void {
    this.#offset = this.bytes.writeUInt32BE(value, this.#offset);
  }

  /** Eight bytes; 0 <= value <= Number.MAX_SAFE_INTEGER. */
  safeInteger(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`no counter: ${value}`);
    this.uint32(Math.floor(value / highUnit));
    this.uint32(value % highUnit);
  }

  uint64(value: bigint): void {
    this.#offset = this.bytes.writeBigUInt64BE(value, this.#offset);
  }

  /** Lower-case hexadecimal digits, two for each byte. */
  hex(digits: string, size: number): void {
    if (digits.length !== size * 2 || !hexDigits.test(digits))
      throw new RangeError(`no ${size} bytes of hex: ${digits}`);
    this.bytes.write(digits, this.#offset, size, 'hex');
    this.#offset += size;
  }
}
