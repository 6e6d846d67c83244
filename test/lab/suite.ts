// The fault suite: every trial several times, then random pairs of faults, then the report.

import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { makeWritable } from '../usage.ts';
import { nowMs } from './clock.ts';
import { elsewhereFaults } from './elsewhere.ts';
import { LabError } from './labError.ts';
import { pairTrial, pairsOf } from './pairs.ts';
import { inMinutes, junitOf, markdownOf, type Report, type ReportLine } from './report.ts';
import type { Say } from './site.ts';
import { leftovers, removeSite } from './siteRemoval.ts';
import type { SiteOptions } from './siteState.ts';
import type { TrialLine } from './trialRun.ts';
import { missedGoals } from './summary.ts';
import { runSeries, turnsOf, type Turn } from './trialSeries.ts';
import type { Trial } from './trial.ts';
import { trials, trialsCalled } from './trials.ts';
import type { Words } from './words.ts';

const usualRuns = 3;
const usualPairs = 12;
/** Trials that take as long as they are told to are short here, where so many others follow. */
const usualMinutes = 1;

export type SuiteOptions = {
  readonly words: Words;
  readonly site: SiteOptions;
  readonly onLine: (line: TrialLine) => void;
  readonly say: Say;
};

/** Runs the suite; the exit status is 0 when every run passed and nothing was left behind. */
export async function suite({ words, site, onLine, say }: SuiteOptions): Promise<number> {
  const startedMs = nowMs();
  const turns = [...turnsOfTrials(words, site), ...turnsOfPairs(words)];
  if (words.report !== undefined) makeWritable('--report', words.report);
  say(`${turns.length} runs, seed ${words.seed}`);
  const done: ReportLine[] = [];
  let lastMs = nowMs();
  await runSeries({
    turns,
    site,
    options: { ...words.trial, minutes: words.trial.minutes ?? usualMinutes },
    stopOnFailure: words.stopOnFailure,
    onLine: (line) => {
      done.push({ ...line, tookMs: nowMs() - lastMs, machineLoad: loadavg()[0] ?? 0 });
      lastMs = nowMs();
      onLine(line);
    },
    say,
  });
  if (!words.keep) await removeSite();
  const left = words.keep ? [] : leftovers();
  for (const what of left) say(`left behind: ${what}`);
  const report = reportOf(turns, done, words.seed, nowMs() - startedMs);
  if (words.report !== undefined) writeReport(words.report, report, say);
  const failed = done.filter(({ pass }) => !pass);
  for (const { fault, run, why } of failed) say(`FAILED ${fault} run ${run}: ${why ?? ''}`);
  const missed = missedGoals([...new Set(turns.map(({ trial }) => trial))], done);
  for (const sentence of missed) say(`FAILED ${sentence}`);
  for (const { id, title, why, where } of elsewhereFaults) {
    say(`not run here: ${id} ${title}: ${why}; see ${where}`);
  }
  const passed = done.length - failed.length;
  say(
    `${passed} of ${turns.length} runs passed, ${inMinutes(report.totalMs)} in all, seed ${words.seed}`,
  );
  return passed === turns.length && missed.length === 0 && left.length === 0 ? 0 : 1;
}

/** Trials that want the same of their site follow each other: building one takes long. */
function turnsOfTrials(words: Words, site: SiteOptions): readonly Turn[] {
  if (words.only === undefined && words.pairs !== undefined) return [];
  const called = words.only === undefined ? trials : words.only.flatMap(trialsCalled);
  const unique = trials.filter((trial) => called.includes(trial));
  const sites = [...new Set(unique.map((trial) => siteKey(trial, site)))];
  const ordered = sites.flatMap((key) => unique.filter((trial) => siteKey(trial, site) === key));
  return turnsOf(ordered, words.runs ?? usualRuns);
}

function siteKey(trial: Trial, site: SiteOptions): string {
  return JSON.stringify({ ...site, ...trial.site });
}

function turnsOfPairs(words: Words): readonly Turn[] {
  const count = words.pairs ?? (words.only === undefined ? usualPairs : 0);
  return pairsOf(words.seed, count).map((pair, index) => ({
    trial: pairTrial(pair),
    run: index + 1,
  }));
}

function reportOf(
  turns: readonly Turn[],
  done: readonly ReportLine[],
  seed: number,
  totalMs: number,
): Report {
  const known = new Map(turns.map(({ trial }) => [trial.name, trial]));
  const rows = [...known.values()].map(({ name, title, expected }) => ({
    name,
    title,
    expected: expected.text,
    lines: done.filter(({ fault }) => fault === name),
  }));
  return { rows, elsewhere: elsewhereFaults, seed, cores: cpus().length, totalMs };
}

function writeReport(directory: string, report: Report, say: Say): void {
  try {
    writeFileSync(`${directory}/faults.md`, markdownOf(report));
    writeFileSync(`${directory}/faults.xml`, junitOf(report));
  } catch (error) {
    throw new LabError(`the report cannot be written to ${directory}`, 1, { cause: error });
  }
  say(`the report is in ${directory}: faults.md, faults.xml`);
}
