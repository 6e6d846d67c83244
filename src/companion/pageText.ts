// Text on a few small lines.
import { panelLine } from '../protocol/panelText.ts';

export type Size = { readonly columns: number; readonly rows: number };

/** The first of the texts, the longest one first, that fits; the last one is cut. */
export function fit(columns: number, ...texts: readonly [string, ...string[]]): string {
  const found = texts.find((text) => text.length <= columns) ?? texts.at(-1) ?? '';
  return found.slice(0, columns);
}

/** Two texts at the ends of a line; the left one is cut where both do not fit. */
export function spread(columns: number, left: string, right: string): string {
  const room = Math.max(0, columns - right.length - 1);
  return `${left.slice(0, room).padEnd(room)} ${right}`.slice(0, columns);
}

/** A sentence on lines of a width, broken at spaces; a word that is longer than a line is broken where that ends. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= columns) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (line.length > columns) {
      lines.push(line.slice(0, columns));
      line = line.slice(columns);
    }
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

/** Exactly the lines of a panel, each of its width, as a panel can show them. */
export function filled(lines: readonly string[], { columns, rows }: Size): readonly string[] {
  return Array.from({ length: rows }, (_none, row) => panelLine(lines[row] ?? '', columns));
}

/** `11-23 07:10` of what localTime says. */
export function shortTime(local: string): string {
  return local.slice(5, 16);
}

/** `12 B`, `3 kB`, `40 MB`, `2 GB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Math.round(bytes / 1024 ** power)} ${units[power] ?? ''}`;
}

/** `waiting for operator` of `waitingForOperator`. */
export function spaced(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
}
