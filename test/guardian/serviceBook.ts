// What the guardian has been told of its services and has asked for, kept a second time by the exam, without a look into the
// machine.
import type { GuardianEffect } from '../../src/core/guardian/effects.ts';
import type { GuardianEvent } from '../../src/core/guardian/events.ts';
import type { GuardianRole, ServiceSettings } from '../../src/core/guardian/settings.ts';
import { demand } from './guardianCore.ts';
import type { TroubleBook } from './troubleBook.ts';
import {
  endMark,
  forgiveAll,
  longestJitter,
  mark,
  newTrouble,
  noteFailure,
} from './troubleBook.ts';

type Check = { token: number | null; askedAt: number; passed: boolean; failed: number };

/** Why a service may be stopped in this step. */
type Excuse = 'rest' | 'restart' | 'outdated' | 'check' | 'limit' | 'late';

export type ServiceBook = {
  readonly settings: ServiceSettings;
  phase: 'off' | 'starting' | 'up' | 'stopping';
  answered: boolean;
  phaseSince: number;
  startToken: number;
  stopToken: number;
  stuckAt: number;
  stuck: boolean;
  outdated: boolean;
  held: boolean;
  followsFailure: boolean;
  restarts: number;
  checks: Check[];
  /** Of a service that was found: its first checks are spread over their interval from then on. */
  checksSince: number;
  excuse: Excuse | null;
  readonly trouble: TroubleBook;
};

const stuckGraceMs = 10_000;
const longestStartingIntervalMs = 200;

export class Book {
  readonly services: readonly ServiceBook[];
  role: GuardianRole | null = null;
  shuttingDown = false;
  now = 0;

  constructor(settings: readonly ServiceSettings[]) {
    this.services = settings.map((one) => ({
      settings: one,
      phase: 'off',
      answered: false,
      phaseSince: 0,
      startToken: 0,
      stopToken: 0,
      stuckAt: 0,
      stuck: false,
      outdated: false,
      held: false,
      followsFailure: false,
      restarts: 0,
      checks: [],
      checksSince: -Infinity,
      excuse: null,
      trouble: newTrouble(),
    }));
  }

  named(name: string): ServiceBook {
    const found = this.services.find(({ settings }) => settings.name === name);
    if (found === undefined) throw new Error(`there is no service ${name}`);
    return found;
  }

  mayRun({ settings, held }: ServiceBook): boolean {
    return !held && this.belongsHere(settings);
  }

  belongsHere({ runs }: ServiceSettings): boolean {
    return !this.shuttingDown && (runs === 'always' || this.role === 'primary');
  }

  mustRest({ settings, held }: ServiceBook): boolean {
    const isElsewhere = settings.runs === 'primary' && this.role !== null;
    return held || this.shuttingDown || (isElsewhere && this.role !== 'primary');
  }

  /** A new guardian: holds, failures and marks stay, and what runs is up. */
  begin(found: ReadonlyMap<string, boolean>): void {
    this.role = null;
    this.shuttingDown = false;
    for (const book of this.services) {
      const current = found.get(book.settings.name);
      book.stuck = false;
      book.startToken = 0;
      book.followsFailure = current === undefined && book.trouble.row > 0;
      if (book.trouble.row === 0) book.trouble.pauseUntil = -Infinity;
      this.enter(book, current === undefined ? 'off' : 'up');
      book.answered = current !== undefined;
      book.outdated = current === false;
      book.checks = book.settings.checks.map(() => freeCheck(-Infinity));
      book.checksSince = this.now;
    }
  }

  enter(book: ServiceBook, phase: ServiceBook['phase']): void {
    book.phase = phase;
    book.phaseSince = this.now;
    if (phase !== 'up') book.outdated = false;
  }

  /** Before the effects: what follows from the event and from the time that has passed. */
  take(event: GuardianEvent): void {
    for (const book of this.services) {
      book.excuse = null;
      const isSteady = this.now >= book.phaseSince + book.settings.restart.steadyMs;
      if (book.phase === 'up' && isSteady) this.#endRow(book);
    }
    this.#absorb(event);
    for (const book of this.services) this.#passTime(book);
  }

