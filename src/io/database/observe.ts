// One look at the database: one prepared question over a held connection, and the control file.
import type { HeldConnection } from './connection.ts';
import { readControlFile } from './controlFile.ts';
import type { ControlData } from './controlFile.ts';
import { dataMajor } from './binaries.ts';
import { assertDataDirectory } from './dataDirectory.ts';
import { asDatabaseError } from './databaseError.ts';
import { slotName } from './databaseOptions.ts';
import { deadlineIn } from './deadline.ts';
import type { Instance } from './instance.ts';
import { parseLsn } from './lsn.ts';
import { endOfLog } from './controlLog.ts';
import { readPidFile } from './postmaster.ts';
import type { Row } from './session.ts';

export type DatabaseObservation = {
  /** A data directory with a readable control file is there. */
  readonly present: boolean;
  readonly running: boolean;
  /** It answered within the deadline. */
  readonly answering: boolean;
  readonly inRecovery: boolean | null;
  readonly systemId: string | null;
  readonly timeline: number | null;
  /** Primary: end of the flushed log; standby: the later of received (flushed) and replayed; stopped: the end of the log, as far as it was read. */
  readonly lsn: bigint | null;
  /** Standby: the log is streaming in. */
  readonly receiving: boolean;
  readonly standbyStreaming: boolean;
  readonly standbyFlushLsn: bigint | null;
  /** The peer is the synchronous standby, by PostgreSQL's word; the proof is setSynchronous. */
  readonly standbySync: boolean;
  /** synchronous_standby_names is not empty. */
  readonly synchronousSetting: boolean;
  /** The rules that let clients in are in force. */
  readonly admitted: boolean;
  /** The control file is on the current timeline: another node can be rewound by this one. */
  readonly rewindable: boolean;
  readonly majorVersion: number | null;
  readonly problem: { readonly code: string; readonly text: string } | null;
  /** Primary: the peer's slot is missing or was given up for the disk's sake. */
  readonly slotUnusable: boolean;
};

// In recovery the functions for the current position refuse to answer, hence the CASEs.
const question = `
SELECT r.in_recovery,
  CASE WHEN r.in_recovery THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
       ELSE pg_current_wal_flush_lsn() END AS lsn,
  CASE WHEN r.in_recovery THEN NULL
       ELSE pg_walfile_name(pg_current_wal_flush_lsn()) END AS wal_file,
  v.status AS receiver, v.received_tli,
  s.state AS sender, s.flush_lsn, s.sync_state,
  current_setting('synchronous_standby_names') AS synchronous_names,
  current_setting('hotpair.admitted', true) AS admitted,
  CASE WHEN r.in_recovery THEN NULL ELSE coalesce((
    SELECT l.wal_status FROM pg_get_replication_slots() l WHERE l.slot_name = $2), 'missing')
  END AS slot
FROM (SELECT pg_is_in_recovery() AS in_recovery) r
LEFT JOIN pg_stat_get_wal_receiver() v ON true
LEFT JOIN LATERAL (
  SELECT w.state, w.flush_lsn, w.sync_state FROM pg_stat_get_wal_senders() w
  JOIN pg_stat_get_activity(w.pid) a ON a.pid = w.pid
  WHERE a.application_name = $1 ORDER BY w.flush_lsn DESC NULLS LAST LIMIT 1) s ON true`;

/** Looks at the database; never rejects, and takes no longer than the deadline. */
export async function observe(
  instance: Instance,
  deadlineMs: number,
): Promise<DatabaseObservation> {
  const { options, server } = instance;
  server.adopt();
  const isRunning = server.pid() !== null;
  const before = readControlFile(options.dataDirectory);
  const base = unanswered(instance, before, isRunning);
  if (before === null || !isRunning) return base;
  if (!server.isReady()) return { ...base, problem: startingProblem(instance) };
  try {
    const row = await ask(instance.main, instance, deadlineMs);
    // Read again: after a promotion the control file may have changed while PostgreSQL answered.
    const control = readControlFile(options.dataDirectory) ?? before;
    return { ...base, ...fromRow(row, control) };
  } catch (error) {
    return { ...base, problem: problemOf(error) };
  }
}

async function ask(connection: HeldConnection, instance: Instance, limitMs: number): Promise<Row> {
  const { peerName } = instance.options;
  const { rows } = await connection.ask(
    { name: 'hotpair_observe', text: question, values: [peerName, slotName(peerName)] },
    deadlineIn(limitMs),
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the observation has no row');
  return row;
}

function unanswered(
  instance: Instance,
  control: ControlData | null,
  isRunning: boolean,
): DatabaseObservation {
  const directory = instance.options.dataDirectory;
  return {
    present: control !== null,
    running: isRunning,
    answering: false,
    inRecovery: null,
    systemId: control?.systemId ?? null,
    ...positionOf(directory, control, isRunning),
    receiving: false,
    standbyStreaming: false,
    standbyFlushLsn: null,
    standbySync: false,
    synchronousSetting: instance.files.state().synchronous !== 'off',
    admitted: false,
    rewindable: false,
    majorVersion: dataMajor(directory),
    problem: null,
    slotUnusable: false,
  };
}

function positionOf(
  directory: string,
  control: ControlData | null,
  isRunning: boolean,
): { timeline: number | null; lsn: bigint | null } {
  if (control === null) return { timeline: null, lsn: null };
  if (!isRunning) return endOfLog(directory, control);
  return { timeline: Math.max(control.timeline, control.minRecoveryTimeline), lsn: null };
}

function fromRow(row: Row, control: ControlData): Partial<DatabaseObservation> {
  const inRecovery = row['in_recovery'] === true;
  const receivedTimeline = Number(row['received_tli'] ?? 0);
  const timeline = inRecovery
    ? Math.max(receivedTimeline, control.timeline, control.minRecoveryTimeline)
    : Number.parseInt(textOf(row['wal_file']).slice(0, 8), 16);
  const syncState = textOf(row['sync_state']);
  const slot = textOf(row['slot']);
  return {
    answering: true,
    inRecovery,
    timeline,
    lsn: parseLsn(textOf(row['lsn'])),
    receiving: row['receiver'] === 'streaming',
    standbyStreaming: row['sender'] === 'streaming',
    standbyFlushLsn: parseLsn(textOf(row['flush_lsn'])),
    standbySync: syncState === 'sync' || syncState === 'quorum',
    synchronousSetting: textOf(row['synchronous_names']) !== '',
    admitted: row['admitted'] === 'on',
    rewindable: !inRecovery && control.timeline === timeline,
    slotUnusable: slot === 'missing' || slot === 'lost',
  };
}

/** What a start would be refused for, as far as a look at the directory shows it. */
export function problemOfStopped(instance: Instance): DatabaseObservation['problem'] {
  try {
    assertDataDirectory(instance.options.dataDirectory, instance.user);
    return null;
  } catch (error) {
    return problemOf(error);
  }
}

function startingProblem(instance: Instance): DatabaseObservation['problem'] {
  const status = readPidFile(instance.options.dataDirectory)?.status ?? 'starting';
  return status === 'stopping'
    ? { code: 'DATABASE_STOPPING', text: 'PostgreSQL is stopping' }
    : { code: 'DATABASE_RECOVERING', text: 'PostgreSQL is still recovering' };
}

function problemOf(error: unknown): { code: string; text: string } {
  const { code, message } = asDatabaseError(error);
  return { code, text: message };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
