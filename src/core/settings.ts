// The numbers and choices that the core decides with. All durations are milliseconds of a monotonic clock.
// Their relations (protocol.md section 6) are checked when the configuration is loaded.
import type { ArbiterName, NodeId } from './record.ts';

export type Settings = {
  readonly self: NodeId;
  readonly pairId: string;
  readonly arbiter: ArbiterName;
  readonly standbyPort: 'unaddressed' | 'down';
  readonly heartbeatIntervalMs: number;
  /** D: silence after which a takeover may be considered. */
  readonly deadIntervalMs: number;
  /** D_fast: the same with physical evidence (Eth1 without carrier). */
  readonly fastDeadIntervalMs: number;
  /** Silence of the serial path that D_fast must see, where there is one: it may speak less often than the cable. */
  readonly serialSilenceMs: number | null;
  readonly probeRoundMs: number;
  readonly probes: number;
  /** W, as the device reported it after it was set. */
  readonly watchdogMs: number;
  /** T_max: a standby takes over within this time after the last contact, or not at all. */
  readonly takeoverLimitMs: number;
  /** D_solo and D_solo_fast: a primary goes on alone after this silence. */
  readonly soloMs: number;
  readonly soloFastMs: number;
  readonly marginMs: number;
  /** LAN checks: this often while suspicious, and in calm. */
  readonly referenceIntervalMs: number;
  readonly referenceIdleIntervalMs: number;
  /** The standby proves in contact that its probe works, this often; a proof is good for so long. */
  readonly selfTestIntervalMs: number;
  readonly selfTestValidMs: number;
  readonly linkUpDeadlineMs: number;
  readonly promotionDeadlineMs: number;
  /** A standby in contact whose database does not follow gives its consent after this time. */
  readonly replicationDeadlineMs: number;
  /** A started standby that does not stream by then is rewound, then cloned. */
  readonly followDeadlineMs: number;
  /** Each step of a planned handover must be done by then, or the giver resumes. */
  readonly handoverDeadlineMs: number;
  readonly pairingDeadlineMs: number;
  /** Pause after a pairing that failed. */
  readonly pairingPauseMs: number;
  readonly recordDeadlineMs: number;
  readonly kickIntervalMs: number;
  /** This is the node that people want to be primary. */
  readonly preferred: boolean;
  /** A preferred standby that was fit for so long asks for the service; null: it never does. */
  readonly failbackAfterMs: number | null;
};
