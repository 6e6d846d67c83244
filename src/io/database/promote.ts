// Turning the standby into a primary. The act itself is one file and one signal: it needs neither a
// connection nor a new process. It is done when a write of our own has been committed.
import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { deadlineIn, isOver, lateError } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import type { Instance } from './instance.ts';
import { parseLsn } from './lsn.ts';
import type { Row } from './session.ts';
import { fitSlot } from './slot.ts';

const pollMs = 2;

// One statement that looks and writes: an attempt in recovery is no error in the server's log.
const firstWrite = `SELECT CASE WHEN pg_is_in_recovery() THEN NULL
    ELSE pg_logical_emit_message(true, 'hotpair', 'promoted') END AS lsn,
  CASE WHEN pg_is_in_recovery() THEN NULL
    ELSE pg_walfile_name(pg_current_wal_insert_lsn()) END AS wal_file`;

export type PromotionRequest = {
  /** Its commits wait for nobody: the setting is cleared if it is on. */
  readonly alone: boolean;
  readonly admitted: boolean;
};

/** Promotes, lets clients in, and resolves after the first committed write of the new primary. */
export async function promote(
  instance: Instance,
  deadlineMs: number,
  request: PromotionRequest,
): Promise<{ timeline: number; lsn: bigint }> {
  const deadline = deadlineIn(deadlineMs);
  // A standby's settings have no synchronous standby already; were it otherwise, its first commits
  // as a primary would wait for a peer that is dead.
  if (request.alone && instance.files.state().synchronous !== 'off') {
    await instance.files.change({ synchronous: 'off' });
    instance.server.reload();
  }
  askForPromotion(instance);
  const [promoted] = await Promise.all([
    awaitFirstWrite(instance, deadline),
    request.admitted ? admitClients(instance, deadline) : null,
  ]);
  // From now on the slot keeps the log that the old primary will need; nobody waits for it.
  void fitSlot(instance, 'primary', deadlineIn(5_000)).catch(() => {});
  return promoted;
}

function askForPromotion(instance: Instance): void {
  const path = join(instance.options.dataDirectory, 'promote');
  writeFileSync(path, '', { mode: 0o600 });
  chownSync(path, instance.user.uid, instance.user.gid);
  if (!instance.server.signal('SIGUSR1')) {
    throw new HotpairError('DATABASE_STOPPED', 'PostgreSQL does not run: nothing to promote');
  }
}

async function awaitFirstWrite(
  instance: Instance,
  deadline: Deadline,
): Promise<{ timeline: number; lsn: bigint }> {
  for (;;) {
    const row = await tryWrite(instance, deadline);
    const lsn = parseLsn(String(row?.['lsn']));
    if (lsn !== null) {
      return { timeline: Number.parseInt(String(row?.['wal_file']).slice(0, 8), 16), lsn };
    }
    if (isOver(deadline)) throw lateError('the promotion');
    if (instance.server.pid() === null) {
      throw new HotpairError('DATABASE_STOPPED', 'PostgreSQL ended while it was promoted');
    }
    await delay(pollMs);
  }
}

async function tryWrite(instance: Instance, deadline: Deadline): Promise<Row | null> {
  try {
    const { rows } = await instance.main.ask({ text: firstWrite, name: 'hotpair_first' }, deadline);
    return rows[0] ?? null;
  } catch {
    // A connection that broke just now comes back; the deadline ends it.
    return null;
  }
}

/** Lets clients in; resolves when the rules that do so are in force. */
export async function admitClients(instance: Instance, deadline: Deadline): Promise<void> {
  const generation = await instance.files.change({ admitted: true });
  if (!instance.server.reload()) return;
  for (;;) {
    // The postmaster reads the rules before it serves a next connection, and tells its sessions
    // only after it has read the settings itself: a session that shows the mark proves both.
    const { rows } = await instance.main.ask(
      {
        name: 'hotpair_generation',
        text: `SELECT current_setting('hotpair.generation', true) AS generation`,
      },
      deadline,
    );
    if (rows[0]?.['generation'] === generation) break;
    if (instance.files.generation() !== generation) break;
    if (isOver(deadline)) throw lateError('letting clients in');
    await delay(pollMs);
  }
  try {
    await assertRules(instance, deadline);
  } catch (error) {
    // The old rules are still in force, and with these the next start would fail.
    await instance.files.change({ admitted: false });
    throw error;
  }
}

async function assertRules(instance: Instance, deadline: Deadline): Promise<void> {
  const { rows } = await instance.main.ask(
    { text: 'SELECT line_number, error FROM pg_hba_file_rules WHERE error IS NOT NULL LIMIT 1' },
    deadline,
  );
  const [row] = rows;
  if (row !== undefined) {
    throw new HotpairError(
      'DATABASE_HBA',
      `PostgreSQL cannot read the rules for clients: ${String(row['error'])}`,
    );
  }
}
