// What this machine says of itself: the strings of its firmware (DMI) or of its device tree.
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

export type Machine = {
  readonly vendor: string;
  readonly product: string;
  readonly board: string;
  /** The `compatible` of the device tree, the most exact one first. */
  readonly compatible: readonly string[];
};

/** A machine that says nothing. */
export const unknownMachine: Machine = { vendor: '', product: '', board: '', compatible: [] };

/** Reads below `/sys` and `/proc`, or below `root` for a tree elsewhere. What cannot be read is empty. */
export function readMachine(root = '/'): Machine {
  const dmi = (name: string): string => readStart(join(root, 'sys/class/dmi/id', name)).trim();
  return {
    vendor: dmi('sys_vendor'),
    product: dmi('product_name'),
    board: dmi('board_name'),
    compatible: readStart(join(root, 'proc/device-tree/compatible'))
      .split('\0')
      .filter((each) => each !== ''),
  };
}

const mostBytes = 4_096;

function readStart(path: string): string {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const bytes = Buffer.alloc(mostBytes);
    return bytes.toString('latin1', 0, readSync(fd, bytes));
  } catch {
    return '';
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
