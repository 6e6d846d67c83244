// Everything that can happen to a node, in the past tense. Time arrives inside events (`at`, milliseconds of the node's
// monotonic clock); the shell and the simulator make them, the core never asks for anything.
import type { Claim, LedgerEntry } from './ledger.ts';
import type { AgentStart, DurableRecord, Lsn } from './record.ts';
import type { Heartbeat } from './standing.ts';

export type DatabaseObservation = {
  /** A data directory with a readable control file is there. */
  readonly present: boolean;
  readonly running: boolean;
  /** It answered within the deadline. */
  readonly answering: boolean;
  readonly inRecovery: boolean | null;
  readonly systemId: string | null;
  readonly timeline: number | null;
  /** Running primary: end of the flushed log. Running standby: the later of received (flushed) and replayed. Stopped: the newest position the control file proves. */
  readonly lsn: Lsn | null;
  readonly receiving: boolean;
  readonly standbyStreaming: boolean;
  readonly standbyFlushLsn: Lsn | null;
  /** The setting that makes commits wait names the peer. */
  readonly synchronousSetting: boolean;
  /** Clients are let in. */
  readonly admitted: boolean;
  readonly rewindable: boolean;
  readonly majorVersion: number | null;
  readonly problem: { readonly code: string; readonly text: string } | null;
};

export type PortState = {
  readonly present: boolean;
  readonly up: boolean;
  readonly carrier: boolean;
  /** Counts every change since boot: a flap between two looks is seen. */
  readonly carrierChanges: number;
  readonly mac: string | null;
  /** All service addresses are on the port. */
  readonly addressesOn: boolean;
  readonly anyAddressOn: boolean;
};

export type ProbeResult = {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** How often everybody was asked: an agent that is held up leaves questions out. */
  readonly asked: number;
  readonly carrier: boolean;
  readonly carrierChanges: number;
  readonly referenceAnswered: boolean;
  /** MACs that answered for a reference: an answer for the service address from one of them is proxy ARP. */
  readonly referenceMacs: readonly string[];
  /** MACs that answered for a service address, own MAC excluded. */
  readonly serviceAnsweredBy: readonly string[];
  readonly peerAnsweredOnHeartbeatPort: boolean;
};

export type OperatorCommand =
  | { readonly type: 'switchover' }
  /** `peerIsOff`: the operator vouches for it where the arbiter cannot be asked. */
  | { readonly type: 'takeover'; readonly peerIsOff?: boolean }
  /** Takeovers are paused until then (monotonic), or go on again (null). */
  | { readonly type: 'maintenance'; readonly untilMs: number | null };

type Happening =
  | {
      readonly type: 'agentStarted';
      readonly agentStart: AgentStart;
      readonly record: DurableRecord | null;
      readonly database: DatabaseObservation;
      readonly port: PortState;
      readonly heartbeatCarrier: boolean;
    }
  | { readonly type: 'tick' }
  | { readonly type: 'heartbeatReceived'; readonly path: string; readonly heartbeat: Heartbeat }
  /** A datagram that could not be authenticated or decoded. */
  | { readonly type: 'garbageReceived'; readonly path: string }
  | { readonly type: 'heartbeatCarrierChanged'; readonly carrier: boolean }
  /** The modem lines that the other box drives on the serial port have dropped, or are raised again. */
  | { readonly type: 'serialLinesChanged'; readonly dropped: boolean }
  | { readonly type: 'servicePortChanged'; readonly port: PortState }
  /** Somebody else announced, probed or answered for a service address. */
  | {
      readonly type: 'addressClaimed';
      readonly mac: string;
      readonly how: 'announced' | 'probed' | 'answered';
    }
  | { readonly type: 'databaseObserved'; readonly database: DatabaseObservation }
  | { readonly type: 'databaseExited' }
  /** What the guardian says of the business services: whether none of them has failed on this box. */
  | { readonly type: 'servicesObserved'; readonly fit: boolean }
  | {
      readonly type: 'operatorCommanded';
      readonly commandId: number;
      readonly command: OperatorCommand;
    }
  | { readonly type: 'probeRoundDone'; readonly token: number; readonly result: ProbeResult }
  | { readonly type: 'recordWritten'; readonly token: number }
  | { readonly type: 'databaseStarted'; readonly token: number }
  | {
      readonly type: 'databaseStopped';
      readonly token: number;
      readonly clean: boolean;
      readonly lsn: Lsn | null;
      readonly timeline: number | null;
    }
  | {
      readonly type: 'databasePromoted';
      readonly token: number;
      readonly timeline: number;
      readonly lsn: Lsn;
    }
  | { readonly type: 'synchronousProved'; readonly token: number; readonly lsn: Lsn }
  | { readonly type: 'synchronousCleared'; readonly token: number }
  | { readonly type: 'clientsAdmitted'; readonly token: number }
  | { readonly type: 'databaseCheckpointed'; readonly token: number }
  | { readonly type: 'divergenceKept'; readonly token: number; readonly kept: string | null }
  | { readonly type: 'databaseRewound'; readonly token: number }
  | { readonly type: 'databaseCloned'; readonly token: number }
  | { readonly type: 'servicePortRaised'; readonly token: number; readonly port: PortState }
  | { readonly type: 'servicePortLowered'; readonly token: number; readonly port: PortState }
  /** What the ledger says after the attempt; null: nothing, and it was not to be created. */
  | {
      readonly type: 'epochPublished';
      readonly token: number;
      readonly found: LedgerEntry | null;
    }
  | ({ readonly type: 'claimDecided'; readonly token: number } & Claim)
  /** Null: an order that the ledger refuses, because it gave the peer a lone epoch, or says nothing at all (`forgotten`). */
  | {
      readonly type: 'epochEntered';
      readonly token: number;
      readonly epoch: number | null;
      readonly forgotten: boolean;
    }
  | { readonly type: 'peerFenced'; readonly token: number }
  | { readonly type: 'fenceRefused'; readonly token: number }
  | { readonly type: 'peerUnfenced'; readonly token: number }
  | {
      readonly type: 'effectFailed';
      readonly token: number;
      readonly code: string;
      readonly text: string;
    };

export type CoreEvent = Happening & { readonly at: number };
export type EventName = CoreEvent['type'];
export type EventOf<N extends EventName> = Extract<CoreEvent, { readonly type: N }>;
