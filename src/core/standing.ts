// What a node says of itself in every heartbeat. Statements are valid only for the epoch and the two agent starts they
// name; a late or repeated one changes nothing (protocol.md section 4).
import type { AgentStart, ArbiterName, Handed, Lsn, Mode, NodeId } from './record.ts';
import type { StateName } from './stateName.ts';

export type RecordStatement = {
  readonly epoch: number;
  readonly holder: NodeId;
  readonly partner: NodeId | null;
  readonly mode: Mode;
  readonly handed: Handed;
  readonly arbiter: ArbiterName;
  readonly pairedHolder: NodeId | null;
  readonly timeline: number;
  readonly lsn: Lsn;
};

export type Grant =
  /** Primary to standby: you may ask the arbiter for epoch `epoch`. Valid for this agent start and loss counter only. */
  | {
      readonly type: 'eligibility';
      readonly epoch: number;
      readonly toStart: AgentStart;
      readonly lossCounter: number;
    }
  /** Giver to taker: epoch `epoch` is yours to leave; my log ends at `lsn`. */
  | {
      readonly type: 'handover';
      readonly epoch: number;
      readonly toStart: AgentStart;
      readonly lsn: Lsn;
    };

export type Fitness = {
  readonly carrier: boolean;
  readonly lan: boolean;
  readonly database: boolean;
  readonly disk: boolean;
  /** No business service has failed on this box, as far as its guardian knows. */
  readonly services: boolean;
  readonly maintenance: boolean;
};

export type DatabaseStatement = {
  readonly systemId: string | null;
  readonly majorVersion: number | null;
  readonly timeline: number | null;
  readonly lsn: Lsn | null;
  /** Standby: its receiver streams. */
  readonly receiving: boolean;
  /** Primary: a rewind may use it as its source (its control file has the current timeline). */
  readonly rewindable: boolean;
};

export type Standing = {
  readonly stateName: StateName;
  readonly record: RecordStatement | null;
  /** From asking for the record of a lone reign until it is acted upon: counts as no contact, grants nothing. */
  readonly leaving: boolean;
  readonly lossCounter: number;
  readonly eligible: boolean;
  readonly grant: Grant | null;
  /** A standby asks the primary of this epoch for a switchover. */
  readonly switchoverEpoch: number | null;
  /** The giver is stopping its database: silence of replication is no fault. */
  readonly handingOver: boolean;
  /** Clients could have been acknowledged in this lone epoch: settles two solos of one epoch. */
  readonly acknowledgedAlone: boolean;
  /** I hear the peer another way, and know that the heartbeat port carries no replication between us. */
  readonly replicationCut: boolean;
  readonly fitness: Fitness;
  /** People want this node to be primary. */
  readonly preferred: boolean;
  readonly database: DatabaseStatement;
  readonly serviceMac: string | null;
};

export type Echo = { readonly agentStart: AgentStart; readonly seq: number };

export type Heartbeat = {
  readonly sender: NodeId;
  readonly agentStart: AgentStart;
  /** Grows by one with every heartbeat of this agent start, over all paths. */
  readonly seq: number;
  /** The newest datagram received, fresh or not. */
  readonly echo: Echo | null;
  /** The newest that counted as contact: only this moves the peer's `ackedAt`. */
  readonly heard: Echo | null;
  readonly standing: Standing;
};
