// What the model knows of the pair: for each node its record, what its agent remembers, what its database holds, and the
// statement of the peer that is under way to it. Small numbers instead of words, because millions of these are kept.
import type { LedgerEntry } from '../../src/core/ledger.ts';
import type { NodeId } from '../../src/core/record.ts';

export const Mode = { paired: 0, solo: 1, catchup: 2 } as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

export const Handed = { none: 0, handed: 1, handedBack: 2 } as const;
export type Handed = (typeof Handed)[keyof typeof Handed];

/** The durable record, as far as it decides. `mine`: the writer holds the epoch. */
export type Rec = {
  readonly epoch: number;
  readonly mode: Mode;
  readonly mine: boolean;
  readonly handed: Handed;
  /** A rewind or clone under way: the data directory must not be started. */
  readonly job: boolean;
  /** The writer held the newest paired epoch that it knows. */
  readonly lastMine: boolean;
};

/** States of the core that the protocol tells apart: opening, pairing, paired are `serving`; rejoining is `following`. */
export const Role = {
  starting: 0,
  serving: 1,
  /** From asking the arbiter, or for the record of a lone reign, until it is acted upon: mute. */
  leaving: 2,
  handingOver: 3,
  following: 4,
  takingOver: 5,
  steppingDown: 6,
} as const;
export type Role = (typeof Role)[keyof typeof Role];

/** How far a node that leaves or takes over has come, and on whose word. */
export const Phase = { asking: 0, permitted: 1, handed: 2, failed: 3 } as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

export const Database = {
  stopped: 0,
  standby: 1,
  /** A primary behind the gate: no client is let in. */
  closed: 2,
  open: 3,
} as const;
export type Database = (typeof Database)[keyof typeof Database];

/** What this log holds after the part that both logs share: nothing, nothing that was promised, or something promised. */
export const Tail = { none: 0, unpromised: 1, promised: 2 } as const;
export type Tail = (typeof Tail)[keyof typeof Tail];

export const Grant = { none: 0, eligibility: 1, handover: 2 } as const;
export type Grant = (typeof Grant)[keyof typeof Grant];

/** How much of what a statement tells of its speaker's agent is still so: loss counter and start, the start, neither. */
export const Vintage = { old: 0, start: 1, counter: 2 } as const;
export type Vintage = (typeof Vintage)[keyof typeof Vintage];

/** One heartbeat under way, or heard and still believed: delivered at any time, and again. */
export type Statement = {
  readonly epoch: number;
  readonly mode: Mode;
  /** The speaker holds the epoch. */
  readonly mine: boolean;
  readonly handed: Handed;
  /** The speaker could acknowledge alone in this epoch. */
  readonly acknowledged: boolean;
  readonly grant: Grant;
  /** The grant names this start of the listener's agent and, where it is eligibility, its loss counter of now. */
  readonly grantHolds: boolean;
  readonly vintage: Vintage;
  /** It echoes this start of the listener's agent: contact. Otherwise only its epoch counts. */
  readonly fresh: boolean;
};

export type Node = {
  record: Rec;
  /** Asked to be written: a crash leaves the old record or this one. */
  writing: Rec | null;
  role: Role;
  phase: Phase;
  database: Database;
  /** Commits wait for the standby: the setting is in force. */
  waits: boolean;
  tail: Tail;
  eligible: boolean;
  /** The highest epoch heard in this agent start, never below that of the record. */
  heardEpoch: number;
  /** `lan`: the service address is on the port. */
  address: boolean;
  /** `lan`: in contact in this agent start, and the address on without a break since. `fence`: in contact at all. */
  sure: boolean;
  /** `etcd`: the paired record came to disk in this agent start, and nobody was told of it: first the ledger must know. */
  publishing: boolean;
  /** `etcd`: the ledger is known to name the paired epoch. */
  published: boolean;
  /** `etcd`: epoch of a compare-and-swap under way; `fence`: an "off" under way is 1. 0: none. */
  request: number;
  /** What the peer said, as far as it may still arrive. */
  mail: Statement | null;
  /** What it said after that, under way at the same time: once it has arrived, what was said before is void. */
  laterMail: Statement | null;
};

/** What the operator answers for since the last pairing. */
export const Decided = {
  nothing: 0,
  /** He took one box, and the other can reach nothing alone. */
  safely: 1,
  /** The other may have served alone, or may yet: what is lost was shown to him. */
  withLoss: 2,
  /** He took both boxes, one after the other. */
  twice: 3,
} as const;
export type Decided = (typeof Decided)[keyof typeof Decided];

export type Pair = {
  readonly nodes: readonly [Node, Node];
  /** `etcd`: what the key says. */
  ledger: LedgerEntry;
  decided: Decided;
};

export type Side = 0 | 1;
export const sides: readonly [Side, Side] = [0, 1];
/** What the ledger calls the boxes. */
export const nodeIds: readonly [NodeId, NodeId] = ['A', 'B'];

export function other(side: Side): Side {
  return side === 0 ? 1 : 0;
}

export function copyOf(pair: Pair): Pair {
  return {
    nodes: [{ ...pair.nodes[0] }, { ...pair.nodes[1] }],
    ledger: pair.ledger,
    decided: pair.decided,
  };
}

/** A pair as init and join leave it: one box alone, the other an empty standby that was cloned from it. */
export function installed(): Pair {
  const first: Rec = {
    epoch: 1,
    mode: Mode.solo,
    mine: true,
    handed: Handed.none,
    job: false,
    lastMine: true,
  };
  const box: Node = {
    record: first,
    writing: null,
    role: Role.starting,
    phase: Phase.asking,
    database: Database.stopped,
    waits: false,
    tail: Tail.none,
    eligible: false,
    heardEpoch: 1,
    address: false,
    sure: false,
    publishing: false,
    published: false,
    request: 0,
    mail: null,
    laterMail: null,
  };
  const follower: Rec = { ...first, mode: Mode.catchup, mine: false, lastMine: false };
  return {
    nodes: [box, { ...box, record: follower }],
    ledger: { epoch: 0, mode: 'solo', holder: nodeIds[0] },
    decided: Decided.nothing,
  };
}

const olderPair: LedgerEntry = { epoch: 0, mode: 'paired', holder: nodeIds[0] };
const olderOf = nodeIds.map((holder): LedgerEntry => ({ epoch: 0, mode: 'solo', holder }));

/** A ledger below both records: it gives nothing, but an order stands on whom it named last. */
export function olderEntry({ mode, holder }: LedgerEntry): LedgerEntry {
  return olderOf.find((entry) => mode === 'solo' && entry.holder === holder) ?? olderPair;
}
