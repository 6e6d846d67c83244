// Everything a node remembers between two events. From outside it is a value: step() copies it before a handler may change
// the copy, so that old states stay true for the flight record and the simulator.
import type { AlarmName, EffectName } from './effects.ts';
import type { DatabaseObservation, PortState } from './events.ts';
import type { Reason } from './reasons.ts';
import type { AgentStart, DurableRecord, Lsn, NodeId } from './record.ts';
import type { Settings } from './settings.ts';
import type { Echo, Standing } from './standing.ts';
import type { StateName } from './stateName.ts';

export type Contact = {
  peer: NodeId | null;
  peerStart: AgentStart | null;
  lastSeq: number;
  /** Any authentic datagram of the peer, fresh or not, was processed then: probe rounds count only when begun later. */
  processedAt: number;
  /** When something fresh was last processed. */
  heardAt: number | null;
  /** When I sent the newest heartbeat that the peer counts as contact. */
  ackedAt: number | null;
  /** What the peer said last in contact. */
  standing: Standing | null;
  /** Since when it has said in unbroken contact that its LAN is good. */
  lanGoodSince: number | null;
  echo: Echo | null;
  heard: Echo | null;
  /** The highest epoch in any authentic datagram, and who holds it: obeyed even without contact. */
  highestEpoch: number;
};

export type Sending = {
  seq: number;
  nextAt: number;
  /** When the last heartbeats were sent; index seq modulo its length. */
  sentAt: readonly number[];
  /** Digest of what was said: a change is said at once. */
  said: string;
  kickAt: number;
};

export type Round = {
  readonly startedAt: number;
  readonly endedAt: number;
  /** Own carrier up for the whole round and a reference answered. */
  readonly valid: boolean;
  /** Every question of it was asked. */
  readonly whole: boolean;
  /** Somebody who is no reference answered for a service address. */
  readonly serviceAnswered: boolean;
  readonly peerOnHeartbeatPort: boolean;
};

export type Lan = {
  heartbeatCarrier: boolean;
  heartbeatCarrierSince: number;
  lastRound: Round | null;
  /** Who answered for the references in the last round. */
  referenceMacs: readonly string[];
  roundAskedAt: number;
  lastValidStartedAt: number;
  lastGoodEndedAt: number;
  badRounds: number;
  /** Newest moment at which the LAN was bad or the address off, or nobody looked. */
  brokenAt: number;
  portCarrierLostAt: number | null;
  selfTestedAt: number | null;
  selfTestTries: number;
  foreignClaimAt: number;
  /** When the link was last asked to come up. */
  linkAskedAt: number;
  /** When the addresses were last asked to go. */
  lowerAskedAt: number;
  defendedAt: number;
  proxyArpAt: number;
  garbageAt: number;
};

/** What is known of the heartbeat port as the way of replication, and of the serial port beside it. */
export type Cable = {
  /** When something newer than all before came over it. */
  heardAt: number;
  peerStart: AgentStart | null;
  lastSeq: number;
  /** When another path was the first to bring something fresh. */
  otherAt: number;
  /** When the present contact began, on whatever path. */
  contactSince: number;
  /** Since when it has had carrier and was heard without a break. */
  goodSince: number;
  /** When the standby consented because of it. */
  consentAt: number;
  /** The first look at which the standby's log stood where it stands, below what the peer says of its own. */
  stalledSince: number | null;
  /** From then up to the last look. */
  stalledMs: number;
  reached: Lsn | null;
  /** The lines that the other box drives on the serial port have dropped. */
  linesDropped: boolean;
};

export type Eligibility = {
  /** The epoch for which the primary granted it; null: none. */
  epoch: number | null;
  lossCounter: number;
  lostAt: number;
};

export type TakeoverCause = 'lan' | 'claim' | 'handover' | 'operator' | 'handedBack';

/** What is known of an arbiter outside the pair (etcd, fence) in this agent start. */
export type Arbiter = {
  /** etcd: the ledger says (epoch, paired, me): only then a grant is given. */
  publishedEpoch: number | null;
  /** etcd: a paired epoch of an earlier agent start, whose request may still land or may have won. */
  unsettledEpoch: number | null;
  /** etcd: the peer has left this epoch; its record may not be written yet, so that it may be silent for long. */
  lostEpoch: number | null;
  /** etcd: a lone epoch that the ledger knows. */
  enteredEpoch: number | null;
  /** etcd: the ledger has reached this epoch, so that the paired one cannot be published any more. */
  aheadEpoch: number | null;
  /** etcd: the ledger says nothing at all. */
  forgot: boolean;
  /** fence: the peer may be off through this node, and is to be switched on again. */
  peerIsOff: boolean;
  /** When it was asked last, when what it says was looked at (fence: the peer was off), and whether asking came to nothing. */
  askedAt: number;
  checkedAt: number;
  failing: boolean;
  /** Where a refusal leads back to. */
  askedFrom: StateName;
  /** An operator's takeover that is being entered in the ledger. */
  orderId: number | null;
};

/** What a change needs to remember while it is under way. */
export type Plan = {
  cause: TakeoverCause | null;
  /** Commands to be answered when the change ends. */
  commandId: number | null;
  commandUntil: number;
  /** Barrier of a pairing, or final position of a handover. */
  lsn: Lsn | null;
  needsRewind: boolean;
  needsClone: boolean;
  attempts: number;
  /** The last thing that failed was a start of the database. */
  startFailed: boolean;
};

