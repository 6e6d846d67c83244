// What the guardian wants to be done, as data. Effects with a token are answered by exactly one event with that token.
import type { GuardianRole } from './settings.ts';

export type GuardianReport =
  | 'serviceUp'
  | 'serviceFailed'
  | 'serviceRestarts'
  | 'serviceGivenUp'
  | 'serviceFitAgain'
  | 'serviceStopped'
  | 'hookDone'
  | 'hookFailed'
  | 'hookFitAgain';

export type GuardianEffect =
  /** serviceStarted or serviceNotStarted; from then on serviceExited once, when it ends by itself. */
  | { readonly type: 'startService'; readonly service: string; readonly token: number }
  /**
   * serviceStopped, when nothing of it is left. Asked to stop, killed at the deadline; `kill`: killed at once. It may come before
   * the start was answered: that start is given up, and its answer, if any, comes before this one. Where it crosses the end of a
   * service, it is answered all the same.
   */
  | {
      readonly type: 'stopService';
      readonly service: string;
      readonly token: number;
      readonly kill: boolean;
      readonly deadlineMs: number;
    }
  /** checkDone, at the timeout at the latest. One at a time for each check. */
  | {
      readonly type: 'runCheck';
      readonly service: string;
      readonly token: number;
      readonly check: number;
      readonly timeoutMs: number;
    }
  /** hookDone, soon after the deadline at the latest, also of one that nothing can kill. One at a time for each hook. */
  | {
      readonly type: 'runHook';
      readonly hook: string;
      readonly token: number;
      readonly role: GuardianRole;
      readonly epoch: number;
      readonly deadlineMs: number;
    }
  /** A hook of a role that is over is killed; its `hookDone` still comes, or has already been sent. */
  | { readonly type: 'cancelHook'; readonly hook: string; readonly token: number }
  /** Is on disk before the next effect is carried out: hooks are run at least once. */
  | {
      readonly type: 'rememberHooks';
      readonly role: GuardianRole;
      readonly epoch: number;
      readonly done: readonly string[];
    }
  | {
      readonly type: 'answerOrder';
      readonly commandId: number;
      readonly ok: boolean;
      readonly text: string;
    }
  | {
      readonly type: 'report';
      readonly report: GuardianReport;
      readonly level: 'info' | 'warning' | 'error';
      /** Service or hook. */
      readonly name: string;
      readonly text: string;
    };
