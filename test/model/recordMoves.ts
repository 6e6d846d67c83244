// The records that the protocol lets a node ask for: from which record, in which role, on which statement. The model
// takes every record from this table, and runs of the real core are measured against it (refinement.test.ts).
import type { Rec, Statement } from './state.ts';
import { Grant, Handed, Mode, Role } from './state.ts';
import type { Rules } from './rules.ts';

/** What the writer knows when it asks. */
export type View = {
  readonly role: Role;
  readonly record: Rec;
  /** What the peer says in contact, or null. */
  readonly heard: Statement | null;
  readonly heardEpoch: number;
  /** `etcd`: what the ledger was seen to say, or what this node's order has reached there; otherwise 0. */
  readonly ledgerEpoch: number;
  readonly rules: Rules;
};

/** The record that may be asked for, or null where the protocol does not allow it. */
type RecordMove = (view: View) => Rec | null;

export const recordMoves = {
  /** I5: proved, and the standby is past the barrier. */
  pairing: (view) => {
    const { record, heard } = view;
    if (view.role !== Role.serving || !isSolo(record)) return null;
    return isConsentOf(heard, record.epoch, view.rules)
      ? { ...next(record, 1), mode: Mode.paired, lastMine: true }
      : null;
  },
  consentTaken: (view) => {
    const { record, heard, role } = view;
    if (role !== Role.serving && role !== Role.starting) return null;
    if (record.mode !== Mode.paired || !record.mine) return null;
    return isConsentOf(heard, record.epoch, view.rules) ? next(record, 1) : null;
  },
  /** The arbiter's permission; an order that is found in the ledger names its own epoch. */
  permitted: ({ record, role, rules, ledgerEpoch }) => {
    if (record.mode === Mode.solo || (rules.catchupNeverPromotes && record.mode !== Mode.paired))
      return null;
    const may =
      role === Role.serving ||
      role === Role.following ||
      role === Role.starting ||
      role === Role.leaving ||
      role === Role.takingOver;
    return may ? next(record, Math.max(1, ledgerEpoch - record.epoch)) : null;
  },
  /** A ledger that an order has moved on: nobody could claim this epoch, and the partner says that it holds nothing. */
  ledgerIsAhead: ({ record, role, heard, ledgerEpoch }) => {
    if (role !== Role.serving || record.mode !== Mode.paired || !record.mine) return null;
    const isReleased = heard?.mode === Mode.catchup && heard.handed === Handed.none;
    return isReleased && ledgerEpoch >= record.epoch ? next(record, 1) : null;
  },
  handedOver: ({ record, role }) =>
    role === Role.handingOver && record.mode === Mode.paired && record.mine
      ? handed(record, Handed.handed, false)
      : null,
  /** I8: a crash left less on the primary than its standby holds; the fork is within one timeline, so the log is cloned. */
  handedToTheLonger: ({ record, role, heard }) =>
    role === Role.serving &&
    record.mode === Mode.paired &&
    record.mine &&
    heard?.mode === Mode.paired &&
    heard.epoch === record.epoch
      ? handed(record, Handed.handed, true)
      : null,
  takenBack: ({ record, role, heard, rules }) => {
    if (role !== Role.handingOver || record.handed !== Handed.handed || record.job) return null;
    return isConsentOf(heard, record.epoch, rules) || !rules.noTimeoutTakesBack
      ? next(record, 1)
      : null;
  },
  handoverTaken: ({ record, role, heard, rules }) => {
    if (role !== Role.following || record.mode !== Mode.paired || record.mine) return null;
    const isGiven =
      heard?.handed === Handed.handed &&
      heard.epoch === record.epoch &&
      grants(heard, Grant.handover, rules);
    return isGiven ? next(record, 1) : null;
  },
  /** The promotion failed and nobody was let in. */
  handedBack: ({ record, role }) =>
    role === Role.takingOver && isSolo(record) ? handed(record, Handed.handedBack, false) : null,
  /** The giver, in its own handed epoch, takes what comes back one epoch later. */
  handbackTaken: ({ record, role, heard, rules }) => {
    if (role !== Role.handingOver || record.handed !== Handed.handed) return null;
    return isHandbackOf(heard, record.epoch + 1, rules) ? next(record, 2) : null;
  },
  /** The one exception to I6: the giver has already followed into the epoch that comes back. */
  handbackTakenLater: ({ record, role, heard, rules }) => {
    if (role !== Role.following || !holdsNothing(record)) return null;
    return isHandbackOf(heard, record.epoch, rules) ? next(record, 1) : null;
  },
  consentGiven: ({ record, role, heard }) => {
    if (role !== Role.following && role !== Role.starting) return null;
    if (record.mode !== Mode.paired || record.mine) return null;
    if (heard === null || heard.epoch !== record.epoch) return null;
    return heard.mode === Mode.paired || heard.handed === Handed.handed
      ? nothingOwn(record, record.epoch)
      : null;
  },
  /** A valid grant for the new epoch makes a follower. */
  followed: ({ record, role, heard, heardEpoch, rules }) => {
    if (role !== Role.following || !holdsNothing(record) || record.job) return null;
    if (heard === null || heard.epoch !== heardEpoch || heardEpoch <= record.epoch) return null;
    if (heard.mode !== Mode.paired || !heard.mine || !grants(heard, Grant.eligibility, rules))
      return null;
    return {
      ...record,
      epoch: heardEpoch,
      mode: Mode.paired,
      mine: false,
      handed: Handed.none,
      lastMine: false,
    };
  },
  higherNoted: ({ record, role, heard, heardEpoch }) =>
    role === Role.following && heard !== null && heardEpoch > record.epoch
      ? nothingOwn(record, heardEpoch)
      : null,
  steppedDown: ({ record, role, heardEpoch }) =>
    role === Role.steppingDown ? nothingOwn(record, Math.max(heardEpoch, record.epoch)) : null,
  rebuildMarked: ({ record, role, heard }) => {
    if (role !== Role.following || !holdsNothing(record)) return null;
    const isSource = heard !== null && heard.mode !== Mode.catchup && heard.epoch === record.epoch;
    return isSource ? { ...record, job: true } : null;
  },
  rebuilt: ({ record, role }) =>
    role === Role.following && record.job ? { ...record, job: false } : null,
  /** A box that waits, or that holds an epoch and waits for its partner. */
  operatorTook: ({ record, role, heardEpoch, rules, ledgerEpoch }) => {
    const waits =
      role === Role.starting ||
      role === Role.following ||
      (role === Role.serving && record.mode === Mode.paired) ||
      (role === Role.handingOver && record.handed !== Handed.none);
    const step = operatorStep(record, heardEpoch, rules);
    return waits ? next(record, Math.max(step, ledgerEpoch - record.epoch)) : null;
  },
  /** Equal epochs: one of two holders goes on, a step higher. */
  twoPrimariesResolved: ({ record, role, heard }) => {
    if (role !== Role.serving && role !== Role.starting) return null;
    if (!isSolo(record) || heard === null) return null;
    return heard.mode !== Mode.catchup && heard.mine && heard.epoch === record.epoch
      ? next(record, 1)
      : null;
  },
} as const satisfies Readonly<Record<string, RecordMove>>;

