// The agent's side of the guardian: keeps its process running, tells it what this box is, takes what it says for the status,
// the history and the fitness of the box, and hands it the orders of people.
import type { ServiceOrder } from '../core/guardian/events.ts';
import type { GuardianRole } from '../core/guardian/settings.ts';
import { reasonText } from '../core/reasons.ts';
import type { State } from '../core/state.ts';
import { monotonicMs } from '../kernel/clock.ts';
import type { FromGuardian, SyncSecret, ToGuardian } from '../protocol/guardianMessages.ts';
import { isHotpairError } from '../protocol/hotpairError.ts';
import { mayBecomeUnfit, needsGuardian, stopAllMs } from './guardianDescription.ts';
import type { Configure } from './guardianDescription.ts';
import { EventBudget } from './guardianEvents.ts';
import { GuardianOrders } from './guardianOrders.ts';
import { startGuardianProcess } from './guardianProcess.ts';
import type { GuardianProcess } from './guardianProcess.ts';
import { guardianRole } from './guardianRole.ts';
import type { Log } from './log.ts';
import type { Verdict } from './commands.ts';

export type GuardianState = FromGuardian & { readonly type: 'state' };
type RoleTold = ToGuardian & { readonly type: 'role' };

export type GuardianTimes = {
  /** Pause before the second start in a row, doubled up to `longestMs`. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** A run of this length ends the row. */
  readonly steadyMs: number;
  /** It says something every second: one that is silent for so long hangs. */
  readonly silentMs: number;
  /** How long one that was told to end may take. */
  readonly endMs: number;
};

const usualTimes: GuardianTimes = {
  firstMs: 100,
  longestMs: 10_000,
  steadyMs: 60_000,
  silentMs: 15_000,
  endMs: 3_000,
};

/** One that ends while it stops the services is replaced, but not for ever. */
const mostStopTries = 3;
/** Of the time that services have to end with the box, for what is killed in the end. */
const killMs = 1_000;
/** So many ends in a row are more than an accident. */
const endsOfAlarm = 2;
/** What has come meanwhile is read before silence is judged: the agent itself may have stood still. */
const graceMs = 500;

export type GuardianKeeperOptions = {
  /** Program and arguments of the guardian process. */
  readonly words: readonly string[];
  readonly description: Configure;
  /** By which files are copied. */
  readonly secrets: readonly SyncSecret[];
  readonly log: Log;
  /** Told whenever it changes, and once at the beginning as soon as it is known. */
  readonly fitnessChanged: (fit: boolean) => void;
  readonly times?: Partial<GuardianTimes>;
};

type StopOutcome = {
  readonly event: 'servicesStopped' | 'servicesNotStopped';
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly isDown: boolean;
};

export class GuardianKeeper {
  readonly #given: GuardianKeeperOptions;
  readonly #times: GuardianTimes;
  readonly #orders = new GuardianOrders();
  readonly #events: EventBudget;
  #description: Configure;
  #secrets: readonly SyncSecret[];
  #process: GuardianProcess | null = null;
  #startedAt = 0;
  #heardAt = 0;
  #role: GuardianRole | null = null;
  #epoch = 0;
  #told: RoleTold | null = null;
  #state: GuardianState | null = null;
  #stateAt = 0;
  #fit: boolean | null = null;
  /** Ends that nobody wanted, without a steady run in between. */
  #ends = 0;
  #problem: string | null = null;
  /** Told to end, to be started with another description or not at all. */
  #isEnding = false;
  #isClosed = false;
  #startTimer: NodeJS.Timeout | undefined;
  #watchTimer: NodeJS.Timeout | undefined;
  #endTimer: NodeJS.Timeout | undefined;

  constructor(options: GuardianKeeperOptions) {
    this.#given = options;
    this.#times = { ...usualTimes, ...options.times };
    this.#events = new EventBudget(options.log);
    this.#description = options.description;
    this.#secrets = options.secrets;
  }

