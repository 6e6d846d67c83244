// What programs and people are told about the guardian's services and hooks, but for what only their execution knows (pids).
import type { GuardianRole, Runs } from './settings.ts';

export type ServiceState =
  /** Not to run here now, or stopped by an operator. */
  | 'stopped'
  /** Waits for another service, or for a hook. */
  | 'waiting'
  | 'starting'
  | 'up'
  | 'stopping'
  /** Pauses before the next start. */
  | 'pausing';

export type ServiceSummary = {
  readonly name: string;
  readonly runs: Runs;
  readonly state: ServiceState;
  /** Milliseconds in this state. */
  readonly forMs: number;
  /** Starts that followed a failure, in this boot. */
  readonly restarts: number;
  readonly heldByOperator: boolean;
  /** What it waits for, in words; null: nothing. */
  readonly waitsFor: string | null;
  /** The last failure. */
  readonly problem: string | null;
  /** Failed on this box, for so many milliseconds to come; 0: for as long as it fails. null: fit. */
  readonly unfitForMs: number | null;
  readonly required: boolean;
};

export type HookSummary = {
  readonly name: string;
  /** `failed`: of a required one, that it is tried again after a pause. */
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly text: string;
  /** As of a service. */
  readonly unfitForMs: number | null;
  readonly required: boolean;
};

export type GuardianSummary = {
  /** `none` also while the agent has not told it yet. */
  readonly role: GuardianRole;
  readonly services: readonly ServiceSummary[];
  readonly hooks: readonly HookSummary[];
  /** False: a required service or hook has failed on this box. */
  readonly fit: boolean;
};
