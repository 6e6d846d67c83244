// The database of this node as the agent sees it: acts with a deadline each, one at a time, and one
// look that never fails. Closing it never stops PostgreSQL.
import { HotpairError, isHotpairError } from '../../protocol/hotpairError.ts';
import { openCare } from './care.ts';
import type { Care } from './care.ts';
import { clone } from './clone.ts';
import { holdConnection } from './connection.ts';
import { readControlFile } from './controlFile.ts';
import type { ControlData } from './controlFile.ts';
import type { DatabaseOptions } from './databaseOptions.ts';
import { withDatabaseErrors } from './databaseError.ts';
import { deadlineIn } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import { keepDivergence } from './divergence.ts';
import { checkHbaLines } from './hba.ts';
import { closeInstance, openInstance } from './instance.ts';
import type { Instance } from './instance.ts';
import { unfinishedJob } from './jobMarker.ts';
import { start, stop } from './lifecycle.ts';
import type { StartRequest } from './lifecycle.ts';
import { observe, problemOfStopped } from './observe.ts';
import type { DatabaseObservation } from './observe.ts';
import { admitClients, promote } from './promote.ts';
import { reconfigure } from './reconfigure.ts';
import type { LiveOptions, Reconfiguration } from './reconfigure.ts';
import { openReplicationPassword } from './replicationPassword.ts';
import { rewind } from './rewind.ts';
import { boundServerLog } from './serverLog.ts';
import { checkExtraSettings } from './settings.ts';
import { fitSlot } from './slot.ts';
import { releaseCommits, setSynchronous } from './switchSynchronous.ts';
import type { Wish } from './switchSynchronous.ts';

type Limit = { readonly deadlineMs?: number };
type Due = { readonly deadlineMs: number };

export type Database = {
  readonly observe: (deadlineMs: number) => Promise<DatabaseObservation>;
  readonly start: (request: StartRequest) => Promise<void>;
  readonly stop: (
    request: Due & { readonly how: 'clean' | 'now' },
  ) => Promise<{ clean: boolean; lsn: bigint | null; timeline: number | null }>;
  readonly promote: (request: Due) => Promise<{ timeline: number; lsn: bigint }>;
  /** For a primary that stands alone: a failure clears the setting. */
  readonly setSynchronous: (request: Due) => Promise<{ lsn: bigint }>;
  readonly clearSynchronous: (request: Due) => Promise<void>;
  readonly admitClients: (request: Due) => Promise<void>;
  readonly checkpoint: (request: Due) => Promise<void>;
  /** The peer has half a minute of the deadline to become a source. */
  readonly rewind: (request: Limit) => Promise<{ rewound: boolean }>;
  readonly clone: (request: Limit) => Promise<void>;
  /** Other settings, rules and rate; resolves with the settings that wait for the next start of PostgreSQL. */
  readonly reconfigure: (
    next: Reconfiguration,
    request: Due,
  ) => Promise<{ readonly pendingRestart: readonly string[] }>;
  /** Lets the replication role go by another password; true when file and catalogue do. */
  readonly useReplicationPassword: (
    password: string,
    role: 'primary' | 'standby' | null,
    request: Due,
  ) => Promise<boolean>;
  readonly keepDivergence: (request: Limit) => Promise<{ kept: string | null }>;
  /** Why a stopped database would not start, or did not; null while it runs or nothing is known against it. */
  readonly hindrance: () => DatabaseObservation['problem'];
  readonly controlData: () => ControlData | null;
  /** The wide look for alarms; it adapts the budget for the standby's log as well. */
  readonly care: Pick<Care, 'look'>;
  readonly close: () => Promise<void>;
};

/** How long a copy of a large database may take where nobody says: a day. */
const noLimitMs = 86_400_000;

/**
 * Opens the database of this node and adopts a PostgreSQL that runs already.
 *
 * Refuses options that PostgreSQL could not start with: DATABASE_SETTING, DATABASE_HBA,
 * DATABASE_USER.
 */
