// What stands against taking a box out of its pair: it serves, it may be the only one with the newest rows, or its PostgreSQL
// runs without an agent. Shared by `unjoin` and `factory-reset`.
import type { Config } from '../config/config.ts';
import type { DurableRecord } from '../core/record.ts';
import { agentRuns } from '../daemon/agentLock.ts';
import { askAgent } from '../daemon/control/controlClient.ts';
import type { StatusJson } from '../daemon/status.ts';
import { livingPostmaster } from '../io/database/postmaster.ts';
import { openRecordStore } from '../io/record/recordStore.ts';
import type { RecordReading } from '../io/record/recordStore.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { exitCodes } from './exitCodes.ts';

const statusDeadlineMs = 5_000;

/** What is known of a box that is to leave. */
export type Leaver = {
  /** Null where no agent runs. */
  readonly role: StatusJson['role'] | null;
  readonly record: RecordReading;
  /** PostgreSQL runs although no agent does. */
  readonly databaseRuns: boolean;
};

export async function lookAtLeaver(config: Config): Promise<Leaver> {
  const { runDirectory } = config.state;
  if (!agentRuns(runDirectory)) return lookWithoutAgent(config);
  const asked = await askAgent(runDirectory, { command: 'status' }, statusDeadlineMs);
  const { role } = asked as StatusJson;
  return { role, record: await recordOf(config), databaseRuns: false };
}

/** The same for whoever holds the agent's lock. */
export async function lookWithoutAgent(config: Config): Promise<Leaver> {
  const databaseRuns = livingPostmaster(config.database.dataDirectory) !== null;
  return { role: null, record: await recordOf(config), databaseRuns };
}

async function recordOf({ state }: Config): Promise<RecordReading> {
  return openRecordStore(state.directory).read();
}

/**
 * Throws BOX_SERVES, DATABASE_RUNNING, or, where `lossAccepted` does not say that this is known, BOX_HOLDS_DATA or
 * RECORD_CORRUPT.
 */
export function assertMayLeave(
  { role, record, databaseRuns }: Leaver,
  lossAccepted: boolean,
): void {
  if (role === 'primary') {
    throw notNow(
      'BOX_SERVES',
      'this box serves the telephone system',
      'a standby: hotpair switchover --wait first',
    );
  }
  if (databaseRuns) {
    throw notNow(
      'DATABASE_RUNNING',
      'PostgreSQL runs on this box although no agent does',
      'start the agent first, or stop PostgreSQL in order',
    );
  }
  if (lossAccepted) return;
  const allowed =
    'bring both boxes into step first; --accept-loss says that what only this box has may go';
  if (record.kind === 'corrupt') {
    throw notNow(
      'RECORD_CORRUPT',
      'the record is damaged: whether this box has the newest rows is not known',
      allowed,
    );
  }
  if (record.kind === 'valid' && holdsNewest(record.record)) {
    throw notNow(
      'BOX_HOLDS_DATA',
      'by its record this box served last: it may be the only one with the newest rows',
      allowed,
    );
  }
}

/** Whoever holds an epoch may have acknowledged rows in it; what was handed over is on the other box. */
function holdsNewest({ holder, node, handed, mode }: DurableRecord): boolean {
  return holder === node && handed !== 'handed' && mode !== 'catchup';
}

function notNow(code: string, message: string, allowed: string): HotpairError {
  return new HotpairError(code, message, { allowed, exitCode: exitCodes.notPossibleNow });
}
