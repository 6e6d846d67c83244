// Making commits wait for the standby, and letting them go. That the switch is in force is proved,
// never read: it is set by the checkpointer, and with that process stalled `SHOW` had the new value
// while commits were acknowledged unprotected.
import { setTimeout as delay } from 'node:timers/promises';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { deadlineIn, isOver, lateError } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import type { Instance } from './instance.ts';
import { parseLsn } from './lsn.ts';

/** A commit that writes log: a transaction without any would be acknowledged without waiting. */
const probeCommit = `SELECT pg_logical_emit_message(true, 'hotpair', 'probe')`;
const pollMs = 2;

/** Says whether the newest wish is still the one that a running switch works for. */
export type Wish = { readonly isCurrent: () => boolean };

/**
 * Makes commits wait for the peer and resolves when that is proved, with a position of the log that
 * was taken after the proof: every commit acknowledged unprotected ends before it.
 *
 * On any failure the setting is cleared again before this rejects, unless a newer wish does that.
 */
export async function setSynchronous(
  instance: Instance,
  deadlineMs: number,
  wish: Wish,
): Promise<{ lsn: bigint }> {
  const deadline = deadlineIn(deadlineMs);
  try {
    return await prove(instance, deadline, wish);
  } catch (error) {
    if (wish.isCurrent()) await releaseCommits(instance, deadlineIn(3_000)).catch(() => {});
    throw error;
  }
}

async function prove(instance: Instance, deadline: Deadline, wish: Wish): Promise<{ lsn: bigint }> {
  // A name that nobody has: no standby's answer can free a commit, so one that waits is the proof.
  await write(instance, 'nobody', wish);
  const waiting = await stalledProbe(instance, deadline, wish);
  const lsn = await currentPosition(instance, deadline);
  await write(instance, 'peer', wish);
  await nudgeUntil(instance, waiting, deadline, wish);
  return { lsn };
}

async function write(
  instance: Instance,
  synchronous: 'nobody' | 'peer',
  wish: Wish,
): Promise<void> {
  assertCurrent(wish);
  await instance.files.change({ synchronous });
  if (!instance.server.reload()) {
    throw new HotpairError('DATABASE_STOPPED', 'PostgreSQL ended while commits were made to wait');
  }
}

type Probe = { settled: boolean; failure: Error | null };

// Commits until one is seen waiting in SyncRep; the waiting one is handed on.
async function stalledProbe(instance: Instance, deadline: Deadline, wish: Wish): Promise<Probe> {
  let probe = startProbe(instance, deadline);
  for (;;) {
    assertCurrent(wish);
    if (isOver(deadline)) throw lateError('the proof that commits wait');
    if (probe.settled) {
      if (probe.failure !== null) throw probe.failure;
      probe = startProbe(instance, deadline);
    }
    const backend = instance.probe.backend();
    if (backend !== null && (await isWaiting(instance, backend, deadline))) return probe;
    await delay(pollMs);
  }
}

function startProbe(instance: Instance, deadline: Deadline): Probe {
  const probe: Probe = { settled: false, failure: null };
  const commit = async (): Promise<void> => {
    try {
      const question = { text: probeCommit, name: 'hotpair_probe' };
      const { warnings } = await instance.probe.ask(question, deadline);
      if (warnings.length > 0) probe.failure = inDoubt(warnings);
    } catch (error) {
      probe.failure = error instanceof Error ? error : new Error(String(error));
    }
    probe.settled = true;
  };
  void commit();
  return probe;
}

async function isWaiting(instance: Instance, pid: number, deadline: Deadline): Promise<boolean> {
  const { rows } = await instance.main.ask(
    {
      name: 'hotpair_waiting',
      text: 'SELECT wait_event FROM pg_stat_get_activity($1)',
      values: [pid],
    },
    deadline,
  );
  return rows[0]?.['wait_event'] === 'SyncRep';
}

// The insert position: it is never before the end of a commit that was acknowledged.
async function currentPosition(instance: Instance, deadline: Deadline): Promise<bigint> {
  const text = 'SELECT pg_current_wal_insert_lsn() AS lsn';
  const { rows } = await instance.main.ask({ text }, deadline);
  const lsn = parseLsn(String(rows[0]?.['lsn']));
  if (lsn === null) throw new Error('PostgreSQL gave no position of its log');
  return lsn;
}

// A sender reads its new priority with the standby's next answer, which comes with new log.
async function nudgeUntil(
  instance: Instance,
  probe: Probe,
  deadline: Deadline,
  wish: Wish,
): Promise<void> {
  while (!probe.settled) {
    assertCurrent(wish);
    if (isOver(deadline)) throw lateError('the commit that waits for the standby');
    await instance.main.ask({ text: probeCommit, name: 'hotpair_nudge' }, deadline);
    await delay(pollMs);
  }
  if (probe.failure !== null) throw probe.failure;
}

/** Lets commits go without the standby; resolves when they are seen to go. */
export async function releaseCommits(instance: Instance, deadline: Deadline): Promise<void> {
  await instance.files.change({ synchronous: 'off' });
  // A stopped server has nothing that waits, and reads the file when it starts.
  if (!instance.server.reload()) return;
  const { warnings } = await instance.probe
    .ask({ text: probeCommit, name: 'hotpair_probe' }, deadline)
    .catch((error: unknown) => {
      throw unproved(error);
    });
  if (warnings.length > 0) throw inDoubt(warnings);
}

function unproved(cause: unknown): HotpairError {
  return new HotpairError(
    'DATABASE_UNPROVED',
    'the setting is written, but no commit was seen to go through without the standby',
    { cause },
  );
}

function inDoubt(warnings: readonly string[]): HotpairError {
  return new HotpairError('DATABASE_IN_DOUBT', `a commit is in doubt: ${warnings.join('; ')}`);
}

function assertCurrent(wish: Wish): void {
  if (!wish.isCurrent()) {
    throw new HotpairError('DATABASE_SUPERSEDED', 'a newer wish for the database took its place');
  }
}
