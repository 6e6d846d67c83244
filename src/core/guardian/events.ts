// Everything that can happen to the guardian, in the past tense. Time (`at`, monotonic milliseconds) and chance (`draw`, 0 to
// below 1, for the jitter of pauses) arrive inside events.
import type { GuardianRole } from './settings.ts';

export type ServiceOrder = 'start' | 'stop' | 'restart';

/** A service that was running before this guardian began: it goes on, nothing is restarted. */
export type FoundService = {
  readonly service: string;
  /** False: it runs with another description than the one in force, so it is stopped and started anew. */
  readonly current: boolean;
};

/** What the guardian of the same boot before this one knew and must not be forgotten. */
export type Remembered = {
  readonly service: string;
  /** Stopped by an operator. */
  readonly heldByOperator: boolean;
  /** When the row of failures happened, oldest first. */
  readonly failedAt: readonly number[];
  /** Unfit until then; null: not. */
  readonly unfitUntil: number | null;
  readonly quarantines: number;
};

type Happening =
  | {
      readonly type: 'guardianStarted';
      readonly found: readonly FoundService[];
      readonly remembered: readonly Remembered[];
      /** The last hooks that were done, and for which role and epoch. */
      readonly hooksDone: {
        readonly role: GuardianRole;
        readonly epoch: number;
        readonly done: readonly string[];
      } | null;
    }
  | { readonly type: 'tick' }
  | { readonly type: 'roleChanged'; readonly role: GuardianRole; readonly epoch: number }
  /** It was started: its process runs, or its script or unit said so. */
  | { readonly type: 'serviceStarted'; readonly service: string; readonly token: number }
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
  | { readonly type: 'limitExceeded'; readonly service: string; readonly text: string }
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
