// A cpio archive of the kind that the kernel unpacks as its first root ("newc", Documentation/driver-api/early-userspace):
// the same entries always give the same bytes.

export type CpioEntry =
  | { readonly path: string; readonly type: 'directory' }
  | {
      readonly path: string;
      readonly type: 'file';
      readonly mode: number;
      readonly bytes: Uint8Array;
    }
  | { readonly path: string; readonly type: 'link'; readonly target: string };

const kinds = { directory: 0o040000, file: 0o100000, link: 0o120000 } as const;

/** Entries in the order in which they are made: a directory before what is in it. */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.map((entry, index) =>
    member(entry.path, modeOf(entry), index + 1, bytesOf(entry)),
  );
  return Buffer.concat([...parts, member('TRAILER!!!', 0, 0, Buffer.alloc(0))]);
}

function modeOf(entry: CpioEntry): number {
  if (entry.type === 'file') return kinds.file + entry.mode;
  return kinds[entry.type] + (entry.type === 'directory' ? 0o755 : 0o777);
}

function bytesOf(entry: CpioEntry): Uint8Array {
  if (entry.type === 'file') return entry.bytes;
  return Buffer.from(entry.type === 'link' ? entry.target : '');
}

/** Thirteen fields of eight hexadecimal digits; name and content each begin at a multiple of four. */
function member(name: string, mode: number, inode: number, bytes: Uint8Array): Buffer {
  const fields = [inode, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
  return Buffer.concat([padded(Buffer.from(header, 'latin1')), padded(bytes)]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
