// Positions in the write-ahead log: a bigint here, `16/B374D848` in PostgreSQL's texts, and the
// name of the segment file that holds a position.

/** Parses `16/B374D848`; null for anything else. */
export function parseLsn(text: string): bigint | null {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text.trim());
  if (match === null) return null;
  return (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`);
}

/** PostgreSQL's way of writing a position. */
export function formatLsn(lsn: bigint): string {
  return `${hex(lsn >> 32n)}/${hex(lsn & 0xffffffffn)}`;
}

/** The name of the segment file in pg_wal that holds a position. */
export function walFileName(timeline: number, lsn: bigint, segmentSize: number): string {
  const segment = lsn / BigInt(segmentSize);
  const perId = 0x100000000n / BigInt(segmentSize);
  const parts = [BigInt(timeline), segment / perId, segment % perId];
  return parts.map((part) => hex(part).padStart(8, '0')).join('');
}

/** The name of the file that tells a timeline's ancestors. */
export function historyFileName(timeline: number): string {
  return `${hex(BigInt(timeline)).padStart(8, '0')}.history`;
}

function hex(value: bigint): string {
  return value.toString(16).toUpperCase();
}
