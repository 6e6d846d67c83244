// The database of this node as the agent sees it: acts with a deadline each, one at a time, and one
// look that never fails. Closing it never stops PostgreSQL.
import { HotpairError } from '../../protocol/hotpairError.ts';
import { clone } from './clone.ts';
import { holdConnection } from './connection.ts';
import { readControlFile } from './controlFile.ts';
import type { ControlData } from './controlFile.ts';
import type { DatabaseOptions } from './databaseOptions.ts';
import { deadlineIn } from './deadline.ts';
import { keepDivergence } from './divergence.ts';
import { checkHbaLines } from './hba.ts';
import { closeInstance, openInstance } from './instance.ts';
import type { Instance } from './instance.ts';
import { start, stop } from './lifecycle.ts';
import type { StartRequest } from './lifecycle.ts';
import { observe } from './observe.ts';
import type { DatabaseObservation } from './observe.ts';
import { admitClients, promote } from './promote.ts';
import { rewind } from './rewind.ts';
import { checkExtraSettings } from './settings.ts';
import { fitSlot } from './slot.ts';
import { releaseCommits, setSynchronous } from './switchSynchronous.ts';

type Limit = { readonly deadlineMs?: number };
type Due = { readonly deadlineMs: number };

export type Database = {
  readonly observe: (deadlineMs: number) => Promise<DatabaseObservation>;
  readonly start: (request: StartRequest) => Promise<void>;
  readonly stop: (
    request: Due & { readonly how: 'clean' | 'now' },
  ) => Promise<{ clean: boolean; lsn: bigint | null; timeline: number | null }>;
  readonly promote: (request: Due) => Promise<{ timeline: number; lsn: bigint }>;
  readonly setSynchronous: (request: Due) => Promise<{ lsn: bigint }>;
  readonly clearSynchronous: (request: Due) => Promise<void>;
  readonly admitClients: (request: Due) => Promise<void>;
  readonly checkpoint: (request: Due) => Promise<void>;
  /** `deadlineMs` here is how long the peer may take to become a source. */
  readonly rewind: (request: Limit) => Promise<{ rewound: boolean }>;
  readonly clone: (request: Limit) => Promise<void>;
  readonly keepDivergence: (request: Limit) => Promise<{ kept: string | null }>;
  readonly controlData: () => ControlData | null;
  readonly close: () => Promise<void>;
};

const sourceLimitMs = 30_000;

/**
 * Opens the database of this node and adopts a PostgreSQL that runs already.
 *
 * Refuses options that PostgreSQL could not start with: DATABASE_SETTING, DATABASE_HBA,
 * DATABASE_USER.
 */
export function openDatabase(options: DatabaseOptions): Database {
  checkExtraSettings(options.extraSettings);
  checkHbaLines(options.hba);
  const instance = openInstance(options);
  let newestWish = 0;
  let job: string | null = null;
  let isMendingSlot = false;

  // Two of these at once would work on the same directory from two sides.
  const alone = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    if (job !== null) {
      throw new HotpairError('DATABASE_BUSY', `${name} has to wait: ${job} is under way`);
    }
    job = name;
    try {
      return await work();
    } finally {
      job = null;
    }
  };

  const wish = (): { isCurrent: () => boolean } => {
    newestWish += 1;
    const own = newestWish;
    return { isCurrent: () => own === newestWish };
  };

  const mendSlot = (look: DatabaseObservation): void => {
    if (!look.slotUnusable || isMendingSlot || job !== null) return;
    isMendingSlot = true;
    void fitSlot(instance, 'primary', deadlineIn(5_000))
      .catch(() => {})
      .finally(() => {
        isMendingSlot = false;
      });
  };

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
      const { isCurrent } = wish();
      await alone('a start', async () => start(instance, request, isCurrent));
    },
    // A stop is the way out of everything: it does not wait for what is under way.
    stop: async ({ how, deadlineMs }) => {
      wish();
      return stop(instance, how, deadlineMs);
    },
    promote: async ({ deadlineMs }) =>
      alone(
        'a promotion',
        async () => promote(instance, deadlineMs, { alone: true, admitted: true }),
      ),
    setSynchronous: async ({ deadlineMs }) => setSynchronous(instance, deadlineMs, wish()),
    clearSynchronous: async ({ deadlineMs }) => {
      wish();
      await releaseCommits(instance, deadlineIn(deadlineMs));
    },
    admitClients: async ({ deadlineMs }) => admitClients(instance, deadlineIn(deadlineMs)),
    checkpoint: async ({ deadlineMs }) => checkpoint(instance, deadlineMs),
    rewind: async ({ deadlineMs }) =>
      alone('a rewind', async () => rewind(instance, deadlineMs ?? sourceLimitMs)),
    clone: async ({ deadlineMs }) =>
      alone('a clone', async () => clone(instance, deadlineMs ?? sourceLimitMs)),
    keepDivergence: async ({ deadlineMs }) =>
      alone(
        'keeping the log',
        async () => keepDivergence(instance, deadlineMs ?? sourceLimitMs),
      ),
    controlData: () => readControlFile(options.dataDirectory),
    close: async () => {
      wish();
      closeInstance(instance);
    },
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
