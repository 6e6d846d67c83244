// What the guardian decides with: the services and hooks of the configuration, without what only their execution needs.
// All durations are milliseconds of a monotonic clock.

/** `primary`: only where this box serves. */
export type Runs = 'always' | 'primary';

export type CheckSettings = {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** So many failures in a row are a failure of the service. */
  readonly threshold: number;
};

export type RestartSettings = {
  /** Pause before the second start within a row; the first restart after a steady run does not wait. It doubles up to `longestMs`. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** So many failures within `windowMs`, or in a row without a steady run between, are one too many: it has failed on this box. */
  readonly limit: number;
  readonly windowMs: number;
  /** A run of this length ends the row. */
  readonly steadyMs: number;
  /** How long this box counts as unfit for the service after that; doubled each time up to a day. */
  readonly quarantineMs: number;
};

export type ServiceSettings = {
  readonly name: string;
  readonly runs: Runs;
  /** Services that must be up before this one is started, and that are stopped after it. */
  readonly after: readonly string[];
  /** A box on which it has failed is unfit. */
  readonly required: boolean;
  /** Started and not up (every check passed once) by then: a failed start. */
  readonly startDeadlineMs: number;
  /** Asked to stop and still there then: killed. */
  readonly stopDeadlineMs: number;
  readonly restart: RestartSettings;
  readonly checks: readonly CheckSettings[];
};

export type HookSettings = {
  readonly name: string;
  readonly on: readonly GuardianRole[];
  /** The services of the role wait for it. A required hook waits only for the required ones before it. */
  readonly required: boolean;
  readonly deadlineMs: number;
};

/** What this box is for its services; `none`: neither, while roles change or nothing is known. */
export type GuardianRole = 'primary' | 'standby' | 'none';

export type GuardianSettings = {
  readonly services: readonly ServiceSettings[];
  readonly hooks: readonly HookSettings[];
};
