// The last change of role, over restarts of the agent: what people ask first is when and why this box became what it is.
import type { Report } from '../core/effects.ts';
import { reasonText } from '../core/reasons.ts';
import type { StateName } from '../core/stateName.ts';
import { readEvents } from '../io/events/eventLog.ts';
import type { Log } from './log.ts';

export type Role = 'primary' | 'standby' | 'none';

export type RoleChange = {
  /** UTC. */
  readonly at: string;
  readonly from: Role;
  readonly to: Role;
  readonly epoch: number | null;
  readonly reason: string;
  readonly text: string;
};

export type RoleHistory = {
  /** Every report of the core goes through here. */
  readonly note: (report: Report) => void;
  readonly last: () => RoleChange | null;
};

/** On the way from one role to the other a box has none; only where it arrives is a change. */
const roles: Readonly<Record<StateName, Role | null>> = {
  unpaired: 'none',
  starting: null,
  opening: null,
  solo: 'primary',
  pairing: 'primary',
  paired: 'primary',
  leaving: 'primary',
  handingOver: null,
  rejoining: null,
  standby: 'standby',
  takingOver: null,
  steppingDown: null,
};

const eventName = 'roleChanged';
const searchedEvents = 2_000;

/** `before` is the change that the history of the box knows, if any. */
export function openRoleHistory(log: Log, before: RoleChange | null): RoleHistory {
  let last = before;
  return {
    note(report) {
      if (report.kind !== 'transition') return;
      const to = roles[report.to];
      const from = last?.to ?? 'none';
      if (to === null || to === from) return;
      const { epoch, reason } = report;
      const text = reasonText(reason);
      last = { at: new Date().toISOString(), from, to, epoch, reason: reason.code, text };
      log.history('info', eventName, { from, to, epoch, reason: reason.code, text });
    },
    last: () => last,
  };
}

/** The newest change in the event log of `directory`; null where there is none or it cannot be read. */
export async function lastRoleChange(directory: string): Promise<RoleChange | null> {
  try {
    const lines = await readEvents(directory, searchedEvents);
    const line = lines.findLast((each) => each.includes(`"event":"${eventName}"`));
    return line === undefined ? null : changeOf(JSON.parse(line));
  } catch {
    // The history is for people; an agent that must start does not depend on it.
    return null;
  }
}

function changeOf(value: unknown): RoleChange | null {
  if (typeof value !== 'object' || value === null) return null;
  const { time, from, to, epoch, reason, text } = value as Readonly<Record<string, unknown>>;
  if (typeof time !== 'string' || typeof reason !== 'string' || typeof text !== 'string')
    return null;
  if (!isRole(from) || !isRole(to)) return null;
  return { at: time, from, to, epoch: typeof epoch === 'number' ? epoch : null, reason, text };
}

function isRole(value: unknown): value is Role {
  return value === 'primary' || value === 'standby' || value === 'none';
}
