// What SPEC.md says of the invariants, and what code and tests say of them in comments and titles.
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

export const root = new URL('../../', import.meta.url);
export const specFile = new URL('src/core/SPEC.md', root);
const rowForm = /^(\| (I\d)\s*\|[^|]*\|)([^|]*)\|([^|]*)\|$/gmu;

export type Row = {
  readonly name: string;
  readonly enforcedIn: ReadonlySet<string>;
  readonly testedBy: ReadonlySet<string>;
};

export function rowsOf(spec: string): readonly Row[] {
  const [, table = ''] = /## Invariants\n([^]*?)\n## /.exec(spec) ?? [];
  return [...table.matchAll(rowForm)].map(([, , name = '', enforced = '', tested = '']) => ({
    name,
    enforcedIn: filesIn(enforced),
    testedBy: filesIn(tested),
  }));
}

/** SPEC.md with the files that are found in each row, and with the table that runs. */
export function rewritten(spec: string, table: string): string {
  const rows = spec.replaceAll(
    rowForm,
    (_, start: string, name: string) =>
      `${start} ${list(filesOfCore(name))} | ${list(filesOfTests(name))} |`,
  );
  return rows.replace(
    /(## The table[^]*?```\n)[^]*?```/u,
    (_, start: string) => `${start}${table.trim()}\n\`\`\``,
  );
}

function list(files: readonly string[]): string {
  return files.map((file) => `\`${file}\``).join(', ');
}

/** The files of the core whose text names the invariant. */
export function filesOfCore(name: string): readonly string[] {
  return naming('src/core/*.ts', (text) => namesOf(text).has(name));
}

/** The tests with the invariant in a title. */
export function filesOfTests(name: string): readonly string[] {
  return naming('test/{core,simulator,model}/*.test.ts', (text) => namesInTitles(text).has(name));
}

function naming(pattern: string, names: (text: string) => boolean): readonly string[] {
  const files = globSync(pattern, { cwd: root });
  if (files.length < 10) throw new Error(`only ${files.length} files like ${pattern}`);
  return files
    .filter((file) => names(readFileSync(new URL(file, root), 'utf8')))
    .map((file) => basename(file))
    .toSorted(byName);
}

function filesIn(cell: string): ReadonlySet<string> {
  return new Set([...cell.matchAll(/`([\w.]+\.ts)`/gu)].map(([, file = '']) => file));
}

/** Invariants that a text names, ranges like `I1 to I6` with all that lies between. */
export function namesOf(text: string): ReadonlySet<string> {
  const single = [...text.matchAll(/\bI([1-9])\b/gu)].map(([, digit]) => Number(digit));
  const ranges = [...text.matchAll(/\bI([1-9]) to I([1-9])\b/gu)].flatMap(([, first, last]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index),
  );
  return new Set([...single, ...ranges].map((digit) => `I${digit}`));
}

export function namesInTitles(source: string): ReadonlySet<string> {
  const titles = [...source.matchAll(/\btest\(\s*['"`]([^\n]*)/gu)].map(([, title]) => title);
  return namesOf(titles.join('\n'));
}

export function byName(left: string, right: string): number {
  return left.localeCompare(right);
}
