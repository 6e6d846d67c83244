// Several runs in a row: the site is kept up between runs that want the same of it, built anew after
// a run that left it broken, and what a failed run wrote is put aside before it is gone.

import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { nowMs } from './clock.ts';
import type { TrialOptions } from './field.ts';
import { sentenceOf } from './labError.ts';
import { boxNames, paths, resultsDirectory } from './layout.ts';
import { bringUp, buildSite, type Say } from './site.ts';
import { sameOptions, type SiteOptions } from './siteState.ts';
import { runTrial, secondsSince, type TrialLine } from './trialRun.ts';
import type { Trial } from './trial.ts';

export type Turn = { readonly trial: Trial; readonly run: number };

/** Each trial so often, all its runs in a row. */
export function turnsOf(trials: readonly Trial[], runs: number): readonly Turn[] {
  return trials.flatMap((trial) =>
    Array.from({ length: runs }, (_unused, index) => ({ trial, run: index + 1 })),
  );
}

export type Series = {
  readonly turns: readonly Turn[];
  readonly site: SiteOptions;
  readonly options: TrialOptions;
  readonly stopOnFailure: boolean;
  readonly onLine: (line: TrialLine) => void;
  readonly say: Say;
};

/** Runs all turns and gives their lines. */
export async function runSeries(series: Series): Promise<readonly TrialLine[]> {
  const { say } = series;
  const lines: TrialLine[] = [];
  let up: SiteOptions | undefined;
  for (const { trial, run } of series.turns) {
    const site = { ...series.site, ...trial.site };
    if (up === undefined || !sameOptions(up, site)) await bringUp(site, say);
    up = site;
    const startedMs = nowMs();
    const line = await runTrial(trial, run, site, series.options);
    lines.push(line);
    series.onLine(line);
    say(`${trial.name} run ${run}: ${verdict(line)} (${secondsSince(startedMs)})`);
    if (line.pass) continue;
    say(`  what the boxes wrote is in ${putAside(line)}`);
    if (series.stopOnFailure) break;
    if (line.pairedAgainMs === null && (line.primary === null || line.lost === null)) {
      await buildSite(site, say);
    }
  }
  return lines;
}

function verdict(line: TrialLine): string {
  if (!line.pass) return `FAILED: ${line.why ?? ''}`;
  const outage = line.outageMs === null ? '' : `outage ${Math.round(line.outageMs)} ms, `;
  return `passed, ${outage}${line.lost ?? 0} of ${line.acked ?? 0} rows lost`;
}

/** Copies logs, events and records of both boxes (not their data); gives the directory. */
function putAside(line: TrialLine): string {
  const directory = `${resultsDirectory}/failures/${line.fault}-${line.run}-${Date.now()}`;
  try {
    mkdirSync(directory, { recursive: true });
    for (const box of boxNames) {
      copyIfThere(paths.log(box), `${directory}/${box}.log`);
      const state = paths.lib(box);
      for (const name of ['events.jsonl', 'node.json', 'record.a', 'record.b', 'pgdata/log']) {
        copyIfThere(`${state}/${name}`, `${directory}/${box}-${name.replace('/', '-')}`);
      }
    }
    copyIfThere(paths.keeperLog, `${directory}/keeper.log`);
  } catch (error) {
    return `${directory} (incomplete: ${sentenceOf(error)})`;
  }
  return directory;
}

function copyIfThere(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}
