// One run of a trial: a healthy pair and a writing client before, the fault, the healed pair after,
// the comparison of every acknowledged row with the table, and the line that tells it all.

import { startClient } from './clientProcess.ts';
import { nowMs } from './clock.ts';
import { cpuLoad, noLoad } from './cpuLoad.ts';
import { reasonedPromotions } from './boxEvents.ts';
import { openField, type Field, type Notes, type TrialOptions } from './field.ts';
import { untilHealthy, type HealthyPair } from './health.ts';
import { LabError, sentenceOf } from './labError.ts';
import { startObserver, type RunningObserver } from './observerProcess.ts';
import { boxNames, type BoxName } from './layout.ts';
import { countLost, longestGapMs } from './outage.ts';
import { rivalry } from './rivals.ts';
import { heal } from './site.ts';
import type { SiteOptions } from './siteState.ts';
import { storedRows } from './tables.ts';
import type { Trial } from './trial.ts';

/** The line of a run; keys that do not apply are null. All spans in ms. */
export type TrialLine = {
  readonly fault: string;
  readonly run: number;
  readonly outageMs: number | null;
  readonly acked: number | null;
  readonly lost: number | null;
  readonly doubleAckMs: number | null;
  /** Acknowledgements of a box while the other one acknowledged, as two writers saw them. */
  readonly rivalAcks: number | null;
  readonly doubleAddressMs: number | null;
  readonly roleChanges: number | null;
  readonly primary: string | null;
  readonly mode: string | null;
  /** Fault to the first write accepted on the new primary. */
  readonly promotedMs: number | null;
  /** Heal (or the fault, where nothing is to be healed) to a healthy pair. */
  readonly pairedAgainMs: number | null;
  /** What only this trial measures; a name ends in its unit. */
  readonly measured: Readonly<Record<string, number>>;
  /** What else is worth a word in the report; nothing here speaks against the run. */
  readonly notes: readonly string[];
  readonly pass: boolean;
  readonly why: string | null;
};

const healthyDeadlineMs = 60_000;
/** Two heartbeats of 50 ms, and one look of the observer. */
const overlapBudgetMs = 110;

/** Runs a trial once. Never throws for what the pair did: that is in the line. */
export async function runTrial(
  trial: Trial,
  run: number,
  site: SiteOptions,
  options: TrialOptions,
): Promise<TrialLine> {
  const load = isLoaded(trial, options) ? cpuLoad() : noLoad;
  const observer = startObserver();
  const client = startClient();
  const problems: string[] = [];
  let field: Field | undefined;
  let notes: Notes | undefined;
  let after: HealthyPair | undefined;
  try {
    load.keepUp();
    const before = await untilHealthy(site.binary, observer, healthyDeadlineMs);
    await client.untilFlowing('a client writing for a second', 0, 1000, 20_000);
    observer.resetTally();
    const opened = openField({ site, options, run, client, observer }, before, load);
    ({ field, notes } = opened);
    await trial.act(field);
  } catch (error) {
    problems.push(sentenceOf(error));
  }
  try {
    if (problems.length > 0) await heal();
    // A pair that was not healthy before the fault has had its time already.
    if (notes === undefined) throw new LabError('the fault was not applied');
    after = await untilHealthy(site.binary, observer, healthyDeadlineMs);
    await client.untilFlowing('rows acknowledged at the end', 0, 300, 10_000);
  } catch (error) {
    problems.push(sentenceOf(error));
  } finally {
    load.stop();
  }
  return measured({ trial, run, site, options, observer, client, field, notes, after, problems });
}

function isLoaded(trial: Trial, options: TrialOptions): boolean {
  return (trial.load ?? options.load) === 'cpu';
}

type Finished = {
  readonly trial: Trial;
  readonly run: number;
  readonly site: SiteOptions;
  readonly options: TrialOptions;
  readonly observer: RunningObserver;
  readonly client: ReturnType<typeof startClient>;
  readonly field: Field | undefined;
  readonly notes: Notes | undefined;
  readonly after: HealthyPair | undefined;
  readonly problems: readonly string[];
};

