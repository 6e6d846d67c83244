// A connection that is held beforehand: a stall can fill max_connections just when the agent needs
// to speak to its database. It comes back by itself, and no question waits beyond its deadline.
import { HotpairError } from '../../protocol/hotpairError.ts';
import { isOver, lateError, leftOf, within } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import { dropSession, openSession, querySession } from './session.ts';
import type { Question, Row, Session, SessionRules } from './session.ts';

export type Answer = {
  readonly rows: readonly Row[];
  /** PostgreSQL's warnings: a commit whose wait was cancelled succeeds with one. */
  readonly warnings: readonly string[];
};

export type HeldConnection = {
  /**
   * Asks; connects first where needed. A prepared statement where `name` is given. Rejects with
   * DATABASE_DEADLINE when no answer came in time: the question is then cancelled in the server.
   */
  readonly ask: (question: Question, deadline: Deadline) => Promise<Answer>;
  /** The server's process that serves this connection; null while there is none. */
  readonly backend: () => number | null;
  /** Connects now, if it can, instead of after the pause. */
  readonly wake: () => void;
  readonly close: () => void;
};

export type ConnectionRules = SessionRules & {
  /** No attempt is made while this says no. */
  readonly mayConnect: () => boolean;
};

const shortestPauseMs = 10;
const longestPauseMs = 500;

export function holdConnection(rules: ConnectionRules): HeldConnection {
  const keeper = keepSession(rules);
  keeper.wake();
  return {
    ask: async (question, deadline) => {
      const session = await keeper.session(deadline);
      session.warnings = [];
      try {
        const asked = querySession(session, question);
        const rows = await within(asked, deadline, 'a question to PostgreSQL');
        return { rows, warnings: session.warnings };
      } catch (error) {
        if (!isOver(deadline)) throw error;
        dropSession(session, rules.options.dataDirectory);
        keeper.lost(session);
        throw lateError('a question to PostgreSQL');
      }
    },
    backend: () => keeper.current()?.pid ?? null,
    wake: keeper.wake,
    close: keeper.close,
  };
}

type Keeper = {
  readonly current: () => Session | null;
  /** Waits for a session; rejects with DATABASE_CONNECTION when there is none in time. */
  readonly session: (deadline: Deadline) => Promise<Session>;
  readonly lost: (session: Session) => void;
  readonly wake: () => void;
  readonly close: () => void;
};

// Opens a session, and another one whenever it is lost, with growing pauses.
function keepSession(rules: ConnectionRules): Keeper {
  let current: Session | null = null;
  let isConnecting = false;
  let isClosed = false;
  let pauseMs = shortestPauseMs;
  let timer: NodeJS.Timeout | null = null;
  const waiters = openWaiters();

  const schedule = (): void => {
    if (isClosed || timer !== null || isConnecting || current !== null) return;
    timer = setTimeout(wake, pauseMs);
    timer.unref();
    pauseMs = Math.min(longestPauseMs, pauseMs * 2);
  };

  const lost = (gone: Session): void => {
    if (current !== gone) return;
    current = null;
    pauseMs = shortestPauseMs;
    schedule();
  };

  const connect = async (): Promise<void> => {
    isConnecting = true;
    try {
      const opened = await openSession(rules, lost);
      if (isClosed) opened.socket.destroy();
      else current = opened;
      pauseMs = shortestPauseMs;
      waiters.wakeAll();
    } catch {
      // Tried again after the pause.
    } finally {
      isConnecting = false;
      schedule();
    }
  };

  const wake = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (isClosed || isConnecting || current !== null) return;
    if (rules.mayConnect()) void connect();
    else schedule();
  };

  return {
    current: () => current,
    lost,
    wake,
    session: async (deadline) => {
      while (current === null) {
        wake();
        if (isClosed || isOver(deadline)) {
          throw new HotpairError('DATABASE_CONNECTION', 'PostgreSQL takes no connection');
        }
        await waiters.wait(leftOf(deadline));
      }
      return current;
    },
    close: () => {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      waiters.wakeAll();
      current?.socket.destroy();
      current = null;
    },
  };
}

type Waiters = { readonly wait: (limitMs: number) => Promise<void>; readonly wakeAll: () => void };

function openWaiters(): Waiters {
  const waiting = new Set<() => void>();
  return {
    wakeAll: () => {
      for (const done of waiting) done();
    },
    wait: async (limitMs) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(limit);
          waiting.delete(done);
          resolve();
        };
        const limit = setTimeout(done, limitMs);
        waiting.add(done);
      }),
  };
}
