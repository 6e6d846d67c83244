// Many mixed trials in a row, drawn from a seed and written to a results file, so that a soak that
// was interrupted goes on where it stopped. Afterwards the site is removed, and nothing may be left.

import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import type { TrialOptions } from './field.ts';
import { resultsDirectory } from './layout.ts';
import { leftovers, removeSite } from './siteRemoval.ts';
import type { Say } from './site.ts';
import type { SiteOptions } from './siteState.ts';
import { mulberry32 } from './random.ts';
import { summaryOf } from './summary.ts';
import type { TrialLine } from './trialRun.ts';
import { runSeries, type Turn } from './trialSeries.ts';
import { trialsCalled } from './trials.ts';

/** What a soak draws from: short trials on a site as the command line wants it. */
export const soakTrials = [
  'A01-primary-power-loss',
  'A01-old-primary-returns',
  'A04-standby-power-loss',
  'A06-both-power-loss',
  'A10-stale-standby-alone',
  'B01-heartbeat-cut',
  'B03-service-cut',
  'D01-postgres-kill',
  'F03-agent-kill',
  'F04-switchover',
].flatMap(trialsCalled);

export type SoakOptions = {
  readonly count: number;
  readonly seed: number;
  readonly resume: boolean;
  readonly stopOnFailure: boolean;
  readonly site: SiteOptions;
  readonly options: TrialOptions;
  readonly onLine: (line: TrialLine) => void;
  readonly say: Say;
};

/** Whether every trial passed (also those before a resume) and nothing was left behind. */
export async function soak(soakOptions: SoakOptions): Promise<boolean> {
  const { count, seed, say } = soakOptions;
  const file = `${resultsDirectory}/soak-${seed}.jsonl`;
  mkdirSync(resultsDirectory, { recursive: true });
  if (!soakOptions.resume) rmSync(file, { force: true });
  const done = linesOf(file);
  if (done.length > 0) say(`${done.length} of ${count} trials are in ${file} already`);
  await runSeries({
    ...soakOptions,
    turns: drawn(seed, count).slice(done.length),
    onLine: (line) => {
      appendFileSync(file, `${JSON.stringify(line)}\n`);
      soakOptions.onLine(line);
    },
  });
  await removeSite();
  const left = leftovers();
  for (const what of left) say(`left behind: ${what}`);
  const lines = linesOf(file);
  const failed = lines.filter(({ pass }) => !pass);
  say(summaryOf(lines));
  say(
    `${lines.length - failed.length} of ${lines.length} passed, ${left.length} things left behind`,
  );
  return failed.length === 0 && lines.length === count && left.length === 0;
}

/** The turns of a seed: the same for the same seed, however often it is interrupted. */
export function drawn(seed: number, count: number): readonly Turn[] {
  const random = mulberry32(seed);
  return Array.from({ length: count }, (_unused, index) => {
    const trial = soakTrials[Math.floor(random() * soakTrials.length)] ?? soakTrials[0];
    if (trial === undefined) throw new Error('there are no trials');
    return { trial, run: index + 1 };
  });
}

function linesOf(file: string): readonly TrialLine[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as TrialLine);
}
