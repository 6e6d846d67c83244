// Everything that can happen to the guardian, in the past tense. Time (`at`, milliseconds of the clock of the boot, so that the
// next guardian of the same boot goes on with it) and chance (`draw`, 0 to below 1, for the jitter of pauses) arrive inside events.
import type { GuardianRole } from './settings.ts';

export type ServiceOrder = 'start' | 'stop' | 'restart';

/** A service that was running before this guardian began: it goes on, nothing is restarted. */
export type FoundService = {
  readonly service: string;
  /** False: it runs with another description than the one in force, so it is stopped and started anew. */
  readonly current: boolean;
};

/** The failures of a service or of a required hook. */
export type Trouble = {
  /** When it failed within the window, oldest first; at least the last failure, unless all are forgiven. */
  readonly failedAt: readonly number[];
  /** Failures since it last ran steadily. */
  readonly row: number;
  /** Unfit until then; null: fit. */
  readonly unfitUntil: number | null;
  /** How often it was marked; each time doubles the quarantine. */
  readonly quarantines: number;
  /** The last failure in words. */
  readonly problem: string | null;
};

/** What the guardian of the same boot before this one knew and must not be forgotten. */
export type RememberedService = {
  readonly service: string;
  /** Stopped by an operator. */
  readonly heldByOperator: boolean;
  /** Starts that followed a failure. */
  readonly restarts: number;
  readonly trouble: Trouble;
};

export type RememberedHook = { readonly hook: string; readonly trouble: Trouble };

export type Remembered = {
  readonly services: readonly RememberedService[];
  readonly hooks: readonly RememberedHook[];
};

type Happening =
  /** The first event. Whatever comes before it is passed over; an order is refused. */
  | {
      readonly type: 'guardianStarted';
      readonly found: readonly FoundService[];
      /** null: nothing of this boot. Names that are no longer configured are passed over. */
      readonly remembered: Remembered | null;
      /** The last hooks that were done, and for which role and epoch. */
      readonly hooksDone: {
        readonly role: GuardianRole;
        readonly epoch: number;
        readonly done: readonly string[];
      } | null;
    }
  | { readonly type: 'tick' }
  /** Told when it is known: until then what was found running goes on, and nothing of the primary is started. */
  | { readonly type: 'roleChanged'; readonly role: GuardianRole; readonly epoch: number }
  /** It was started: its process runs, or its script or unit said so. */
  | { readonly type: 'serviceStarted'; readonly service: string; readonly token: number }
  /** Nothing of it is left. */
  | {
      readonly type: 'serviceNotStarted';
      readonly service: string;
      readonly token: number;
      readonly text: string;
    }
  /** It ended without having been asked to; nothing of it is left. `text` says how. */
  | {
      readonly type: 'serviceExited';
      readonly service: string;
      /** The token of the start, 0 for one that was found. */
      readonly token: number;
      readonly text: string;
    }
  /** Nothing of it is left. */
  | { readonly type: 'serviceStopped'; readonly service: string; readonly token: number }
  | {
      readonly type: 'checkDone';
      readonly service: string;
      readonly token: number;
      /** Index in the checks of the service. */
      readonly check: number;
      readonly ok: boolean;
      readonly text: string;
    }
  /** It uses more than it may: `text` says of what. */
  | {
      readonly type: 'limitExceeded';
      readonly service: string;
      /** The token of the start, 0 for one that was found. */
      readonly token: number;
      readonly text: string;
    }
  | {
      readonly type: 'serviceOrdered';
      readonly commandId: number;
      readonly order: ServiceOrder;
      readonly service: string;
    }
  /** Everything is to be stopped in order, because the box goes down. */
  | { readonly type: 'shutdownOrdered'; readonly commandId: number }
  | {
      readonly type: 'hookDone';
      readonly hook: string;
      readonly token: number;
      readonly ok: boolean;
      readonly text: string;
    };

export type GuardianEvent = Happening & { readonly at: number; readonly draw: number };
