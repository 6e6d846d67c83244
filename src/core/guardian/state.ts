// Everything that the guardian remembers between two events. From outside it is a value: a step copies what it changes.
import { dependencyComplaints } from './dependencies.ts';
import type { RememberedHook, RememberedService, ServiceOrder, Trouble } from './events.ts';
import type { GuardianRole, GuardianSettings, HookSettings, ServiceSettings } from './settings.ts';
import type { ServiceState } from './status.ts';
import { noTrouble } from './trouble.ts';

export type CheckLife = {
  /** Of the one that is being run; it may have been asked for in an earlier run of the service. */
  readonly token: number | null;
  readonly nextAt: number;
  /** Failures in a row while the service is up. */
  readonly failed: number;
  /** Since the service was started. */
  readonly passed: boolean;
  /** Of its last result in this run. */
  readonly text: string;
};

/** `off`: nothing of it is there. */
export type ServicePhase = 'off' | 'starting' | 'up' | 'stopping';

export type ServiceLife = {
  readonly name: string;
  phase: ServicePhase;
  phaseSince: number;
  /** Of the last start; 0: it was found. */
  runToken: number;
  /** The start was answered: its process runs. */
  started: boolean;
  /** It was found with another description and is to be started anew. */
  outdated: boolean;
  /** While it is stopping. */
  stopToken: number;
  /** While it is stopping: when it counts as something that cannot be stopped. */
  stuckAt: number;
  stuck: boolean;
  /** It is not started before. */
  notBefore: number;
  /** The next start is one that follows a failure. */
  startFollowsFailure: boolean;
  restarts: number;
  heldByOperator: boolean;
  trouble: Trouble;
  checks: readonly CheckLife[];
  shown: ServiceState;
  shownSince: number;
};

/** `idle`: not of the present role. `passedOver`: an optional one that failed. */
export type HookProgress = 'idle' | 'waiting' | 'done' | 'passedOver';

export type HookLife = {
  readonly name: string;
  progress: HookProgress;
  /** Of the one that is being run. */
  token: number | null;
  /** When it was told to end, because its role is over; null: it was not. */
  cancelledAt: number | null;
  notBefore: number;
  /** Its last run in this role failed. */
  failed: boolean;
  text: string;
  trouble: Trouble;
};

export type Order = {
  readonly commandId: number;
  readonly order: ServiceOrder;
  readonly service: string;
  /** Answered then at the latest, with what is so far. */
  readonly until: number;
};

export type HooksDone = {
  readonly role: GuardianRole;
  readonly epoch: number;
  readonly done: readonly string[];
};

export type GuardianState = {
  /** `guardianStarted` has come; nothing is done before. */
  begun: boolean;
  now: number;
  /** null: not told yet. */
  role: GuardianRole | null;
  epoch: number;
  /** What earlier guardians of this boot did for the role that they knew last, until a role is told. */
  hooksDone: HooksDone | null;
  /** In the order of the settings. */
  services: readonly ServiceLife[];
  hooks: readonly HookLife[];
  orders: readonly Order[];
  shuttingDown: boolean;
  /** The order to shut down that is still to be answered. */
  shutdownId: number | null;
  nextToken: number;
};

/** Throws where the services need one another in a way that no configuration may: they would wait for ever (G3). */
export function initialGuardianState({ services, hooks }: GuardianSettings): GuardianState {
  const [complaint] = dependencyComplaints(services);
  if (complaint !== undefined)
    throw new Error(`G3: ${complaint.type} in the order of the services`);
  return {
    begun: false,
    now: 0,
    role: null,
    epoch: 0,
    hooksDone: null,
    services: services.map(newService),
    hooks: hooks.map(newHook),
    orders: [],
    shuttingDown: false,
    shutdownId: null,
    nextToken: 1,
  };
}

export const idleCheck: CheckLife = { token: null, nextAt: 0, failed: 0, passed: false, text: '' };

function newService({ name, checks }: ServiceSettings): ServiceLife {
  return {
    name,
    phase: 'off',
    phaseSince: 0,
    runToken: 0,
    started: false,
    outdated: false,
    stopToken: 0,
    stuckAt: 0,
    stuck: false,
    notBefore: 0,
    startFollowsFailure: false,
    restarts: 0,
    heldByOperator: false,
    trouble: noTrouble,
    checks: checks.map(() => idleCheck),
    shown: 'stopped',
    shownSince: 0,
  };
}

function newHook({ name }: HookSettings): HookLife {
  return {
    name,
    progress: 'idle',
    token: null,
    cancelledAt: null,
    notBefore: 0,
    failed: false,
    text: '',
    trouble: noTrouble,
  };
}

/** What the next guardian of this boot must not forget. */
export function rememberedOf({ services, hooks }: GuardianState): {
  readonly services: readonly RememberedService[];
  readonly hooks: readonly RememberedHook[];
} {
  return {
    services: services.map(({ name, heldByOperator, restarts, trouble }) => ({
      service: name,
      heldByOperator,
      restarts,
      trouble,
    })),
    hooks: hooks.map(({ name, trouble }) => ({ hook: name, trouble })),
  };
}
