// What a trial is: a row with the fault's name, what the pair has to do, and what is done to it. A
// trial applies its fault, waits until the pair has answered it, and undoes it; what comes before
// and after every trial, and all figures, are in trialRun.ts.

import type { Field } from './field.ts';
import type { SiteOptions } from './siteState.ts';

/** The outage, in ms, beyond which a run has failed; null: none is promised. */
export type OutageLimit = (site: SiteOptions) => number | null;

export type Expected = {
  /** One sentence for the report. */
  readonly text: string;
  /** Role changes that the whole run may show. */
  readonly roleChanges: readonly number[];
  readonly outageLimitMs: OutageLimit;
  /** From the healing to a healthy pair, where a limit is promised. */
  readonly healthyWithinMs?: number;
  /** What the median over all runs of a figure of this trial's own may be; a run by itself may take longer. */
  readonly goals?: Readonly<Record<string, number>>;
  /** Whether the healed boxes may both hold the address for two heartbeats. */
  readonly mayOverlap: boolean;
  /** How long both may hold it while they cannot hear each other; none where this is missing. */
  readonly overlapWhileApartMs?: number;
  /** Changes of role that somebody makes past the agents, so that no agent has a reason for them; none where missing. */
  readonly unexplained?: number;
  /**
   * Where the fault breaks what the arbiter assumes: both boxes may acknowledge, and rows of the one
   * that loses its role may be gone from the table if they were kept aside.
   */
  readonly mayDiverge?: boolean;
};

export type Trial = {
  /** The id of the fault, then words: `A01-primary-power-loss`. */
  readonly name: string;
  readonly title: string;
  readonly expected: Expected;
  /** What this trial wants of its site; what is not named is as the command line says. */
  readonly site?: Partial<Omit<SiteOptions, 'binary'>>;
  /** Processor load for as long as the trial runs, whatever the command line says. */
  readonly load?: 'cpu';
  readonly act: (field: Field) => Promise<void>;
};

export const noLimit: OutageLimit = () => null;

export function atMost(limitMs: number): OutageLimit {
  return () => limitMs;
}

/** Physical evidence (a direct cable, a standby port that is up) shortens the primary's wait. */
export function withEvidence(limitMs: number): OutageLimit {
  return (site) => (site.eth1 === 'direct' && site.standbyPort === 'unaddressed' ? limitMs : null);
}

/** The outage that a takeover may cost. */
export const takeoverGoal = atMost(1500);

/** Whether a word of the command line means a trial: its name, with or without the id, the id, the section. */
export function isCalled(trial: Pick<Trial, 'name'>, word: string): boolean {
  const [id = '', ...rest] = trial.name.split('-');
  return [trial.name, rest.join('-'), id, id.slice(0, 1)].includes(word);
}
