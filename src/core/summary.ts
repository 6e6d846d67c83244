// What people and programs are told about a node: plain data from the state, the same for status, panel and telemetry.
import { inContact, isSuspicious } from './contact.ts';
import { lanIsGood } from './lan.ts';
import { primaryHindrance, standbyHindrance } from './permission.ts';
import type { Reason } from './reasons.ts';
import { reasonText } from './reasons.ts';
import type { Mode, NodeId } from './record.ts';
import { serves } from './roles.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';
import type { StateName } from './stateName.ts';

export type Summary = {
  readonly state: StateName;
  readonly phase: string;
  readonly role: 'primary' | 'standby' | 'none';
  readonly mode: Mode | null;
  readonly epoch: number | null;
  readonly holder: NodeId | null;
  readonly peer: NodeId | null;
  readonly peerHeard: boolean;
  readonly peerState: StateName | null;
  readonly peerSuspicious: boolean;
  readonly silentMs: number | null;
  readonly eligible: boolean;
  /** The first condition that keeps this node from leaving the epoch alone; null where it may or the question does not arise. */
  readonly hindrance: string | null;
  readonly reason: string;
  readonly reasonCode: string;
  readonly sinceMs: number;
  readonly modeSinceMs: number;
  readonly lastChange: {
    readonly agoMs: number;
    readonly from: StateName;
    readonly to: StateName;
    readonly reason: string;
  } | null;
  readonly waitingFor: string | null;
  readonly alarms: readonly string[];
  readonly lanGood: boolean;
  readonly heartbeatCarrier: boolean;
  readonly maintenanceLeftMs: number | null;
};

export function summarize(state: State, settings: Settings, now: number): Summary {
  const { record, contact } = state;
  const role = roleOf(state);
  return {
    state: state.name,
    phase: state.phase,
    role,
    mode: record?.mode ?? null,
    epoch: record?.epoch ?? null,
    holder: record?.holder ?? null,
    peer: contact.peer,
    peerHeard: inContact({ ...state, now }, settings),
    peerState: contact.standing?.stateName ?? null,
    peerSuspicious: isSuspicious({ ...state, now }, settings),
    silentMs: contact.heardAt === null ? null : Math.round(now - contact.heardAt),
    eligible: state.eligibility.epoch !== null && state.eligibility.epoch === record?.epoch,
    hindrance:
      role === 'standby'
        ? standbyHindrance(state, settings)
        : role === 'primary'
          ? primaryHindrance(state, settings)
          : null,
    reason: reasonText(state.reason),
    reasonCode: state.reason.code,
    sinceMs: now - state.since,
    modeSinceMs: now - state.modeSince,
    lastChange:
      state.lastChange === null
        ? null
        : {
            agoMs: now - state.lastChange.at,
            from: state.lastChange.from,
            to: state.lastChange.to,
            reason: reasonText(state.lastChange.reason),
          },
    waitingFor: waitingFor(state),
    alarms: Object.keys(state.alarms),
    lanGood: lanIsGood(state),
    heartbeatCarrier: state.lan.heartbeatCarrier,
    maintenanceLeftMs:
      state.maintenanceUntil === null ? null : Math.max(0, state.maintenanceUntil - now),
  };
}

function roleOf(state: State): Summary['role'] {
  // The peer has the epoch after this one: what still runs here serves nobody.
  if (hasLostEpoch(state)) return 'none';
  if (serves(state) && state.name !== 'opening' && state.name !== 'handingOver') return 'primary';
  return state.name === 'standby' ? 'standby' : 'none';
}

function hasLostEpoch({ name, arbiter, record }: State): boolean {
  return name === 'paired' && record !== null && arbiter.lostEpoch === record.epoch;
}

/** What must happen before this node goes on, in plain words; null when nothing is waited for. */
function waitingFor(state: State): string | null {
  const asks: Reason | null = state.phase === 'asking' ? { code: 'waitingForArbiter' } : null;
  const waiting: Readonly<Record<StateName, Reason | null>> = {
    unpaired: { code: 'noRecord' },
    starting: state.reason,
    opening: state.record?.mode === 'paired' ? { code: 'gateWaiting' } : null,
    solo: null,
    pairing: null,
    paired: hasLostEpoch(state) ? { code: 'claimLost' } : null,
    leaving: asks,
    handingOver: { code: 'waitingForTaker' },
    rejoining: { code: 'databaseNotFollowing' },
    standby: null,
    takingOver: asks,
    steppingDown: null,
  };
  const reason = waiting[state.name];
  return reason === null ? null : reasonText(reason);
}