  #endRow({ trouble }: ServiceBook): void {
    if (trouble.unfitUntil !== null) endMark(trouble);
    trouble.row = 0;
  }

  #passTime(book: ServiceBook): void {
    const { settings, trouble } = book;
    if (this.mustRest(book)) book.excuse = 'rest';
    else if (book.excuse === null && book.outdated && this.mayRun(book)) book.excuse = 'outdated';
    const isLate =
      book.phase === 'starting' && this.now >= book.phaseSince + settings.startDeadlineMs;
    if (isLate && book.excuse === null) book.excuse = 'late';
    if (book.phase === 'stopping' && !book.stuck && this.now >= book.stuckAt) {
      book.stuck = true;
      mark(trouble, settings.restart, this.now);
      this.#fail(book);
    }
    const isOver = trouble.unfitUntil !== null && this.now >= trouble.unfitUntil;
    if (isOver && book.phase === 'off' && !this.mayRun(book)) endMark(trouble);
  }

  #absorb(event: GuardianEvent): void {
    switch (event.type) {
      case 'roleChanged':
        this.role = event.role;
        return;
      case 'shutdownOrdered':
        this.shuttingDown = true;
        return;
      case 'serviceStarted':
        this.#started(this.named(event.service), event.token);
        return;
      case 'serviceNotStarted': {
        const book = this.named(event.service);
        if (book.phase === 'starting' && book.startToken === event.token) this.#ended(book);
        return;
      }
      case 'serviceExited': {
        const book = this.named(event.service);
        const runs = book.phase === 'starting' || book.phase === 'up';
        if (runs && book.startToken === event.token) this.#ended(book);
        return;
      }
      case 'serviceStopped': {
        const book = this.named(event.service);
        if (book.phase !== 'stopping' || book.stopToken !== event.token) return;
        book.stuck = false;
        this.enter(book, 'off');
        return;
      }
      case 'limitExceeded': {
        const book = this.named(event.service);
        const runs = book.phase === 'starting' || book.phase === 'up';
        if (runs && book.startToken === event.token && !this.mustRest(book)) book.excuse = 'limit';
        return;
      }
      case 'checkDone':
        this.#checked(event);
        return;
      case 'serviceOrdered':
        if (!this.refuses(event)) this.#ordered(event.service, event.order);
        return;
      case 'guardianStarted':
      case 'hookDone':
      case 'tick':
    }
  }

  /** An order that is answered with no at once and changes nothing. */
  refuses({ service, order }: GuardianEvent & { readonly type: 'serviceOrdered' }): boolean {
    const book = this.services.find(({ settings }) => settings.name === service);
    if (book === undefined) return true;
    if (order === 'stop') return false;
    if (this.shuttingDown || book.stuck) return true;
    return order === 'restart' && !this.belongsHere(book.settings);
  }

  #ordered(name: string, order: 'start' | 'stop' | 'restart'): void {
    const book = this.named(name);
    book.held = order === 'stop';
    if (order === 'stop') return;
    forgiveAll(book.trouble);
    book.followsFailure = false;
    if (order === 'restart') book.excuse = 'restart';
  }

  #started(book: ServiceBook, token: number): void {
    if (book.phase !== 'starting' || book.startToken !== token) return;
    book.answered = true;
    book.checks = book.checks.map((check) => ({ ...freeCheck(-Infinity), token: check.token }));
    book.checksSince = -Infinity;
    this.#considerUp(book);
  }

  #considerUp(book: ServiceBook): void {
    if (book.phase !== 'starting' || !book.answered) return;
    if (book.checks.every(({ passed }) => passed)) this.enter(book, 'up');
  }

  #ended(book: ServiceBook): void {
    this.enter(book, 'off');
    if (!this.mustRest(book)) this.#fail(book);
  }

  #fail(book: ServiceBook): void {
    noteFailure(book.trouble, book.settings.restart, this.now);
    book.followsFailure = true;
  }

  #checked(event: GuardianEvent & { readonly type: 'checkDone' }): void {
    const book = this.named(event.service);
    const check = book.checks[event.check];
    if (check === undefined || check.token !== event.token) return;
    check.token = null;
    if (event.token < book.startToken || this.mustRest(book)) return;
    if (book.phase === 'starting' && book.answered) {
      check.passed ||= event.ok;
      this.#considerUp(book);
    } else if (book.phase === 'up') {
      check.failed = event.ok ? 0 : check.failed + 1;
      if (check.failed >= (book.settings.checks[event.check]?.threshold ?? Infinity))
        book.excuse = 'check';
    }
  }

  /** An effect is judged before it is entered. */
  enterEffect(effect: GuardianEffect): void {
    if (effect.type === 'startService') this.#enterStart(this.named(effect.service), effect.token);
    else if (effect.type === 'stopService') this.#enterStop(effect);
    else if (effect.type === 'runCheck') this.#enterCheck(effect);
  }

  #enterStart(book: ServiceBook, token: number): void {
    const { name, after } = book.settings;
    demand('G1', book.phase === 'off', `${name} is started while it is ${book.phase}`);
    demand('G2', this.mayRun(book), `${name} is started where it is not to run`);
    const missing = after.find((other) => !this.isUsable(this.named(other)));
    demand('G3', missing === undefined, `${name} is started before ${missing}`);
    const early = book.trouble.pauseUntil - this.now;
    demand('G6', early <= 1e-6, `${name} is started ${early} ms before its pause is over`);
    if (book.followsFailure) book.restarts += 1;
    book.followsFailure = false;
    book.startToken = token;
    book.answered = false;
    this.enter(book, 'starting');
    book.checks = book.checks.map((check) => ({ ...freeCheck(Infinity), token: check.token }));
  }

  isUsable(book: ServiceBook): boolean {
    return book.phase === 'up' && !this.mustRest(book);
  }

  #enterStop(effect: GuardianEffect & { readonly type: 'stopService' }): void {
    const book = this.named(effect.service);
    const { name, stopDeadlineMs } = book.settings;
    const runs = book.phase === 'starting' || book.phase === 'up';
    demand('G1', runs, `${name} is stopped while it is ${book.phase}`);
    demand('G7', book.excuse !== null, `${name} is stopped for no reason`);
    const later = this.endingNeeders(book);
    if (book.excuse === 'rest')
      demand('G3', later.length === 0, `${name} is stopped before ${later.join()}`);
    const isFailure = book.excuse === 'check' || book.excuse === 'late' || book.excuse === 'limit';
    if (isFailure) this.#fail(book);
    demand('G10', effect.kill === (isFailure && book.excuse !== 'limit'), `${name}: kill or stop`);
    this.enter(book, 'stopping');
    book.stopToken = effect.token;
    book.stuckAt = this.now + (effect.kill ? 0 : stopDeadlineMs) + stuckGraceMs;
  }

  #enterCheck({
    service,
    check: index,
    token,
  }: GuardianEffect & { readonly type: 'runCheck' }): void {
    const book = this.named(service);
    const check = book.checks[index];
    const isAsked = (book.phase === 'starting' && book.answered) || book.phase === 'up';
    if (check === undefined || !isAsked || this.mustRest(book)) {
      demand('G10', false, `check ${index} of ${service} is run while it is ${book.phase}`);
      return;
    }
    const early = check.askedAt + this.intervalOf(book, index) - this.now;
    demand('G10', early <= 1e-6, `check ${index} of ${service} is ${early} ms early`);
    check.token = token;
    check.askedAt = this.now;
  }

  /** The shortest that may lie between two runs: what is asked while it is starting counts from the shorter one. */
  intervalOf(book: ServiceBook, index: number): number {
    const { intervalMs } = book.settings.checks[index] ?? { intervalMs: 0 };
    const check = book.checks[index];
    const wasStarting = book.phase === 'starting' || (check?.askedAt ?? 0) < book.phaseSince;
    if (book.checksSince > -Infinity) return intervalMs;
    return wasStarting ? Math.min(longestStartingIntervalMs, intervalMs) : intervalMs;
  }

  /** What has to end, is still there, can be stopped, and needs this one directly or through others. */
  endingNeeders(book: ServiceBook): readonly string[] {
    const needers = new Set<ServiceBook>();
    const visit = (needed: ServiceBook): void => {
      for (const other of this.services) {
        if (!other.settings.after.includes(needed.settings.name) || needers.has(other)) continue;
        needers.add(other);
        visit(other);
      }
    };
    visit(book);
    return [...needers]
      .filter((other) => other.phase !== 'off' && !other.stuck && this.mustRest(other))
      .map(({ settings }) => settings.name);
  }

  /** After the effects: whatever had to be done in this step was done. */
  afterStep(hooksAreDone: boolean): void {
    for (const book of this.services) {
      const { name } = book.settings;
      const runs = book.phase === 'starting' || book.phase === 'up';
      const waits = book.excuse === 'rest' && this.endingNeeders(book).length > 0;
      // The order to restart a service that does not run starts it.
      const isReason = book.excuse !== null && book.excuse !== 'restart';
      demand('G2', !(runs && isReason && !waits), `${name} goes on in spite of ${book.excuse}`);
      if (runs) this.#checksAreAsked(book);
      if (book.phase === 'off') this.#isRightlyOff(book, hooksAreDone);
    }
  }

  #isRightlyOff(book: ServiceBook, hooksAreDone: boolean): void {
    const { trouble, settings } = book;
    if (!this.mayRun(book)) return;
    const pauseMs = Math.max(0, trouble.pauseUntil - trouble.lastAt);
    const isDue =
      this.now >= trouble.lastAt + pauseMs * longestJitter || trouble.pauseUntil === -Infinity;
    const waits =
      settings.after.some((other) => !this.isUsable(this.named(other))) ||
      (settings.runs === 'primary' && !hooksAreDone);
    demand(
      'G14',
      !isDue || waits,
      `${settings.name} is not started although nothing is in its way`,
    );
  }

  #checksAreAsked(book: ServiceBook): void {
    if (this.mustRest(book) || (book.phase === 'starting' && !book.answered)) return;
    book.checks.forEach((check, index) => {
      if (check.token !== null || (book.phase === 'starting' && check.passed)) return;
      const from = Math.max(check.askedAt, book.checksSince);
      const isDue = this.now >= from + this.intervalOf(book, index);
      demand('G10', !isDue, `check ${index} of ${book.settings.name} is not run in time`);
    });
  }
}

function freeCheck(askedAt: number): Check {
  return { token: null, askedAt, passed: false, failed: 0 };
}
