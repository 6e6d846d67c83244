// A writer of the monitor: a process on a box would write like this, straight to the box's own
// PostgreSQL, whatever role the box has. What it gets acknowledged shows who can acknowledge.

import { nowMs, pause } from './clock.ts';
import { databaseSession, type DatabaseSession } from './databaseSession.ts';
import type { BoxName } from './layout.ts';
import type { MonitorAck } from './rivals.ts';

const intervalMs = 40;
/** A commit that waits is given this long; then it is left alone and another session tries. */
const patienceMs = 2000;

export type MonitorWriter = {
  /** What was acknowledged since the last call. */
  readonly drain: () => readonly MonitorAck[];
};

/** Starts to write rows from `first` on; each number is used once, whatever becomes of it. */
export function startMonitorWriter(box: BoxName, first: number): MonitorWriter {
  let next = first;
  let session: DatabaseSession | undefined;
  let acknowledged: MonitorAck[] = [];

  const writeOnce = async (): Promise<void> => {
    session ??= await quietSession(box);
    const writing = session;
    const row = next;
    next += 1;
    const sentMs = nowMs();
    const late = setTimeout(writing.destroy, patienceMs);
    try {
      await writing.query('row', 'insert into rows (n) values ($1)', [row]);
      // A wait for the standby that was cancelled is not an acknowledgement.
      if (writing.warnings().length === 0) {
        acknowledged.push({ box, row, sentMs, atMs: nowMs() });
      }
    } catch (error) {
      // A standby refuses politely: the session is good for the next try. Anything else ends it.
      if (error instanceof Error && 'code' in error && error.code === '25006') return;
      writing.destroy();
      session = undefined;
    } finally {
      clearTimeout(late);
    }
  };
  const work = async (): Promise<never> => {
    for (;;) {
      // Without power or a server there is nothing to write to.
      await writeOnce().catch(() => undefined);
      await pause(intervalMs);
    }
  };
  void work();
  return {
    drain: () => {
      const drained = acknowledged;
      acknowledged = [];
      return drained;
    },
  };
}

/** What a standby refuses would otherwise fill its log with one line a turn. */
async function quietSession(box: BoxName): Promise<DatabaseSession> {
  const session = await databaseSession(box, 'app');
  await session.query('quiet', `set log_min_messages = 'fatal'`);
  return session;
}
