// When which set of files is copied from the primary, and how far behind the copy is. Only a standby copies; whatever runs when
// that ends is cut off. No clock and no chance: time (`at`, milliseconds of a monotonic clock) arrives inside events.
import type { GuardianRole } from './settings.ts';

export type SyncSettings = {
  readonly name: string;
  /** From the begin of one copy to the next. */
  readonly intervalMs: number;
};

export type SyncSettingsList = readonly SyncSettings[];

export type PullEnd =
  | {
      readonly type: 'done';
      /** What was copied, or removed here. */
      readonly files: number;
      readonly bytes: number;
      /** Whatever the primary had complete then is here; null: not known, or not all of it. */
      readonly wholeAt: number | null;
      /** Files that are still being written there. */
      readonly heldBack: number;
      /** Look again so soon, because of files that were seen for the first time. */
      readonly againMs: number | null;
      /** Nothing was replaced or removed, because it could not be put aside. */
      readonly hasNoRoomToKeep: boolean;
    }
  | { readonly type: 'failed'; readonly text: string }
  | { readonly type: 'cancelled' };

export type SyncEvent =
  | { readonly type: 'tick'; readonly at: number }
  | { readonly type: 'roleChanged'; readonly at: number; readonly role: GuardianRole }
  | {
      readonly type: 'pullEnded';
      readonly at: number;
      readonly set: string;
      readonly end: PullEnd;
    };

export type SyncEffect =
  /** pullEnded, once. One at a time for each set. */
  | { readonly type: 'pull'; readonly set: string }
  /** At once; the end of the pull still comes. */
  | { readonly type: 'cancelPull'; readonly set: string };

export type SyncSetState = {
  readonly settings: SyncSettings;
  readonly isPulling: boolean;
  readonly pullingSince: number;
  readonly dueAt: number;
  /** Begin of this row of being standby; null: it is none. */
  readonly followingSince: number | null;
  /** All that the primary had complete then is here; null: not known since this box was primary itself. */
  readonly wholeAt: number | null;
  readonly last: { readonly files: number; readonly bytes: number } | null;
  readonly heldBack: number;
  readonly hasNoRoomToKeep: boolean;
  readonly problem: string | null;
};

export type SyncState = { readonly role: GuardianRole; readonly sets: readonly SyncSetState[] };

export type SyncStep = { readonly state: SyncState; readonly effects: readonly SyncEffect[] };

/** A primary that is back is found soon, also where the interval is long. */
const longestRetryMs = 10_000;

/** Behind by more than so many intervals, and this time on top, is trouble. */
const intervalsBehind = 10;
const graceMs = 60_000;

export function initialSync(settings: SyncSettingsList): SyncState {
  return { role: 'none', sets: settings.map(initialSet) };
}

function initialSet(settings: SyncSettings): SyncSetState {
  return {
    settings,
    isPulling: false,
    pullingSince: 0,
    dueAt: 0,
    followingSince: null,
    wholeAt: null,
    last: null,
    heldBack: 0,
    hasNoRoomToKeep: false,
    problem: null,
  };
}

export function stepSync(state: SyncState, event: SyncEvent): SyncStep {
  if (event.type === 'tick') return pullWhatIsDue(state, event.at);
  if (event.type === 'roleChanged') return changeRole(state, event.role, event.at);
  return pullWhatIsDue(noteEnd(state, event.set, event.end, event.at), event.at);
}

function changeRole(state: SyncState, role: GuardianRole, at: number): SyncStep {
  if (role === state.role) return { state, effects: [] };
  const sets = state.sets.map((set) => inRole(set, role, at));
  if (role === 'standby') return pullWhatIsDue({ role, sets }, at);
  const running = sets.filter(({ isPulling }) => isPulling);
  const effects = running.map((set) => ({ type: 'cancelPull', set: nameOf(set) }) as const);
  return { state: { role, sets }, effects };
}

function inRole(set: SyncSetState, role: GuardianRole, at: number): SyncSetState {
  if (role === 'standby') return { ...set, followingSince: at, dueAt: at };
  const left = { ...set, followingSince: null, ...nothingSaid };
  // A primary's files are no copy of anything; a box between two roles still has what it had.
  return role === 'primary' ? { ...left, wholeAt: null, last: null } : left;
}

