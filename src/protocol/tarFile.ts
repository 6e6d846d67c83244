// A tar archive as bytes (POSIX ustar): plain files under one folder, for a bundle that any tar unpacks.

export type TarEntry = {
  /** Relative, without `..`, at most 100 bytes. */
  readonly name: string;
  readonly bytes: Buffer;
  /** Wall time in milliseconds. */
  readonly changedAt: number;
};

const blockBytes = 512;

/** The archive of these entries, in their order. Throws RangeError for a name that does not fit. */
export function tarArchive(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => [header(entry), padded(entry.bytes)]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

function padded(bytes: Buffer): Buffer {
  const rest = bytes.length % blockBytes;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(blockBytes - rest)]);
}

function header({ name, bytes, changedAt }: TarEntry): Buffer {
  if (Buffer.byteLength(name) > 100 || name.startsWith('/') || name.split('/').includes('..')) {
    throw new RangeError(`no name for an archive: ${name}`);
  }
  const block = Buffer.alloc(blockBytes);
  block.write(name, 0, 'utf8');
  block.write(octal(0o600, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(bytes.length, 12), 124);
  block.write(octal(Math.max(0, Math.floor(changedAt / 1000)), 12), 136);
  block.write(' '.repeat(8), 148);
  block.write('0', 156);
  block.write('ustar\u000000', 257);
  block.write('root', 265);
  block.write('root', 297);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}
