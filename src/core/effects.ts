// What is to be done, as data. Effects with a token are answered by exactly one event with that token: the result named
// beside each, or `effectFailed`. The shell runs one effect at a time per resource, each with its deadline.
import type { Reason } from './reasons.ts';
import type { DurableRecord } from './record.ts';
import type { Heartbeat } from './standing.ts';
import type { StateName } from './stateName.ts';

export type Report =
  | {
      readonly kind: 'transition';
      readonly from: StateName;
      readonly to: StateName;
      readonly epoch: number | null;
      readonly reason: Reason;
    }
  | {
      readonly kind: 'alarmRaised' | 'alarmCleared';
      readonly alarm: AlarmName;
      readonly reason: Reason;
    }
  | { readonly kind: 'note'; readonly reason: Reason };

export type AlarmName =
  | 'unprotected'
  | 'waitingForOperator'
  | 'addressConflict'
  | 'twoPrimaries'
  | 'proxyArp'
  | 'probeUntested'
  | 'recordNotWritten'
  | 'databaseFault'
  | 'promotionFailed'
  | 'lanLost'
  | 'arbiterUnreachable'
  | 'arbiterForgot';

export type Effect =
  | { readonly type: 'sendHeartbeat'; readonly heartbeat: Heartbeat }
  | { readonly type: 'kickWatchdog' }
  | { readonly type: 'report'; readonly report: Report }
  /** How often the database is observed from now on. */
  | { readonly type: 'watchDatabase'; readonly intervalMs: number }
  | {
      readonly type: 'answerCommand';
      readonly commandId: number;
      readonly ok: boolean;
      readonly reason: Reason;
    }
  /** The box is to be reset at once, without waiting for anything. */
  | { readonly type: 'resetBox'; readonly reason: Reason }
  /** Announcements of the service address: once now, five times quickly, then every second for a minute. */
  | { readonly type: 'announce' }
  /** probeRoundDone. Record on disk means both copies, file and directory synced. */
  | {
      readonly type: 'probe';
      readonly token: number;
      readonly askService: boolean;
      readonly askPeerOnHeartbeatPort: boolean;
    }
  /** recordWritten */
  | {
      readonly type: 'writeRecord';
      readonly token: number;
      readonly record: DurableRecord;
      readonly deadlineMs: number;
    }
  /**
   * etcd: epochPublished. Makes the ledger say (epoch, paired, me) unless it has reached that epoch or a higher one. A ledger
   * that says nothing is written only with `create`.
   */
  | {
      readonly type: 'publishEpoch';
      readonly token: number;
      readonly epoch: number;
      readonly create: boolean;
      readonly deadlineMs: number;
    }
  /**
   * etcd: claimDecided. With `take` the ledger is moved from exactly (epoch, paired) to (epoch + 1, solo, me) by its revision;
   * without, it is only settled: (epoch, paired) is written again, so that no older request of mine can land any more.
   */
  | {
      readonly type: 'claimEpoch';
      readonly token: number;
      readonly epoch: number;
      readonly take: boolean;
      readonly deadlineMs: number;
    }
  /**
   * etcd: epochEntered. Makes the ledger say (epoch, solo, me) if it is lower. With `above` it is an operator's order: two more
   * than it says if it is not lower, and refused where the peer holds a lone epoch or nothing is said at all.
   */
  | {
      readonly type: 'enterEpoch';
      readonly token: number;
      readonly epoch: number;
      readonly above: boolean;
      readonly deadlineMs: number;
    }
  /** fence: peerFenced (off, verified) or fenceRefused (verified on, and no request of mine is open). */
  | { readonly type: 'fencePeer'; readonly token: number; readonly deadlineMs: number }
  /** fence: peerUnfenced. The peer's power is on again. */
  | { readonly type: 'unfencePeer'; readonly token: number; readonly deadlineMs: number }
  /** databaseStarted; clients stay out until admitted */
  | {
      readonly type: 'startDatabase';
      readonly token: number;
      readonly role: 'primary' | 'standby';
      readonly synchronous: boolean;
      readonly deadlineMs: number;
    }
  /** databaseStopped. `clean` sends the whole log to the standby first. */
  | {
      readonly type: 'stopDatabase';
      readonly token: number;
      readonly how: 'clean' | 'now';
      readonly deadlineMs: number;
    }
  /** databasePromoted: proved by a write; clients are let in with it */
  | { readonly type: 'promoteDatabase'; readonly token: number; readonly deadlineMs: number }
  /** synchronousProved: commits wait, proved; the position was taken after the proof */
  | { readonly type: 'setSynchronous'; readonly token: number; readonly deadlineMs: number }
  /** synchronousCleared: waiting commits are released */
  | { readonly type: 'clearSynchronous'; readonly token: number; readonly deadlineMs: number }
  /** clientsAdmitted */
  | { readonly type: 'admitClients'; readonly token: number; readonly deadlineMs: number }
  /** databaseCheckpointed */
  | { readonly type: 'checkpointDatabase'; readonly token: number; readonly deadlineMs: number }
  /** divergenceKept */
  | { readonly type: 'keepDivergence'; readonly token: number; readonly deadlineMs: number }
  /** databaseRewound */
  | { readonly type: 'rewindDatabase'; readonly token: number; readonly deadlineMs: number }
  /** databaseCloned */
  | { readonly type: 'cloneDatabase'; readonly token: number; readonly deadlineMs: number }
  /** servicePortRaised: link up, and with `address` the service addresses put on and announced */
  | {
      readonly type: 'raiseServicePort';
      readonly token: number;
      readonly address: boolean;
      readonly deadlineMs: number;
    }
  /** servicePortLowered: addresses off; `link`: the link down too */
  | {
      readonly type: 'lowerServicePort';
      readonly token: number;
      readonly link: boolean;
      readonly deadlineMs: number;
    };

export type EffectName = Effect['type'];
export type EffectWithToken = Extract<Effect, { readonly token: number }>;