const nothingSaid = { problem: null, heldBack: 0, hasNoRoomToKeep: false } as const;

function pullWhatIsDue(state: SyncState, at: number): SyncStep {
  if (state.role !== 'standby') return { state, effects: [] };
  const isDue = (set: SyncSetState): boolean => !set.isPulling && at >= set.dueAt;
  const effects = state.sets
    .filter(isDue)
    .map((set) => ({ type: 'pull', set: nameOf(set) }) as const);
  const begun = (set: SyncSetState): SyncSetState =>
    isDue(set) ? { ...set, isPulling: true, pullingSince: at } : set;
  return { state: { ...state, sets: state.sets.map(begun) }, effects };
}

function noteEnd(state: SyncState, name: string, end: PullEnd, at: number): SyncState {
  const sets = state.sets.map((set) => {
    if (nameOf(set) !== name) return set;
    const over = { ...set, isPulling: false };
    // Of a role that is over nothing is learnt, and a role that begins anew begins at once.
    if (state.role !== 'standby' || end.type === 'cancelled') return over;
    return end.type === 'failed' ? failed(over, end.text, at) : done(over, end, at);
  });
  return { ...state, sets };
}

function failed(set: SyncSetState, problem: string, at: number): SyncSetState {
  const retryMs = Math.min(set.settings.intervalMs, longestRetryMs);
  return { ...set, problem, dueAt: at + retryMs };
}

function done(
  set: SyncSetState,
  end: PullEnd & { readonly type: 'done' },
  at: number,
): SyncSetState {
  const { files, bytes, heldBack, hasNoRoomToKeep } = end;
  const usualAt = Math.max(at, set.pullingSince + set.settings.intervalMs);
  return {
    ...set,
    dueAt: end.againMs === null ? usualAt : Math.min(usualAt, at + end.againMs),
    wholeAt: end.wholeAt ?? set.wholeAt,
    last: files > 0 ? { files, bytes } : set.last,
    heldBack,
    hasNoRoomToKeep,
    problem: hasNoRoomToKeep ? noRoomToKeep : null,
  };
}

const noRoomToKeep =
  'SYNC_KEPT_FULL: there is no room to put aside what only this box has, so nothing is replaced or removed here';

function nameOf({ settings }: SyncSetState): string {
  return settings.name;
}

export type SyncSummary = {
  readonly name: string;
  /** `source`: this box is the primary; `idle`: neither. */
  readonly state: 'source' | 'idle' | 'following';
  readonly isPulling: boolean;
  /** Age of the copy: all that was complete on the primary so long ago is here. null: this box does not copy. */
  readonly lagMs: number | null;
  /** More than what its interval explains. */
  readonly isBehind: boolean;
  /** The last pull that had something to copy. */
  readonly lastFiles: number;
  readonly lastBytes: number;
  readonly heldBack: number;
  readonly hasNoRoomToKeep: boolean;
  readonly problem: string | null;
};

export function syncSummary({ role, sets }: SyncState, at: number): readonly SyncSummary[] {
  return sets.map((set) => {
    const lagMs = lagOf(set, at);
    return {
      name: nameOf(set),
      state: role === 'primary' ? 'source' : role === 'standby' ? 'following' : 'idle',
      isPulling: set.isPulling,
      lagMs,
      isBehind: lagMs !== null && lagMs > intervalsBehind * set.settings.intervalMs + graceMs,
      lastFiles: set.last?.files ?? 0,
      lastBytes: set.last?.bytes ?? 0,
      heldBack: set.heldBack,
      hasNoRoomToKeep: set.hasNoRoomToKeep,
      problem: set.problem,
    };
  });
}

/** Where nothing was copied yet, the time that it has been lacking. */
function lagOf({ followingSince, wholeAt }: SyncSetState, at: number): number | null {
  return followingSince === null ? null : at - (wholeAt ?? followingSince);
}

/** How old the copies are at the moment: for the history, when this box takes over. `null`: nothing was copied. */
export function copyAges(
  { sets }: SyncState,
  at: number,
): readonly { readonly name: string; readonly ageMs: number | null }[] {
  return sets.map((set) => ({
    name: nameOf(set),
    ageMs: set.wholeAt === null ? null : at - set.wholeAt,
  }));
}
