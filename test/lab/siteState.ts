// The state of a running site, kept in a file so that the next command finds it.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { paths } from './layout.ts';

export type Eth1 = 'direct' | 'switched';
export type StandbyPort = 'unaddressed' | 'down';
export type SiteArbiter = 'lan' | 'etcd' | 'fence';
/** Where heartbeats go beside the cable of Eth1. */
export type SecondPath = 'none' | 'serial' | 'lan';

export type SiteOptions = {
  readonly eth1: Eth1;
  readonly standbyPort: StandbyPort;
  /** What a port that was down gets; behind a spanning tree it has to be long. */
  readonly linkUpDeadline: string;
  readonly arbiter: SiteArbiter;
  readonly secondPath: SecondPath;
  /** Whether both boxes have the telephone service of test/lab/sip, which takes packages of its own. */
  readonly sip: boolean;
  /** The executable that both boxes run. */
  readonly binary: string;
  /** PostgreSQL's shared_buffers; large only where a trial wants many dirty pages. */
  readonly sharedBuffers: string;
};

export type SiteState = {
  readonly options: SiteOptions;
  readonly keeperPid: number;
  /** Mount points that did not exist before and go away with the site. */
  readonly createdDirectories: readonly string[];
  /** The first row number that no client has used yet. */
  readonly nextRow: number;
  readonly healthyOnce: boolean;
};

/** The state of the site that is up, if one is. */
export function readState(): SiteState | undefined {
  if (!existsSync(paths.state)) return undefined;
  return JSON.parse(readFileSync(paths.state, 'utf8')) as SiteState;
}

export function writeState(state: SiteState): void {
  writeFileSync(`${paths.state}.new`, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(`${paths.state}.new`, paths.state);
}

const rowsPerClient = 1_000_000;

/** Row numbers from `first` to before `end`. */
export type RowRange = { readonly first: number; readonly end: number };

/** Sets a range of row numbers aside for one client, which uses no other's. */
export function reserveRows(): RowRange {
  const state = readState();
  if (state === undefined) throw new Error('rows are reserved only while a site is up');
  const end = state.nextRow + rowsPerClient;
  writeState({ ...state, nextRow: end });
  return { first: state.nextRow, end };
}

/** Whether a running site was built as wanted now. */
export function sameOptions(left: SiteOptions, right: SiteOptions): boolean {
  return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
}

function sorted(options: SiteOptions): readonly (readonly [string, string | boolean])[] {
  return Object.entries(options).toSorted(([left], [right]) => (left < right ? -1 : 1));
}
