// What the model sees of a real node: the core's state without clocks, positions and phases that no rule looks at.
import { inContact } from '../../src/core/contact.ts';
import type { DurableRecord } from '../../src/core/record.ts';
import type { State as CoreState } from '../../src/core/state.ts';
import type { StateName } from '../../src/core/stateName.ts';
import type { Standing } from '../../src/core/standing.ts';
import type { Step } from '../core/drivenNode.ts';
import type { View } from './recordMoves.ts';
import { allRules } from './rules.ts';
import type { Rec, Role, Statement } from './state.ts';
import { Grant, Handed, Mode, Role as Roles, Vintage } from './state.ts';

export const roleOf: Readonly<Record<StateName, Role>> = {
  unpaired: Roles.starting,
  starting: Roles.starting,
  opening: Roles.serving,
  solo: Roles.serving,
  pairing: Roles.serving,
  paired: Roles.serving,
  leaving: Roles.leaving,
  handingOver: Roles.handingOver,
  rejoining: Roles.following,
  standby: Roles.following,
  takingOver: Roles.takingOver,
  steppingDown: Roles.steppingDown,
};

export function recordSeen(record: DurableRecord, self: string): Rec {
  const holdsNothing = record.mode === 'catchup' && record.handed === 'none';
  return {
    epoch: record.epoch,
    mode: Mode[record.mode],
    mine: record.holder === self && !holdsNothing,
    handed: Handed[record.handed],
    job: record.job !== 'none',
    lastMine: record.pairedHolder === self,
  };
}

/** Two records are one to the model; who held the newest paired epoch counts only where both know of one. */
export function sameRecord(one: Rec, other: Rec): boolean {
  return (
    one.epoch === other.epoch &&
    one.mode === other.mode &&
    one.mine === other.mine &&
    one.handed === other.handed &&
    one.job === other.job
  );
}

/** What the listener may rely on in what the peer says: null without contact, or without a record. */
export function statementSeen(state: CoreState, said: Standing | null): Statement | null {
  if (said === null || said.record === null || said.leaving) return null;
  const { record, grant } = said;
  const holdsNothing = record.mode === 'catchup' && record.handed === 'none';
  return {
    epoch: record.epoch,
    mode: Mode[record.mode],
    mine: record.holder === state.contact.peer && !holdsNothing,
    handed: Handed[record.handed],
    acknowledged: said.acknowledgedAlone,
    grant: grant === null ? Grant.none : Grant[grant.type],
    grantHolds: grant !== null && grant.toStart === state.agentStart,
    vintage: Vintage.counter,
    fresh: true,
  };
}

/** What a node knew while it decided in this step, for every role that it went through. */
export function viewsOf(step: Step): readonly View[] {
  const { before, after, settings } = step;
  const record = after.record;
  if (record === null) return [];
  const heard = inContact(after, settings) ? statementSeen(after, after.contact.standing) : null;
  const seen = recordSeen(record, settings.self);
  return rolesOf(step).map((role) => ({
    role,
    record: seen,
    heard:
      heard ??
      (inContact(before, settings) ? statementSeen(before, before.contact.standing) : null),
    heardEpoch: Math.max(after.contact.highestEpoch, seen.epoch),
    ledgerEpoch: ledgerSeen(step),
    rules: allRules,
  }));
}

/** What an answer of this step says of the ledger, or what was seen when the epoch was to be published. */
function ledgerSeen({ event, after }: Step): number {
  if (event.type === 'claimDecided' || event.type === 'epochEntered') return event.epoch ?? 0;
  return after.arbiter.aheadEpoch ?? 0;
}

function rolesOf({ before, effects }: Step): readonly Role[] {
  const roles = new Set([roleOf[before.name]]);
  for (const effect of effects) {
    if (effect.type === 'report' && effect.report.kind === 'transition')
      roles.add(roleOf[effect.report.to]);
  }
  return [...roles];
}
