// The durable record: the small file that says which epoch this node has reached, who holds it and in which mode.
// It is written before anything that others can see is done on its strength (protocol.md section 2).

/** 32 lower-case hexadecimal digits. */
export type NodeId = string;
/** 16 lower-case hexadecimal digits, random for each start of the agent ("this boot"). */
export type AgentStart = string;
/** PostgreSQL log position in bytes. */
export type Lsn = bigint;

export type Mode = 'paired' | 'solo' | 'catchup';
export type Handed = 'none' | 'handed' | 'handedBack';
export type Job = 'none' | 'rewinding' | 'cloning';
export type ArbiterName = 'lan' | 'manual' | 'etcd' | 'fence';

export type DurableRecord = {
  readonly pairId: string;
  /** The node that wrote it. */
  readonly node: NodeId;
  /** Number of the reign; only grows, never reused. */
  readonly epoch: number;
  /** Who is primary in this epoch; of a catchup record, who was when it was written. */
  readonly holder: NodeId;
  /** The other node of a paired epoch: only its consent counts. */
  readonly partner: NodeId | null;
  readonly mode: Mode;
  readonly handed: Handed;
  readonly arbiter: ArbiterName;
  /** Holder of the newest paired epoch that this node knows: settles two solos of one epoch. */
  readonly pairedHolder: NodeId | null;
  readonly databaseSystemId: string;
  readonly timeline: number;
  /** The database's log reached at least this far when the record was written; exact for handed records. */
  readonly lsn: Lsn;
  /** A rewind or clone under way: the data directory must not be started before it is done again. */
  readonly job: Job;
};
