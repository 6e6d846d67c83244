// What the agent and its guardian process say to each other: one JSON object a line, over the guardian's stdin and stdout.
// Both are one build of one binary and the pipe is private, so that a line is trusted but for its length.
import type { ServiceOrder } from '../core/guardian/events.ts';
import type {
  CheckSettings,
  GuardianRole,
  HookSettings,
  ServiceSettings,
} from '../core/guardian/settings.ts';
import type { GuardianSummary, HookSummary, ServiceSummary } from '../core/guardian/status.ts';
import type { SyncSettings, SyncSummary } from '../core/guardian/sync.ts';

export type CheckDescription = CheckSettings &
  /** The process is there and not stopped by a signal; of a script or unit, what its pid file or systemd says. */
  (
    | { readonly type: 'process' }
    | { readonly type: 'tcp'; readonly address: string; readonly port: number }
    | { readonly type: 'http'; readonly url: string; readonly status: number }
    /** OPTIONS over UDP; any final answer with a status below 500 but 408 passes. */
    | { readonly type: 'sip'; readonly address: string; readonly port: number }
    | { readonly type: 'command'; readonly command: readonly string[] }
  );

export type ServiceProgram =
  /** Runs in the foreground as a child. */
  | { readonly type: 'process'; readonly command: readonly string[] }
  /** Called with start, stop and status. */
  | { readonly type: 'sysv'; readonly script: string; readonly pidFile: string | null }
  | { readonly type: 'systemd'; readonly unit: string };

export type ServiceDescription = Omit<ServiceSettings, 'checks'> & {
  readonly program: ServiceProgram;
  readonly user: string | null;
  readonly group: string | null;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stopSignal: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP';
  readonly memoryLimitBytes: number | null;
  readonly openFiles: number | null;
  /** Bound of each of the two files of captured output. */
  readonly logBytes: number;
  readonly checks: readonly CheckDescription[];
};

export type HookDescription = HookSettings & {
  readonly command: readonly string[];
  readonly user: string | null;
};

export type SyncSetDescription = SyncSettings & {
  /** At the same place on both boxes. */
  readonly directory: string;
  /** A file that has not changed on the primary for so long counts as complete. */
  readonly settleMs: number;
  /** Bound of what is put aside because only this box has it. */
  readonly keepBytes: number;
  /** Bound of the rate, in KiB a second. */
  readonly rateKilobytes: number;
  /** Patterns of rsync. */
  readonly exclude: readonly string[];
};

/** Sets of files that are copied from the primary to the standby. */
export type SyncDescription = {
  /** TCP port of the daemon of rsync, on both boxes. */
  readonly port: number;
  readonly sets: readonly SyncSetDescription[];
};

/** By which one box gets files from the other: one for each key of the pair that is in use. */
export type SyncSecret = {
  /** Made from the key, so that both boxes mean the same secret by it. */
  readonly name: string;
  readonly secret: string;
};

/** What services and hooks are told in their environment, as HOTPAIR_NODE and so on. */
export type GuardianPlace = {
  readonly node: string;
  readonly heartbeatAddress: string;
  readonly peerAddress: string;
  /** The service addresses without prefix lengths. */
  readonly serviceAddresses: readonly string[];
};

export type ToGuardian =
  /** The first line. */
  | {
      readonly type: 'configure';
      readonly services: readonly ServiceDescription[];
      readonly hooks: readonly HookDescription[];
      /** Null: nothing is to be copied. */
      readonly sync: SyncDescription | null;
      readonly place: GuardianPlace;
      readonly stateDirectory: string;
      readonly runDirectory: string;
    }
  | {
      readonly type: 'role';
      readonly role: GuardianRole;
      readonly epoch: number;
      /** Of the change: code and sentence, given to hooks as HOTPAIR_REASON and HOTPAIR_REASON_TEXT. */
      readonly reason: { readonly code: string; readonly text: string };
    }
  | {
      readonly type: 'order';
      readonly id: number;
      readonly order: ServiceOrder;
      readonly service: string;
    }
  /** What has not ended in order by then is killed, `deadlineMs` from now. */
  | { readonly type: 'shutdown'; readonly id: number; readonly deadlineMs: number }
  /** After `configure`, before the role, and whenever the key of the pair changes. A box asks with the first one. */
  | { readonly type: 'syncSecrets'; readonly secrets: readonly SyncSecret[] };

export type ServiceStatus = ServiceSummary & { readonly pid: number | null };

export type HookStatus = HookSummary;

export type SyncStatus = SyncSummary & {
  readonly directory: string;
  /** What is put aside on this box. */
  readonly keptFiles: number;
  readonly keptBytes: number;
};

export type FromGuardian =
  /** Whenever something changed, and every second. */
  | ({
      readonly type: 'state';
      readonly services: readonly ServiceStatus[];
      readonly sync: readonly SyncStatus[];
    } & Omit<GuardianSummary, 'services'>)
  | {
      readonly type: 'event';
      readonly level: 'info' | 'warning' | 'error';
      readonly event: string;
      readonly detail: Readonly<Record<string, string | number | boolean>>;
    }
  | {
      readonly type: 'answer';
      readonly id: number;
      readonly ok: boolean;
      readonly text: string;
    };
