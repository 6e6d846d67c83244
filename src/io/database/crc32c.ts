// CRC-32C (Castagnoli), which PostgreSQL puts on its control file and on every record of its log.

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0);
  return value >>> 0;
});

/** Continues a CRC over more bytes; begin with `crcStart`, end with `crcEnd`. */
export function crcNext(crc: number, bytes: Uint8Array): number {
  let value = crc;
  for (const byte of bytes) value = (value >>> 8) ^ (table[(value ^ byte) & 0xff] ?? 0);
  return value >>> 0;
}

export const crcStart = 0xffffffff;

export function crcEnd(crc: number): number {
  return (crc ^ 0xffffffff) >>> 0;
}

/** The CRC-32C of some bytes. */
export function crc32c(bytes: Uint8Array): number {
  return crcEnd(crcNext(crcStart, bytes));
}
