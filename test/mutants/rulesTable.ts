// The table of rules in src/core/SPEC.md, printed from the mutants by `npm run mutants -- --rules`; a test compares.
import type { Mutant } from './mutant.ts';
import { mutants } from './table.ts';

/** Lines of two Markdown tables: rules that break something, and rules that the others imply. */
export function rulesTable(): readonly string[] {
  const needed = mutants.filter(({ implied }) => implied === undefined);
  const implied = mutants.filter((mutant) => mutant.implied !== undefined);
  return [
    '| rule | section | where | mutant | arbiters |',
    '| --- | --- | --- | --- | --- |',
    ...needed.map((mutant) => `${row(mutant)} ${mutant.arbiters.join(', ')} |`),
    '',
    'Kept although the others imply them:',
    '',
    '| rule | section | where | mutant | because |',
    '| --- | --- | --- | --- | --- |',
    ...implied.map((mutant) => `${row(mutant)} ${mutant.implied ?? ''} |`),
  ];
}

function row({ name, rule, section, patches }: Mutant): string {
  const files = [...new Set(patches.map(({ file }) => `\`${file}\``))];
  const where = files.length === 0 ? 'the times of the configuration' : files.join(', ');
  return `| ${rule} | ${section} | ${where} | \`${name}\` |`;
}

/** Without the spaces that a formatter puts between columns. */
export function withoutPadding(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replaceAll(/-{3,}/gu, '---').replaceAll(/\s+/gu, ' ').trim())
    .join('\n')
    .trim();
}