async function measured(finished: Finished): Promise<TrialLine> {
  const { trial, run, observer, client, notes, after } = finished;
  const acknowledged = await client.stop();
  const { tally, promotedAtMs } = observer.report();
  await observer.stop();
  const faultAtMs = notes?.faultAtMs();
  const healedAtMs = notes?.healedAtMs() ?? faultAtMs;
  const problems = [...finished.problems, ...(notes?.objections() ?? [])];
  const rivals = rivalry(observer.acknowledged());
  const lost = await lostRows(finished, acknowledged).catch((error: unknown) => {
    problems.push(`the table could not be compared: ${sentenceOf(error)}`);
    return null;
  });
  const since = (start: number | undefined, end: number | null | undefined): number | null =>
    start === undefined || end === null || end === undefined ? null : tenths(end - start);
  const figures = {
    outageMs: faultAtMs === undefined ? null : tenths(longestGapMs(acknowledged, faultAtMs)),
    acked: acknowledged.length,
    lost,
    doubleAckMs: tenths(tally.doubleAckMs),
    rivalAcks: rivals.late + Math.max(0, rivals.changes - tally.roleChanges),
    doubleAddressMs: tenths(tally.doubleAddressMs),
    roleChanges: tally.roleChanges,
    primary: after?.primary ?? null,
    mode: after?.mode ?? null,
    promotedMs: tally.roleChanges === 0 ? null : since(faultAtMs, promotedAtMs),
    pairedAgainMs: since(healedAtMs, after?.sinceMs),
  };
  const why = [
    ...problems,
    ...complaints(finished, figures),
    ...unexplained(finished, tally.newLeaders),
  ];
  return {
    fault: trial.name,
    run,
    ...figures,
    measured: notes?.measured() ?? {},
    notes: notes?.remarks() ?? [],
    pass: why.length === 0,
    why: why.length === 0 ? null : why.join('; '),
  };
}

/** Rows of the client and of the monitor's writers that were acknowledged and are not there. */
async function lostRows(
  { after, client, observer }: Finished,
  acknowledged: Awaited<ReturnType<ReturnType<typeof startClient>['stop']>>,
): Promise<number | null> {
  if (after === undefined) return null;
  const { primary } = after;
  let lost = countLost(acknowledged, await storedRows(primary, client.range));
  for (const box of boxNames) {
    const own = observer.acknowledged().filter((ack) => ack.box === box);
    lost += countLost(own, await storedRows(primary, observer.ranges[box]));
  }
  return lost;
}

/** V5: every role change that was seen from outside has an event with its reason on its box. */
function unexplained(
  { field, trial }: Finished,
  newLeaders: readonly BoxName[],
): readonly string[] {
  if (field === undefined) return [];
  return boxNames.flatMap((box) => {
    const seen = newLeaders.filter((leader) => leader === box).length;
    const told = reasonedPromotions(field.events[box].all());
    return told + (trial.expected.unexplained ?? 0) >= seen
      ? []
      : [`${box} became primary ${seen} times and gives ${told} reasons`];
  });
}

type Figures = Omit<TrialLine, 'fault' | 'run' | 'measured' | 'notes' | 'pass' | 'why'>;

/** What the figures say against a run, one sentence each. */
function complaints(finished: Finished, figures: Figures): readonly string[] {
  const { trial, site, options } = finished;
  const { expected } = trial;
  const limitMs = isLoaded(trial, options) ? null : expected.outageLimitMs(site);
  const { outageMs, lost, doubleAckMs, rivalAcks, doubleAddressMs, roleChanges } = figures;
  const { pairedAgainMs } = figures;
  const diverges = expected.mayDiverge === true;
  const kept = boxNames.some((box) => (finished.field?.newlyKept(box) ?? []).length > 0);
  const addressBudgetMs =
    (expected.mayOverlap ? overlapBudgetMs : 0) + (expected.overlapWhileApartMs ?? 0);
  return [
    finished.field !== undefined &&
      finished.observer.acknowledged().length === 0 &&
      'the writers of the monitor got nothing acknowledged',
    outageMs === null && 'no row was acknowledged after the fault',
    limitMs !== null && (outageMs ?? 0) > limitMs && `an outage of more than ${limitMs} ms`,
    pairedAgainMs !== null &&
      expected.healthyWithinMs !== undefined &&
      pairedAgainMs > expected.healthyWithinMs &&
      `no healthy pair within ${expected.healthyWithinMs} ms`,
    (lost ?? 0) > 0 && !(diverges && kept) && `${lost} acknowledged rows are lost`,
    !diverges && (doubleAckMs ?? 0) > 0 && 'both boxes could acknowledge at once',
    !diverges && (rivalAcks ?? 0) > 0 && `${rivalAcks} rows were acknowledged by a second box`,
    (doubleAddressMs ?? 0) > addressBudgetMs &&
      `both boxes held the service address for more than ${addressBudgetMs} ms`,
    !expected.roleChanges.includes(roleChanges ?? -1) &&
      `${roleChanges} role changes, expected ${expected.roleChanges.join(' or ')}`,
  ].filter((sentence) => sentence !== false);
}

function tenths(valueMs: number): number;
function tenths(valueMs: number | null): number | null;
function tenths(valueMs: number | null): number | null {
  return valueMs === null ? null : Math.round(valueMs * 10) / 10;
}

/** How long a run took, for people. */
export function secondsSince(startMs: number): string {
  return `${((nowMs() - startMs) / 1000).toFixed(1)} s`;
}
