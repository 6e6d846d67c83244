// Median, smallest and largest of the figures of several runs, for people (on stderr, so that the
// lines on stdout stay pure).

import type { Expected } from './trial.ts';
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
    ...measuredSpreads(lines).map(([name, text]) => `  ${name.padEnd(14)} median ${text}`),
  ].join('\n');
}

/** The figures of a trial's own: name, and "312 [280 .. 530]". */
export function measuredSpreads(
  lines: readonly TrialLine[],
): readonly (readonly [string, string])[] {
  const names = [...new Set(lines.flatMap((line) => Object.keys(line.measured)))];
  return names.map((name) => [name, spreadOf(measured(lines, name)) ?? '-']);
}

function measured(lines: readonly TrialLine[], name: string): readonly number[] {
  return lines.flatMap((line) => line.measured[name] ?? []);
}

/** What the medians of all runs say against the goals of their trials, one sentence each. */
export function missedGoals(
  trials: readonly { readonly name: string; readonly expected: Pick<Expected, 'goals'> }[],
  lines: readonly TrialLine[],
): readonly string[] {
  return trials.flatMap(({ name, expected }) =>
    Object.entries(expected.goals ?? {}).flatMap(([figure, goal]) => {
      const values = measured(
        lines.filter(({ fault }) => fault === name),
        figure,
      );
      if (values.length === 0) return [`${name}: ${figure} was never measured`];
      const reached = median(values.toSorted((left, right) => left - right));
      return reached <= goal ? [] : [`${name}: ${figure} is ${reached}, the goal is ${goal}`];
    }),
  );
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
