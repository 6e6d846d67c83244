// The report of a suite: a table for people in Markdown, and JUnit XML for machines. Pure.

import type { ElsewhereFault } from './elsewhere.ts';
import { measuredSpreads, rounded, spreadOf } from './summary.ts';
import type { TrialLine } from './trialRun.ts';

export type ReportRow = {
  readonly name: string;
  readonly title: string;
  readonly expected: string;
  readonly lines: readonly ReportLine[];
};

/** A run, with how long it took and the load of the machine (a minute's average) when it ended. */
export type ReportLine = TrialLine & { readonly tookMs: number; readonly machineLoad: number };

export type Report = {
  readonly rows: readonly ReportRow[];
  readonly elsewhere: readonly ElsewhereFault[];
  readonly seed: number;
  readonly cores: number;
  readonly totalMs: number;
};

/** The whole report as a Markdown document. */
export function markdownOf(report: Report): string {
  const lines = report.rows.flatMap((row) => row.lines);
  const passed = lines.filter(({ pass }) => pass).length;
  const load = spreadOf(lines.map(({ machineLoad }) => machineLoad));
  return [
    '# Fault suite',
    '',
    `${passed} of ${lines.length} runs passed; ${inMinutes(report.totalMs)} in all; seed ${report.seed}.`,
    `Load of the machine (${report.cores} cores): ${load ?? '-'}. Outages in ms, median [smallest .. largest].`,
    '',
    '| trial | fault | runs passed | outage | acknowledged, lost | expected | notes |',
    '|---|---|---|---|---|---|---|',
    ...report.rows.map(markdownRow),
    '',
    '## Not run here',
    '',
    '| fault | | why | where |',
    '|---|---|---|---|',
    ...report.elsewhere.map(({ id, title, why, where }) => tableRow([id, title, why, where])),
    '',
  ].join('\n');
}

function markdownRow({ name, title, expected, lines }: ReportRow): string {
  const outages = lines.map(({ outageMs }) => outageMs).filter((value) => value !== null);
  return tableRow([
    name,
    title,
    `${lines.filter(({ pass }) => pass).length} of ${lines.length}`,
    spreadOf(outages) ?? '-',
    `${sumOf(lines, 'acked')}, ${sumOf(lines, 'lost')}`,
    expected,
    notesOf(lines),
  ]);
}

function notesOf(lines: readonly ReportLine[]): string {
  const notes = lines.flatMap(({ notes: told }) => told);
  const figures = measuredSpreads(lines).map(([name, text]) => `${name} ${text}`);
  const failures = lines.flatMap(({ run, why }) => (why === null ? [] : [`run ${run}: ${why}`]));
  return [...figures, ...new Set(notes), ...failures].join('; ');
}

function sumOf(lines: readonly ReportLine[], key: 'acked' | 'lost'): number {
  return lines.reduce((sum, line) => sum + (line[key] ?? 0), 0);
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

/** The same as JUnit XML: a case a run, the faults of elsewhere as cases that were left out. */
export function junitOf(report: Report): string {
  const lines = report.rows.flatMap((row) => row.lines);
  const failed = lines.filter(({ pass }) => !pass).length;
  const left = report.elsewhere.length;
  const counts = `tests="${lines.length + left}" failures="${failed}" skipped="${left}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="hotpair faults" ${counts} time="${inSeconds(report.totalMs)}">`,
    '  <properties>',
    `    <property name="seed" value="${report.seed}"/>`,
    '  </properties>',
    ...report.rows.flatMap((row) => row.lines.map((line) => junitCase(row, line))),
    ...report.elsewhere.map(({ id, title, why, where }) => {
      const message = xml(`${why}; see ${where}`);
      return `  <testcase classname="elsewhere" name="${xml(`${id} ${title}`)}"><skipped message="${message}"/></testcase>`;
    }),
    '</testsuite>',
    '',
  ].join('\n');
}

function junitCase(row: ReportRow, line: ReportLine): string {
  const head = `  <testcase classname="${xml(row.name)}" name="run ${line.run}" time="${inSeconds(line.tookMs)}"`;
  const figures = xml(JSON.stringify(line));
  const failure =
    line.why === null ? '' : `<failure message="${xml(line.why)}">${xml(row.expected)}</failure>`;
  return `${head}>${failure}<system-out>${figures}</system-out></testcase>`;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text inside XML; control characters, which XML 1.0 has no way to write, become spaces. */
function xml(text: string): string {
  return text
    .replaceAll(/[&<>"']/gu, (character) => escapes[character] ?? '')
    .replaceAll(/\p{Cc}/gu, ' ');
}

function inSeconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(3);
}

/** "12 min 5 s" */
export function inMinutes(durationMs: number): string {
  const seconds = rounded(durationMs / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