export function openDatabase(given: DatabaseOptions): Database {
  checkExtraSettings(given.extraSettings);
  checkHbaLines(given.hba);
  const options: LiveOptions = { ...given };
  const instance = openInstance(options);
  const serverLog = boundServerLog(options.logFile);
  const { alone, isBusy, lastFailure } = oneAtATime();
  const wishToRun = openWishes();
  const wishForCommits = openWishes();
  const replication = openReplicationPassword(instance, options);
  const mendSlot = slotMender(instance, isBusy);
  const care = openOwnCare(instance, options);
  // Left by an agent that ended in the middle of making commits wait: nothing rests on it yet, and
  // commits would wait for a name that nobody has.
  if (instance.files.state().synchronous === 'nobody' && instance.server.pid() !== null) {
    void releaseCommits(instance, deadlineIn(5_000)).catch(() => {});
  }
  // Warmed up: the first start must not wait for a program that prints its version.
  void instance.binaries().catch(() => {});
  return {
    observe: async (deadlineMs) => {
      const look = await observe(instance, deadlineMs);
      mendSlot(look);
      return look;
    },
    start: async (request) => {
      const { isCurrent } = wishToRun();
      await alone('a start', async () => start(instance, request, isCurrent));
    },
    // A stop is the way out of everything: it does not wait for what is under way.
    stop: async ({ how, deadlineMs }) => {
      wishToRun();
      wishForCommits();
      return withDatabaseErrors(async () => stop(instance, how, deadlineMs));
    },
    promote: async ({ deadlineMs }) =>
      alone('a promotion', async () =>
        promote(instance, deadlineMs, { alone: true, admitted: true }),
      ),
    setSynchronous: async ({ deadlineMs }) =>
      withDatabaseErrors(async () => setSynchronous(instance, deadlineMs, wishForCommits())),
    clearSynchronous: async ({ deadlineMs }) => {
      wishForCommits();
      await withDatabaseErrors(async () => releaseCommits(instance, deadlineIn(deadlineMs)));
    },
    admitClients: async ({ deadlineMs }) =>
      withDatabaseErrors(async () => admitClients(instance, deadlineIn(deadlineMs))),
    checkpoint: async ({ deadlineMs }) =>
      withDatabaseErrors(async () => checkpoint(instance, deadlineMs)),
    rewind: async ({ deadlineMs = noLimitMs }) =>
      alone('a rewind', async () => rewind(instance, deadlineIn(deadlineMs))),
    clone: async ({ deadlineMs = noLimitMs }) =>
      alone('a clone', async () => keepAndClone(instance, deadlineIn(deadlineMs))),
    useReplicationPassword: async (password, role, { deadlineMs }) =>
      withDatabaseErrors(async () => replication.use(password, role, deadlineMs)),
    keepDivergence: async ({ deadlineMs = noLimitMs }) =>
      alone('keeping the log', async () => keepDivergence(instance, deadlineIn(deadlineMs))),
    reconfigure: async (next, { deadlineMs }) =>
      withDatabaseErrors(async () => reconfigure(instance, options, next, deadlineMs)),
    hindrance: () =>
      instance.server.pid() === null ? (problemOfStopped(instance) ?? lastFailure()) : null,
    controlData: () => readControlFile(options.dataDirectory),
    care: { look: async (deadlineMs) => withDatabaseErrors(async () => care.look(deadlineMs)) },
    close: async () => {
      care.close();
      wishToRun();
      wishForCommits();
      serverLog.close();
      closeInstance(instance);
    },
  };
}

/** As long as the core gives a keeping that comes before a rewind. */
const keepBeforeCloneMs = 120_000;

async function keepAndClone(instance: Instance, deadline: Deadline): Promise<void> {
  // A job that was begun has thrown it away already, and what cannot be kept must not stop the clone.
  if (unfinishedJob(instance.options.dataDirectory) === null)
    await keepDivergence(instance, deadlineIn(keepBeforeCloneMs)).catch(() => {});
  await clone(instance, deadline);
}

function openOwnCare(instance: Instance, options: LiveOptions): Care {
  return openCare(instance, async (budgetMb) => {
    options.slotDiskBudgetMb = budgetMb;
    await instance.files.rewrite();
    instance.server.reload();
  });
}

type Alone = <T>(name: string, work: () => Promise<T>) => Promise<T>;

// Two of these acts at once would work on the same directory from two sides.
function oneAtATime(): {
  alone: Alone;
  isBusy: () => boolean;
  /** What the last of them failed with; null where it succeeded. */
  lastFailure: () => DatabaseObservation['problem'];
} {
  let job: string | null = null;
  let failure: DatabaseObservation['problem'] = null;
  return {
    isBusy: () => job !== null,
    lastFailure: () => failure,
    alone: async (name, work) => {
      if (job !== null) {
        throw new HotpairError('DATABASE_BUSY', `${name} has to wait: ${job} is under way`);
      }
      job = name;
      try {
        const result = await withDatabaseErrors(work);
        failure = null;
        return result;
      } catch (error) {
        // A stop that was asked for meanwhile is no trouble.
        if (isHotpairError(error) && error.code !== 'DATABASE_SUPERSEDED') {
          failure = { code: error.code, text: error.message };
        }
        throw error;
      } finally {
        job = null;
      }
    },
  };
}

// A newer wish takes the place of an older one that is still being worked on.
function openWishes(): () => Wish {
  let newest = 0;
  return () => {
    newest += 1;
    const own = newest;
    return { isCurrent: () => own === newest };
  };
}

// The peer's slot is made again when it was given up for the disk's sake, or is missing.
function slotMender(
  instance: Instance,
  isBusy: () => boolean,
): (look: DatabaseObservation) => void {
  let isMending = false;
  const mend = async (): Promise<void> => {
    isMending = true;
    try {
      await fitSlot(instance, 'primary', deadlineIn(5_000));
    } catch {
      // The next observation tries again.
    } finally {
      isMending = false;
    }
  };
  return (look) => {
    if (look.slotUnusable && !isMending && !isBusy()) void mend();
  };
}

// On a connection of its own: it may take long, and the held ones are for what cannot wait.
async function checkpoint(instance: Instance, deadlineMs: number): Promise<void> {
  const connection = holdConnection({
    options: instance.options,
    name: 'hotpair checkpoint',
    synchronousCommit: 'local',
    mayConnect: () => instance.server.isReady(),
  });
  try {
    await connection.ask({ text: 'CHECKPOINT' }, deadlineIn(deadlineMs));
  } finally {
    connection.close();
  }
}
