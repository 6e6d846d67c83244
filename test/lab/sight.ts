// What the observer sees of the two boxes at one instant, and what follows from it: who can
// acknowledge, who holds the service address, whether the pair is whole. Pure.

import { boxNames, otherBox, type BoxName } from './layout.ts';

/** PostgreSQL on a box as asked over its own socket; null where it does not answer. */
export type DatabaseSight = {
  readonly inRecovery: boolean;
  /** synchronous_standby_names; empty: commits wait for nobody. */
  readonly waitsFor: string;
  readonly standbyStreaming: boolean;
  readonly standbySynchronous: boolean;
};

export type BoxSight = {
  readonly powered: boolean;
  readonly holdsAddress: boolean;
  /** Whether its service port has carrier: without one nobody hears it answer. */
  readonly lanCarrier: boolean;
  readonly database: DatabaseSight | null;
};

export type Sight = Readonly<Record<BoxName, BoxSight>>;

export const darkBox: BoxSight = {
  powered: false,
  holdsAddress: false,
  lanCarrier: false,
  database: null,
};

/** Whether a box's PostgreSQL is out of recovery. */
export function isLeading(sight: Sight, box: BoxName): boolean {
  return sight[box].database?.inRecovery === false;
}

/**
 * Whether a commit on this box could be acknowledged now. A walsender says "streaming" for seconds
 * after its standby died or was promoted, so its word counts only while the other box is seen in
 * recovery.
 */
export function canAcknowledge(sight: Sight, box: BoxName): boolean {
  const database = sight[box].database;
  if (database === null || database.inRecovery) return false;
  if (database.waitsFor === '') return true;
  return database.standbyStreaming && sight[otherBox(box)].database?.inRecovery === true;
}

export function bothCanAcknowledge(sight: Sight): boolean {
  return boxNames.every((box) => canAcknowledge(sight, box));
}

/** Whether the LAN could hear both boxes answer for the service address. */
export function bothAnswer(sight: Sight): boolean {
  return boxNames.every((box) => sight[box].holdsAddress && sight[box].lanCarrier);
}

/**
 * Whether a box does a primary's work. A database out of recovery alone is not enough: an isolated
 * primary restarts it behind its gate, where nothing is acknowledged and no address is answered.
 */
export function isServing(sight: Sight, box: BoxName): boolean {
  return isLeading(sight, box) && (sight[box].holdsAddress || canAcknowledge(sight, box));
}

/** The one box whose PostgreSQL leads; undefined when none or both do. */
export function leader(sight: Sight): BoxName | undefined {
  const leading = boxNames.filter((box) => isLeading(sight, box));
  return leading.length === 1 ? leading[0] : undefined;
}

/** The primary of a pair that looks whole from outside. */
export function wholePairPrimary(sight: Sight): BoxName | undefined {
  const primary = leader(sight);
  if (primary === undefined) return undefined;
  const database = sight[primary].database;
  const other = sight[otherBox(primary)];
  const whole =
    sight[primary].holdsAddress &&
    !other.holdsAddress &&
    other.database?.inRecovery === true &&
    database?.waitsFor !== '' &&
    database?.standbySynchronous === true;
  return whole ? primary : undefined;
}

export type Tally = {
  readonly doubleAckMs: number;
  readonly doubleAddressMs: number;
  readonly roleChanges: number;
  readonly lastLeader: BoxName | null;
  /** Every box that newly served after the other one, in order. */
  readonly newLeaders: readonly BoxName[];
};

export const emptyTally: Tally = {
  doubleAckMs: 0,
  doubleAddressMs: 0,
  roleChanges: 0,
  lastLeader: null,
  newLeaders: [],
};

/** Adds the span for which `before` held (`apart`: no path was left between the boxes), and counts every box that newly serves after another. */
export function tallied(
  tally: Tally,
  before: Sight,
  spanMs: number,
  after: Sight,
  apart = false,
): Tally {
  let { roleChanges, lastLeader, newLeaders } = tally;
  for (const box of boxNames) {
    if (!isServing(after, box) || isServing(before, box)) continue;
    if (lastLeader !== null && lastLeader !== box) {
      roleChanges += 1;
      newLeaders = [...newLeaders, box];
    }
    lastLeader = box;
  }
  return {
    doubleAckMs: tally.doubleAckMs + (bothCanAcknowledge(before) ? spanMs : 0),
    doubleAddressMs: tally.doubleAddressMs + (!apart && bothAnswer(before) ? spanMs : 0),
    roleChanges,
    lastLeader,
    newLeaders,
  };
}