  /** Starts the process where there is something for it to do. Not in the constructor: its fitness is an event for the core. */
  begin(): void {
    if (needsGuardian(this.#description)) this.#start();
    // Known at once, whatever becomes of the guardian itself: nothing can fail where nothing is required.
    if (!mayBecomeUnfit(this.#description)) this.#noteFitness(true);
  }

  /** To be called after every decision of the core. */
  follow(state: State): void {
    const role = guardianRole(state, this.#role);
    const epoch = state.record?.epoch ?? 0;
    if (role === null || (role === this.#role && epoch === this.#epoch)) return;
    this.#role = role;
    this.#epoch = epoch;
    const reason = state.lastChange?.reason ?? state.reason;
    this.#told = {
      type: 'role',
      role,
      epoch,
      reason: { code: reason.code, text: reasonText(reason) },
    };
    this.#process?.send(this.#told);
  }

  /** What is told of it; null where there is none. */
  status() {
    if (this.#process === null && this.#state === null && this.#problem === null) return null;
    const { role, fit, services, hooks, sync } = this.#state ?? nothingKnown;
    const agoMs = Math.round(monotonicMs() - this.#stateAt);
    return {
      pid: this.#process?.pid ?? null,
      problem: this.#problem,
      /** What it said last is so old; null: it has said nothing yet. */
      agoMs: this.#state === null ? null : agoMs,
      role,
      fit,
      services: services.map(({ forMs, ...service }) => ({ ...service, forMs: forMs + agoMs })),
      hooks,
      sync: sync.map(({ lagMs, ...set }) => ({
        ...set,
        lagMs: lagMs === null ? null : Math.round(lagMs) + agoMs,
      })),
    };
  }

  alarms(): readonly string[] {
    const { services, hooks, sync } = this.#state ?? nothingKnown;
    const hasFailed = [...services, ...hooks].some(
      ({ unfitForMs, required }) => unfitForMs !== null && !required,
    );
    return [
      ...(this.#ends >= endsOfAlarm ? ['guardianDown'] : []),
      ...(this.#fit === false ? ['servicesUnfit'] : []),
      ...(hasFailed ? ['serviceFailed'] : []),
      ...(sync.some(({ isBehind }) => isBehind) ? ['syncBehind'] : []),
      ...(sync.some(({ hasNoRoomToKeep }) => hasNoRoomToKeep) ? ['syncKeptFull'] : []),
    ];
  }

  /** Rejects with GUARDIAN_DOWN, COMMAND_BUSY or COMMAND_DEADLINE. */
  async order(order: ServiceOrder, service: string, deadlineMs: number): Promise<Verdict> {
    const refusal = this.#refusalOf(order, service);
    if (refusal !== null) return { ok: false, ...refusal };
    const { ok, text } = await this.#orders.give(this.#process, deadlineMs, (id) => ({
      type: 'order',
      id,
      order,
      service,
    }));
    return { ok, code: ok ? 'serviceOrderDone' : 'serviceOrderFailed', text };
  }

  #refusalOf(
    order: ServiceOrder,
    name: string,
  ): { readonly code: string; readonly text: string } | null {
    const service = this.#description.services.find((each) => each.name === name);
    if (service === undefined) {
      const known = this.#description.services.map((each) => each.name).join(', ');
      const text = `there is no service ${name} here${known === '' ? '' : `: there is ${known}`}`;
      return { code: 'serviceUnknown', text };
    }
    if (order !== 'restart' || service.runs === 'always' || this.#role === 'primary') return null;
    return { code: 'serviceNotHere', text: `${name} runs only on the box that is primary` };
  }

  /** Everything is stopped in order, for as long as that may take at most. A guardian that has just ended is started for it. */
  async stopServices(): Promise<void> {
    const until = monotonicMs() + stopAllMs(this.#description);
    for (let triesLeft = mostStopTries; this.status() !== null; triesLeft -= 1) {
      if (this.#process === null) this.#start();
      const outcome = await this.#stopOnce(until - monotonicMs());
      const isOver = outcome.event === 'servicesStopped' || triesLeft <= 1 || !outcome.isDown;
      if (!isOver) continue;
      const { event, level, text } = outcome;
      this.#given.log.history(level, event, { text });
      return;
    }
  }

  async #stopOnce(deadlineMs: number): Promise<StopOutcome> {
    try {
      const give = this.#orders.give(this.#process, deadlineMs, (id) => ({
        type: 'shutdown',
        id,
        deadlineMs: Math.max(0, deadlineMs - killMs),
      }));
      const { ok, text } = await give;
      return { event: 'servicesStopped', level: ok ? 'info' : 'warning', text, isDown: false };
    } catch (error) {
      const isDown = isHotpairError(error, 'GUARDIAN_DOWN');
      return { event: 'servicesNotStopped', level: 'error', text: String(error), isDown };
    }
  }

  /** Another description: the process ends, and the next one is started with it. Services go on that are described as before. */
  configure(description: Configure): void {
    if (JSON.stringify(description) === JSON.stringify(this.#description)) return;
    this.#description = description;
    if (this.#process !== null) this.#end();
    else if (!this.#isClosed) this.#start();
  }

  /** The key of the pair is another one. */
  useSecrets(secrets: readonly SyncSecret[]): void {
    this.#secrets = secrets;
    this.#tellSecrets();
  }

  #tellSecrets(): void {
    if (this.#description.sync === null) return;
    this.#process?.send({ type: 'syncSecrets', secrets: this.#secrets });
  }

  /** The process ends; every service goes on. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#startTimer);
    clearTimeout(this.#watchTimer);
    if (this.#process !== null) this.#end();
  }

  #start(): void {
    clearTimeout(this.#startTimer);
    this.#isEnding = false;
    this.#startedAt = monotonicMs();
    this.#heardAt = this.#startedAt;
    const started = startGuardianProcess({
      words: this.#given.words,
      heard: (message) => {
        if (this.#process === started) this.#hear(message);
      },
      ended: (how) => this.#ended(how),
    });
    this.#process = started;
    this.#given.log.line('info', 'guardianStarted', { pid: started.pid });
    started.send(this.#description);
    this.#tellSecrets();
    if (this.#told !== null) started.send(this.#told);
    this.#watch(this.#times.silentMs);
  }

  #ended(how: string): void {
    this.#process = null;
    clearTimeout(this.#watchTimer);
    clearTimeout(this.#endTimer);
    this.#orders.fail(how);
    if (this.#isClosed) return;
    if (this.#isEnding) {
      this.#start();
      return;
    }
    const isSteady = monotonicMs() - this.#startedAt >= this.#times.steadyMs;
    this.#ends = isSteady ? 1 : this.#ends + 1;
    this.#problem = how;
    const pauseMs = Math.min(
      this.#times.longestMs,
      this.#times.firstMs * 2 ** Math.min(20, this.#ends - 1),
    );
    const text = `the guardian is not running: ${how}; the services go on without it`;
    this.#given.log.history('error', 'guardianEnded', { ends: this.#ends, pauseMs, text });
    this.#startTimer = setTimeout(() => this.#start(), pauseMs);
  }

  #end(): void {
    const ending = this.#process;
    if (ending === null || this.#isEnding) return;
    this.#isEnding = true;
    ending.end();
    this.#endTimer = setTimeout(() => ending.kill(), this.#times.endMs);
    this.#endTimer.unref();
  }

  /** A guardian that hangs is as good as none. */
  #watch(afterMs: number): void {
    clearTimeout(this.#watchTimer);
    this.#watchTimer = setTimeout(() => {
      const leftMs = this.#times.silentMs - (monotonicMs() - this.#heardAt);
      if (leftMs > 0) this.#watch(leftMs);
      else this.#watchTimer = setTimeout(() => this.#judgeSilence(), graceMs);
    }, afterMs);
    this.#watchTimer.unref();
  }

  #judgeSilence(): void {
    const isSilent = monotonicMs() - this.#heardAt >= this.#times.silentMs;
    if (isSilent) this.#process?.kill();
    else this.#watch(this.#times.silentMs);
  }

  #hear(message: FromGuardian): void {
    this.#heardAt = monotonicMs();
    switch (message.type) {
      case 'state':
        this.#state = message;
        this.#stateAt = this.#heardAt;
        if (this.#heardAt - this.#startedAt >= this.#times.steadyMs) this.#ends = 0;
        this.#problem = null;
        this.#noteFitness(message.fit);
        return;
      case 'event':
        this.#events.tell(message);
        return;
      case 'answer':
        this.#orders.answer(message);
    }
  }

  #noteFitness(fit: boolean): void {
    if (fit === this.#fit) return;
    this.#fit = fit;
    this.#given.fitnessChanged(fit);
  }
}

export type GuardianStatus = ReturnType<GuardianKeeper['status']>;

const nothingKnown = { role: 'none', fit: null, services: [], hooks: [], sync: [] } as const;
