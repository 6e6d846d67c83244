// Median, smallest and largest of the figures of several runs, for people (on stderr, so that the
// lines on stdout stay pure).

import type { TrialLine } from './trialRun.ts';

const figures = ['outageMs', 'promotedMs', 'pairedAgainMs'] as const;

/** A few lines of text, one block a fault. */
export function summaryOf(lines: readonly TrialLine[]): string {
  return [...new Set(lines.map(({ fault }) => fault))]
    .map((fault) =>
      blockOf(
        fault,
        lines.filter((line) => line.fault === fault),
      ),
    )
    .join('\n');
}

function blockOf(fault: string, lines: readonly TrialLine[]): string {
  const passed = lines.filter(({ pass }) => pass).length;
  const lost = lines.reduce((sum, line) => sum + (line.lost ?? 0), 0);
  const acked = lines.reduce((sum, line) => sum + (line.acked ?? 0), 0);
  const double = lines.reduce((sum, line) => sum + (line.doubleAckMs ?? 0), 0);
  return [
    `${fault}: ${passed} of ${lines.length} passed, ${lost} of ${acked} acknowledged rows lost, ` +
      `two acknowledgers for ${double} ms`,
    ...figures.flatMap((figure) => {
      const values = lines.map((line) => line[figure]).filter((value) => value !== null);
      return values.length === 0 ? [] : [`  ${figure.padEnd(14)} ${spread(values)}`];
    }),
  ].join('\n');
}

/** "median 312 [280 .. 530] ms" */
export function spread(values: readonly number[]): string {
  return `median ${spreadOf(values) ?? '-'} ms`;
}

/** "312 [280 .. 530]"; undefined where there is no value. */
export function spreadOf(values: readonly number[]): string | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((left, right) => left - right);
  return `${rounded(median(sorted))} [${rounded(sorted[0])} .. ${rounded(sorted.at(-1))}]`;
}

export function rounded(value: number | undefined): number {
  return Math.round(value ?? 0);
}

function median(sorted: readonly number[]): number {
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return (upper + lower) / 2;
}
