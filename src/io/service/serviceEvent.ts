// What a service's supervision tells, in the words of the guardian's core.
import type { GuardianEvent } from '../../core/guardian/events.ts';

type Told =
  | 'serviceStarted'
  | 'serviceNotStarted'
  | 'serviceExited'
  | 'serviceStopped'
  | 'limitExceeded';

/** Without time and chance, which are added where it is put into the core's queue. */
export type ServiceEvent = Untimed<Extract<GuardianEvent, { readonly type: Told }>>;

type Untimed<T> = T extends unknown ? Omit<T, 'at' | 'draw'> : never;
