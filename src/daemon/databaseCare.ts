// Looks after the database: a wide look every ten seconds whose findings are alarms of the shell, and what of them the
// deciding look must know. A standby that is of no use for a takeover says that it does not follow; the core then does what
// it does with any such standby: its consent, and a database made anew.
import type { DatabaseObservation } from '../core/events.ts';
import type { State } from '../core/state.ts';
import type { CareLook, Finding } from '../io/database/care.ts';
import type { Database } from '../io/database/database.ts';
import { monotonicMs } from '../kernel/clock.ts';
import { watchFollowing } from './following.ts';
import type { Log } from './log.ts';
import { watchPairings } from './pairingPause.ts';
import type { PairingPause } from './pairingPause.ts';

const lookMs = 10_000;
const lookDeadlineMs = 5_000;

export type DatabaseCare = {
  /** What the last look found. */
  readonly findings: () => readonly Finding[];
  readonly figures: () => Omit<CareLook, 'findings'> | null;
  /** Why a standby that follows is not made synchronous yet; null where nothing speaks against it. */
  readonly pairingPause: () => PairingPause | null;
  /** The observation as the core is to have it. */
  readonly judged: (look: DatabaseObservation, state: State) => DatabaseObservation;
  /** The box is going to be switched off: from now on its standby does not follow, so that the primary need not wait for it. */
  readonly leave: () => void;
  readonly close: () => void;
};

type CareOptions = {
  readonly database: Pick<Database, 'care'>;
  readonly log: Log;
  readonly longestPauseMs: number;
  /** Asks for another deciding look soon. */
  readonly lookAgain: (afterMs: number) => void;
  /** Wishes for a switchover, as an operator would. */
  readonly handOver: () => void;
};

/** Both disks may be full: the service must not go to and fro. */
const handOverPauseMs = 3_600_000;

export function openDatabaseCare({
  database,
  log,
  longestPauseMs,
  lookAgain,
  handOver,
}: CareOptions): DatabaseCare {
  let last: CareLook | null = null;
  let isLooking = false;
  let looks = 0;
  let isPaired = false;
  let isLeaving = false;
  let handedOverAt = -Infinity;
  const following = watchFollowing();
  const pairings = watchPairings(longestPauseMs);

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    const own = ++looks;
    try {
      const found = await database.care.look(lookDeadlineMs);
      if (own !== looks) return;
      take(found);
      leaveFullDisk(found);
    } catch {
      // A database that does not answer is told by the deciding look.
    } finally {
      isLooking = false;
    }
  }

  // Once PostgreSQL has ended for want of room, nobody can hand over any more: the log cannot be opened again.
  function leaveFullDisk({ isNearlyOut }: CareLook): void {
    if (!isNearlyOut || !isPaired || monotonicMs() - handedOverAt < handOverPauseMs) return;
    handedOverAt = monotonicMs();
    log.history('warning', 'diskNearlyOut', { text: 'the service is handed over while it can be' });
    handOver();
  }

  function take(found: CareLook | null): void {
    tellChanges(log, last, found);
    last = found;
  }

  const timer = setInterval(() => void look(), lookMs).unref();
  return {
    findings: () => last?.findings ?? [],
    figures: () => figuresOf(last),
    pairingPause: () => pairings.pause(monotonicMs()),
    judged: (seen, state) => {
      const now = monotonicMs();
      pairings.note(state, now);
      isPaired = state.name === 'paired';
      if (!seen.answering) {
        // Another server, other data perhaps: what was found says nothing of it. A look under way is old news too.
        looks += 1;
        take(null);
        return seen;
      }
      if (last === null) void look();
      if (seen.inRecovery !== true) return pairings.withheld(seen, state, now);
      if (isLeaving) return unusable(seen, 'BOX_LEAVES', leavesText);
      const unfit = unfitIn(last);
      if (unfit !== null) return unusable(seen, unfit.code, unfit.text);
      const said = state.contact.standing;
      const isStalled = following.isStalled(seen, said?.database ?? null, now);
      if (following.isDoubtful() && !isStalled) lookAgain(doubtMs);
      return isStalled ? unusable(seen, 'DATABASE_STALLED', stalledText) : seen;
    },
    leave() {
      isLeaving = true;
      lookAgain(0);
    },
    close: () => clearInterval(timer),
  };
}

/** What makes a standby useless for a takeover. */
function unfitIn(look: CareLook | null): { readonly code: string; readonly text: string } | null {
  for (const { unfit, text } of look?.findings ?? []) if (unfit !== null) return { ...unfit, text };
  return null;
}

function figuresOf(look: CareLook | null): Omit<CareLook, 'findings'> | null {
  if (look === null) return null;
  const { findings: _findings, ...figures } = look;
  return figures;
}

const doubtMs = 160;
const leavesText = 'this box is being taken out of service';
const stalledText = 'the log of the primary does not arrive although the primary is heard';

function unusable(seen: DatabaseObservation, code: string, text: string): DatabaseObservation {
  return { ...seen, receiving: false, problem: { code, text } };
}

/** Raised and over, by name: a text that only counts on is no news. */
function tellChanges(log: Log, last: CareLook | null, found: CareLook | null): void {
  const before = last?.findings ?? [];
  const after = found?.findings ?? [];
  const had = new Set(before.map(({ name }) => name));
  const has = new Set(after.map(({ name }) => name));
  for (const { name, text } of after) {
    if (!had.has(name)) log.history('warning', 'alarmRaised', { alarm: name, text });
  }
  for (const { name } of before) {
    if (!has.has(name))
      log.history('info', 'alarmCleared', { alarm: name, text: 'no longer found' });
  }
}
