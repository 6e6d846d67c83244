// What the database needs to be told, and what it tells back while it works. Everything here comes
// from the configuration and the pair key; nothing is looked up behind the caller's back.

/** Progress of a long job; `fraction` is 0 to 1, or null where the end is not known. */
export type DatabaseProgress = {
  readonly job: string;
  readonly text: string;
  readonly fraction: number | null;
};

/** An end of PostgreSQL that nobody here asked for; code and signal are null for an adopted one. */
export type DatabaseExit = {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: string | null;
};

export type DatabaseOptions = {
  readonly dataDirectory: string;
  /** Where `postgres` and its tools are; null: found by the data directory's version. */
  readonly binDirectory: string | null;
  /** The system user that PostgreSQL runs as and that owns the data directory. */
  readonly user: string;
  readonly port: number;
  readonly socketDirectory: string;
  /** application_name of this node as a standby. */
  readonly selfName: string;
  /** application_name of the peer as a standby. */
  readonly peerName: string;
  /** Own address on the heartbeat port, without a prefix. */
  readonly heartbeatAddress: string;
  readonly peerAddress: string;
  /** PostgreSQL's port at the peer; the own port where it is not given. */
  readonly peerPort?: number;
  /** listen_addresses; `*` where it is not given, the hba file being the gate. */
  readonly listenAddresses?: string;
  readonly replicationPassword: string;
  /** The user's PostgreSQL settings; a decisive one among them is refused. */
  readonly extraSettings: Readonly<Record<string, string>>;
  /** Lines of pg_hba.conf for clients, in force while clients are admitted. */
  readonly hba: readonly string[];
  /** How much of the disk a missing standby may fill with WAL. */
  readonly slotDiskBudgetMb: number;
  /** Limit for a clone's transfer in KB/s; none where it is not given. */
  readonly cloneRateKb?: number | undefined;
  readonly divergenceDirectory: string;
  readonly logFile: string;
  readonly onExit: (info: DatabaseExit) => void;
  readonly onProgress: (progress: DatabaseProgress) => void;
};

/** The role of the agent: superuser, over the unix socket only. */
export const agentRole = 'hotpair';

/** The role of the peer: replication and pg_rewind, from the peer's heartbeat address only. */
export const replicationRole = 'hotpair_repl';

/** A physical slot's name for a node; both nodes compute the same one from the same node name. */
export function slotName(nodeName: string): string {
  const plain = nodeName.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_');
  // Two names that differ only in what a slot name cannot hold must not share a slot.
  const suffix = plain === nodeName ? '' : `_${nameHash(nodeName)}`;
  return `hotpair_${plain.slice(0, 40)}${plain.length > 40 ? `_${nameHash(nodeName)}` : suffix}`;
}

function nameHash(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