export type State = {
  name: StateName;
  /** The step within the state; each state names its own. */
  phase: string;
  since: number;
  phaseSince: number;
  /** When this node began to hold the service it holds now. */
  servesSince: number;
  now: number;
  agentStart: AgentStart;
  startedAt: number;
  record: DurableRecord | null;
  /** Asked to be written and not yet known to be on disk. */
  writing: DurableRecord | null;
  writeRetryAt: number | null;
  /** A record of a standby missed its deadline: no grant and no heartbeat until it is on disk. */
  mute: boolean;
  leaving: boolean;
  acknowledgedAlone: boolean;
  contact: Contact;
  sending: Sending;
  lan: Lan;
  cable: Cable;
  port: PortState;
  database: DatabaseObservation;
  databaseFaultSince: number | null;
  /** What the guardian said last; null: nothing yet. */
  servicesFit: boolean | null;
  /** Since when this standby could take the service over in every respect; null: it could not just now. */
  fitSince: number | null;
  eligibility: Eligibility;
  arbiter: Arbiter;
  plan: Plan;
  switchoverEpoch: number | null;
  pairingNotBefore: number;
  /** When a handover came to nothing after the database was stopped for it. */
  handoverFailedAt: number;
  /** When a checkpoint after a change of the timeline was last asked for. */
  checkpointAskedAt: number;
  maintenanceUntil: number | null;
  pending: Readonly<Partial<Record<EffectName, number>>>;
  nextToken: number;
  watchMs: number;
  alarms: Readonly<Partial<Record<AlarmName, number>>>;
  reason: Reason;
  lastChange: {
    readonly at: number;
    readonly from: StateName;
    readonly to: StateName;
    readonly reason: Reason;
  } | null;
  /** When the present paired or solo reign began, for people. */
  modeSince: number;
};

export const noPlan: Plan = {
  cause: null,
  commandId: null,
  commandUntil: 0,
  lsn: null,
  needsRewind: false,
  needsClone: false,
  attempts: 0,
  startFailed: false,
};

const noDatabase: DatabaseObservation = {
  present: false,
  running: false,
  answering: false,
  inRecovery: null,
  systemId: null,
  timeline: null,
  lsn: null,
  receiving: false,
  standbyStreaming: false,
  standbyFlushLsn: null,
  synchronousSetting: false,
  admitted: false,
  rewindable: false,
  majorVersion: null,
  problem: null,
};

const noPort: PortState = {
  present: false,
  up: false,
  carrier: false,
  carrierChanges: 0,
  mac: null,
  addressesOn: false,
  anyAddressOn: false,
};

const noLan: Lan = {
  heartbeatCarrier: false,
  heartbeatCarrierSince: 0,
  lastRound: null,
  referenceMacs: [],
  roundAskedAt: -Infinity,
  lastValidStartedAt: -Infinity,
  lastGoodEndedAt: -Infinity,
  badRounds: 0,
  brokenAt: -Infinity,
  portCarrierLostAt: null,
  selfTestedAt: null,
  selfTestTries: 0,
  foreignClaimAt: -Infinity,
  linkAskedAt: -Infinity,
  lowerAskedAt: -Infinity,
  defendedAt: -Infinity,
  proxyArpAt: -Infinity,
  garbageAt: -Infinity,
};

const noCable: Cable = {
  heardAt: -Infinity,
  peerStart: null,
  lastSeq: 0,
  otherAt: -Infinity,
  contactSince: -Infinity,
  goodSince: -Infinity,
  consentAt: -Infinity,
  stalledSince: null,
  stalledMs: 0,
  reached: null,
  linesDropped: false,
};

const noArbiter: Arbiter = {
  publishedEpoch: null,
  unsettledEpoch: null,
  lostEpoch: null,
  enteredEpoch: null,
  aheadEpoch: null,
  forgot: false,
  peerIsOff: false,
  askedAt: -Infinity,
  checkedAt: -Infinity,
  failing: false,
  askedFrom: 'unpaired',
  orderId: null,
};

const rememberedHeartbeats = 64;

/** The state before `agentStarted`; nothing is decided in it. */
export function initialState(settings: Settings): State {
  return {
    name: 'unpaired',
    phase: '',
    since: 0,
    phaseSince: 0,
    servesSince: 0,
    now: 0,
    agentStart: '',
    startedAt: 0,
    record: null,
    writing: null,
    writeRetryAt: null,
    mute: false,
    leaving: false,
    acknowledgedAlone: false,
    contact: {
      peer: null,
      peerStart: null,
      lastSeq: 0,
      processedAt: -1,
      heardAt: null,
      ackedAt: null,
      standing: null,
      lanGoodSince: null,
      echo: null,
      heard: null,
      highestEpoch: 0,
    },
    sending: {
      seq: 0,
      nextAt: 0,
      sentAt: Array.from({ length: rememberedHeartbeats }, () => -1),
      said: '',
      kickAt: 0,
    },
    lan: noLan,
    cable: noCable,
    port: noPort,
    database: noDatabase,
    databaseFaultSince: null,
    servicesFit: null,
    fitSince: null,
    eligibility: { epoch: null, lossCounter: 0, lostAt: -Infinity },
    arbiter: noArbiter,
    plan: noPlan,
    switchoverEpoch: null,
    pairingNotBefore: 0,
    handoverFailedAt: -Infinity,
    checkpointAskedAt: -Infinity,
    maintenanceUntil: null,
    pending: {},
    nextToken: 1,
    watchMs: settings.heartbeatIntervalMs * 10,
    alarms: {},
    reason: { code: 'agentStarted' },
    lastChange: null,
    modeSince: 0,
  };
}