export type RecordCause = keyof typeof recordMoves;

/**
 * It can never equal what a lone peer may have reached: from a paired epoch n+1, and from `catchup(n)` n+2, because the peer
 * may have paired with this node, which died before it wrote that down, and have left again.
 */
export function operatorStep(record: Rec, heardEpoch: number, rules: Rules): number {
  if (!rules.operatorSkipsOne) return Math.max(record.epoch, heardEpoch) - record.epoch + 1;
  const ownReach = holdsNothing(record) && rules.operatorCountsThePairing ? 3 : 2;
  return Math.max(ownReach, heardEpoch - record.epoch + 2);
}

/** I am primary alone, so many epochs later. */
function next(record: Rec, step: number): Rec {
  return {
    epoch: record.epoch + step,
    mode: Mode.solo,
    mine: true,
    handed: Handed.none,
    job: false,
    lastMine: record.mode === Mode.paired ? record.mine : record.lastMine,
  };
}

function nothingOwn(record: Rec, epoch: number): Rec {
  return {
    epoch,
    mode: Mode.catchup,
    mine: false,
    handed: Handed.none,
    job: record.job,
    lastMine: record.mode === Mode.paired ? record.mine : record.lastMine,
  };
}

function handed(record: Rec, how: Handed, job: boolean): Rec {
  return { ...nothingOwn(record, record.epoch), mine: true, handed: how, job };
}

export function isSolo(record: Rec): boolean {
  return record.mode === Mode.solo && record.mine;
}

/** `catchup`, and neither handed over nor handed back: nothing of this epoch is its own. */
export function holdsNothing(record: Rec): boolean {
  return record.mode === Mode.catchup && record.handed === Handed.none;
}

export function isConsentOf(heard: Statement | null, epoch: number, rules: Rules): boolean {
  if (heard === null || heard.mode !== Mode.catchup || heard.handed !== Handed.none) return false;
  return heard.epoch === epoch || (!rules.consentIsExact && heard.epoch < epoch);
}

function isHandbackOf(heard: Statement | null, epoch: number, rules: Rules): boolean {
  return (
    heard !== null &&
    heard.handed === Handed.handedBack &&
    heard.epoch === epoch &&
    grants(heard, Grant.handover, rules)
  );
}

export function grants(heard: Statement, kind: Grant, rules: Rules): boolean {
  return heard.grant === kind && (heard.grantHolds || !rules.grantsAreOfNow);
}
