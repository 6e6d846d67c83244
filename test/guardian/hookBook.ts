// What the guardian has been told of its hooks and has asked for, kept a second time by the exam.
import type { GuardianEffect } from '../../src/core/guardian/effects.ts';
import type { GuardianEvent } from '../../src/core/guardian/events.ts';
import type {
  GuardianRole,
  HookSettings,
  RestartSettings,
} from '../../src/core/guardian/settings.ts';
import { demand } from './guardianCore.ts';
import { endMark, longestJitter, newTrouble, noteFailure } from './troubleBook.ts';
import type { TroubleBook } from './troubleBook.ts';

const restart: RestartSettings = {
  firstMs: 200,
  longestMs: 30_000,
  limit: 5,
  windowMs: 60_000,
  steadyMs: 0,
  quarantineMs: 30 * 60_000,
};

const cancelGraceMs = 1000;

export type HookBook = {
  readonly settings: HookSettings;
  progress: 'idle' | 'waiting' | 'done' | 'passedOver';
  token: number | null;
  cancelledAt: number | null;
  readonly trouble: TroubleBook;
};

export type Memory = {
  readonly role: GuardianRole;
  readonly epoch: number;
  readonly done: readonly string[];
};

export class Hooks {
  readonly hooks: readonly HookBook[];
  role: GuardianRole | null = null;
  epoch = 0;
  #memory: Memory | null = null;
  #mustCancel: readonly HookBook[] = [];
  now = 0;

  constructor(settings: readonly HookSettings[]) {
    this.hooks = settings.map((one) => ({
      settings: one,
      progress: 'idle',
      token: null,
      cancelledAt: null,
      trouble: newTrouble(),
    }));
  }

  begin(memory: Memory | null): void {
    this.role = null;
    this.#memory = memory;
    this.#mustCancel = [];
    for (const book of this.hooks) {
      book.progress = 'idle';
      book.token = null;
      book.cancelledAt = null;
      // The next role begins with it anew.
      book.trouble.pauseUntil = -Infinity;
    }
  }

  /** The services of the primary may begin. */
  get requiredAreDone(): boolean {
    return this.hooks.every(
      ({ settings, progress }) =>
        !settings.required || !settings.on.includes('primary') || progress === 'done',
    );
  }

  take(event: GuardianEvent): void {
    this.#mustCancel = [];
    if (event.type === 'roleChanged') this.#changeRole(event.role, event.epoch);
    else if (event.type === 'shutdownOrdered') this.#mustCancel = this.#running();
    else if (event.type === 'hookDone') this.#done(event);
    for (const { progress, trouble } of this.hooks) {
      const isOver = trouble.unfitUntil !== null && this.now >= trouble.unfitUntil;
      if (isOver && progress !== 'waiting') endMark(trouble);
    }
  }

  #running(): readonly HookBook[] {
    return this.hooks.filter(({ token, cancelledAt }) => token !== null && cancelledAt === null);
  }

  #changeRole(role: GuardianRole, epoch: number): void {
    const isNew = role !== this.role;
    const memory = this.#memory;
    this.role = role;
    this.epoch = epoch;
    this.#memory = null;
    if (!isNew) return;
    this.#mustCancel = this.#running();
    const done = memory?.role === role && memory.epoch === epoch ? memory.done : [];
    for (const book of this.hooks) {
      const first = done.includes(book.settings.name) ? 'done' : 'waiting';
      book.progress = book.settings.on.includes(role) ? first : 'idle';
      book.trouble.pauseUntil = -Infinity;
    }
  }

  #done(event: GuardianEvent & { readonly type: 'hookDone' }): void {
    const book = this.#named(event.hook);
    if (book.token !== event.token) return;
    const wasCancelled = book.cancelledAt !== null;
    book.token = null;
    book.cancelledAt = null;
    if (wasCancelled) return;
    if (event.ok) {
      book.progress = 'done';
      endMark(book.trouble);
    } else if (book.settings.required) noteFailure(book.trouble, restart, this.now);
    else book.progress = 'passedOver';
  }

  #named(name: string): HookBook {
    const found = this.hooks.find(({ settings }) => settings.name === name);
    if (found === undefined) throw new Error(`there is no hook ${name}`);
    return found;
  }

  enterEffect(effect: GuardianEffect, primaryIsThere: boolean): void {
    if (effect.type === 'cancelHook') {
      const book = this.#named(effect.hook);
      demand('G8', this.#mustCancel.includes(book), `${effect.hook} is cancelled for no reason`);
      book.cancelledAt = this.now;
    } else if (effect.type === 'runHook') {
      this.#enterRun(effect, primaryIsThere);
    } else if (effect.type === 'rememberHooks') {
      const isOfNow = effect.role === this.role && effect.epoch === this.epoch;
      demand('G8', isOfNow, 'hooks are remembered for another role');
      for (const name of effect.done)
        demand('G8', this.#named(name).progress === 'done', `${name} is remembered and not done`);
    }
  }

  #enterRun(effect: GuardianEffect & { readonly type: 'runHook' }, primaryIsThere: boolean): void {
    const book = this.#named(effect.hook);
    const isOfNow = effect.role === this.role && effect.epoch === this.epoch;
    demand('G8', isOfNow, `${effect.hook} is run for a role that is over`);
    demand('G8', book.progress === 'waiting', `${effect.hook} is run though ${book.progress}`);
    demand('G8', book.token === null, `${effect.hook} is run twice at once`);
    demand('G8', !primaryIsThere, `${effect.hook} is run before the services of the primary end`);
    demand('G9', this.#isNext(book), `${effect.hook} is run before its turn`);
    const early = book.trouble.pauseUntil - this.now;
    demand('G6', early <= 1e-6, `${effect.hook} is run ${early} ms before its pause is over`);
    book.token = effect.token;
  }

  #isNext(book: HookBook): boolean {
    const before = this.hooks.slice(0, this.hooks.indexOf(book));
    return before.every(
      ({ settings, progress }) =>
        progress !== 'waiting' || (book.settings.required && !settings.required),
    );
  }

  afterStep(primaryIsThere: boolean, shuttingDown: boolean): void {
    const forgotten = this.#mustCancel.find(({ cancelledAt }) => cancelledAt === null);
    demand('G8', forgotten === undefined, `${forgotten?.settings.name} goes on after its role`);
    if (this.role === null || shuttingDown || primaryIsThere) return;
    const isDying = this.hooks.some(
      ({ cancelledAt }) => cancelledAt !== null && this.now < cancelledAt + cancelGraceMs,
    );
    if (isDying) return;
    for (const book of this.hooks) this.#isRightlyIdle(book);
  }

  #isRightlyIdle(book: HookBook): void {
    const { trouble, settings, progress, token } = book;
    if (progress !== 'waiting' || token !== null || !this.#isNext(book)) return;
    const pauseMs = Math.max(0, trouble.pauseUntil - trouble.lastAt);
    const isDue =
      trouble.pauseUntil === -Infinity || this.now >= trouble.lastAt + pauseMs * longestJitter;
    demand('G9', !isDue, `${settings.name} is not run although nothing is in its way`);
  }
}
