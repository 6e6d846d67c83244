// What src/core/guardian/SPEC.md says of the invariants and rules, and what code, tests and mutants say of them.
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { guardianMutants } from '../guardian/mutants.ts';

const root = new URL('../../', import.meta.url);
export const guardianSpec = new URL('src/core/guardian/SPEC.md', root);
export const invariants: readonly string[] = Array.from(
  { length: 14 },
  (_, index) => `G${index + 1}`,
);

/** The document with the files that name each invariant, and the table of rules. */
export function rewritten(spec: string): string {
  const rows = spec.replaceAll(
    /^\| (G\d+) *\|([^|]*)\|[^|]*\|[^|]*\|$/gmu,
    (_, name: string, claim: string) =>
      `| ${name} | ${claim.trim()} | ${list(filesOfMachine(name))} | ${list(filesOfTests(name))} |`,
  );
  return rows.replace(
    /<!-- rules -->[^]*<!-- end of rules -->/u,
    `<!-- rules -->\n\n${rulesTable().join('\n')}\n\n<!-- end of rules -->`,
  );
}

/** Without the spaces that a formatter puts between columns. */
export function withoutPadding(text: string): string {
  return text.replaceAll(/-{3,}/gu, '---').replaceAll(/[ \t]+/gu, ' ');
}

/** The files of the machine whose text names the invariant. */
export function filesOfMachine(name: string): readonly string[] {
  return naming('src/core/guardian/*.ts', (text) => namesOf(text).has(name));
}

/** The tests with the invariant in a title. */
export function filesOfTests(name: string): readonly string[] {
  return naming('test/{core/guardian*,guardian/*}.test.ts', (text) => {
    const titles = [...text.matchAll(/\btest\(\s*['"`]([^\n]*)/gu)].map(([, title]) => title);
    return namesOf(titles.join('\n')).has(name);
  });
}

/** Invariants that a text names, ranges like `G1 to G6` with all that lies between. */
export function namesOf(text: string): ReadonlySet<string> {
  const single = [...text.matchAll(/\bG\d{1,2}\b/gu)].map(([name]) => name);
  const ranges = [...text.matchAll(/\bG(\d{1,2}) to G(\d{1,2})\b/gu)].flatMap(([, first, last]) =>
    invariants.slice(Number(first) - 1, Number(last)),
  );
  return new Set([...single, ...ranges]);
}

function naming(pattern: string, names: (text: string) => boolean): readonly string[] {
  return globSync(pattern, { cwd: root })
    .filter((file) => names(readFileSync(new URL(file, root), 'utf8')))
    .map((file) => basename(file))
    .toSorted((left, right) => left.localeCompare(right));
}

function rulesTable(): readonly string[] {
  return [
    '| rule | invariant | where | mutant |',
    '| --- | --- | --- | --- |',
    ...guardianMutants.map(({ rule, invariant, patches, name }) => {
      const files = patches.map(({ file }) => basename(file));
      return `| ${rule} | ${invariant} | ${list([...new Set(files)])} | \`${name}\` |`;
    }),
  ];
}

function list(files: readonly string[]): string {
  return files.map((file) => `\`${file}\``).join(', ');
}
