// Every rule of SPEC.md, asked after every step of a machine that is looked at from outside only.
import type { GuardianEffect } from '../../src/core/guardian/effects.ts';
import type { FoundService, GuardianEvent } from '../../src/core/guardian/events.ts';
import type { GuardianSettings } from '../../src/core/guardian/settings.ts';
import type { GuardianState } from '../../src/core/guardian/state.ts';
import type { GuardianCore } from './guardianCore.ts';
import { demand } from './guardianCore.ts';
import type { Memory } from './hookBook.ts';
import { Hooks } from './hookBook.ts';
import { Book } from './serviceBook.ts';
import type { ServiceBook } from './serviceBook.ts';
import type { TroubleBook } from './troubleBook.ts';

export class Exam {
  readonly #core: GuardianCore;
  readonly #settings: GuardianSettings;
  readonly book: Book;
  readonly hooks: Hooks;
  /** Orders that are not answered yet, with the time of the last moment for it. */
  readonly #orders = new Map<number, number>();
  readonly #mostEffects: number;

  constructor(core: GuardianCore, settings: GuardianSettings) {
    this.#core = core;
    this.#settings = settings;
    this.book = new Book(settings.services);
    this.hooks = new Hooks(settings.hooks);
    const { services, hooks } = settings;
    const checks = services.reduce((sum, one) => sum + one.checks.length, 0);
    // Of each service a stop or start, two reports and an answer; of each hook a cancel, a run and a report.
    this.#mostEffects = services.length * 4 + checks + hooks.length * 3 + 3;
  }

  /** A new guardian; orders to the old one are answered by nobody. */
  begin(now: number, found: readonly FoundService[], memory: Memory | null): void {
    this.book.now = now;
    this.hooks.now = now;
    this.#orders.clear();
    this.book.begin(new Map(found.map(({ service, current }) => [service, current])));
    this.hooks.begin(memory);
  }

  step(event: GuardianEvent, effects: readonly GuardianEffect[], state: GuardianState): void {
    this.book.now = event.at;
    this.hooks.now = event.at;
    if (event.type === 'serviceOrdered') this.#takeOrder(event, effects);
    this.book.take(event);
    this.hooks.take(event);
    if (event.type === 'shutdownOrdered') this.#orders.set(event.commandId, event.at + 1e9);
    for (const effect of effects) this.#enter(effect);
    demandOrder(effects);
    this.book.afterStep(this.hooks.requiredAreDone);
    this.hooks.afterStep(this.#primaryIsThere(), this.book.shuttingDown);
    demand('G13', effects.length <= this.#mostEffects, `${effects.length} effects in a step`);
    this.#ordersAreAnswered(event.at);
    this.#summaryIsTrue(state, event.at);
  }

  #takeOrder(
    event: GuardianEvent & { readonly type: 'serviceOrdered' },
    effects: readonly GuardianEffect[],
  ): void {
    const { commandId, service, at } = event;
    const isRefused = effects.some(
      (one) => one.type === 'answerOrder' && one.commandId === commandId && !one.ok,
    );
    if (this.book.refuses(event))
      demand('G11', isRefused, `order ${commandId} for ${service} is not refused`);
    const found = this.#settings.services.find(({ name }) => name === service);
    const mostMs = (found?.startDeadlineMs ?? 0) + (found?.stopDeadlineMs ?? 0) + 10_000;
    this.#orders.set(commandId, at + mostMs);
  }

  #enter(effect: GuardianEffect): void {
    this.book.enterEffect(effect);
    if (effect.type === 'startService') {
      const { settings } = this.book.named(effect.service);
      const mayBegin = settings.runs === 'always' || this.hooks.requiredAreDone;
      demand('G9', mayBegin, `${settings.name} is started before the required hooks are done`);
    }
    this.hooks.enterEffect(effect, this.#primaryIsThere());
    if (effect.type === 'answerOrder')
      demand('G11', this.#orders.delete(effect.commandId), `${effect.commandId} is answered twice`);
  }

  /** Where this box does not serve. */
  #primaryIsThere(): boolean {
    if (this.book.role === 'primary') return false;
    return this.book.services.some(
      ({ settings, phase, stuck }) => settings.runs === 'primary' && phase !== 'off' && !stuck,
    );
  }

  #ordersAreAnswered(now: number): void {
    for (const [id, until] of this.#orders)
      demand('G11', now < until, `order ${id} is not answered in time`);
  }

  #summaryIsTrue(state: GuardianState, now: number): void {
    const summary = this.#core.summarizeGuardian(state, this.#settings, now);
    summary.services.forEach((shown, index) => {
      const book = this.book.services[index];
      if (book === undefined) throw new Error('a summary of other services');
      this.#isMarkedRightly(book, shown.unfitForMs !== null);
      const right = this.#shownFor(book, shown.state);
      demand('G13', right, `${shown.name} is ${book.phase} and shown as ${shown.state}`);
      demand('G13', shown.restarts === book.restarts, `${shown.name}: restarts are miscounted`);
    });
    summary.hooks.forEach((shown, index) => {
      const trouble = this.hooks.hooks[index]?.trouble;
      const isMarked = trouble !== undefined && trouble.unfitUntil !== null;
      demand('G4', (shown.unfitForMs !== null) === isMarked, `the mark of ${shown.name} is wrong`);
    });
    const fit = this.#core.guardianFitness(state, this.#settings);
    demand('G4', fit === this.#isFit(), `the box is shown as ${fit ? 'fit' : 'unfit'}`);
  }

  #isMarkedRightly({ settings, trouble }: ServiceBook, isMarked: boolean): void {
    const should = trouble.unfitUntil !== null;
    const rule = should ? 'G4' : 'G5';
    demand(rule, should === isMarked, `${settings.name} is ${isMarked ? '' : 'not '}marked`);
  }

  #shownFor(book: ServiceBook, shown: string): boolean {
    const runs = book.phase === 'starting' || book.phase === 'up';
    if (runs) return shown === (this.book.mustRest(book) ? 'stopping' : book.phase);
    if (book.phase === 'stopping') return shown === 'stopping';
    if (!this.book.mayRun(book)) return shown === 'stopped';
    return shown === 'waiting' || shown === 'pausing';
  }

  #isFit(): boolean {
    const all: readonly {
      readonly settings: { readonly required: boolean };
      readonly trouble: TroubleBook;
    }[] = [...this.book.services, ...this.hooks.hooks];
    if (all.some(({ settings, trouble }) => settings.required && trouble.unfitUntil !== null))
      return false;
    const blocked = this.#blocked();
    return !this.book.services.some(
      ({ settings, held }) => settings.required && !held && blocked.has(settings.name),
    );
  }

  /** What is not up and marked, or needs what is blocked. */
  #blocked(): ReadonlySet<string> {
    const away = this.book.services.filter(({ phase }) => phase !== 'up');
    const blocked = new Set<string>();
    for (let before = -1; before !== blocked.size;) {
      before = blocked.size;
      for (const { settings, trouble } of away) {
        const isBlocked = settings.after.some((name) => blocked.has(name));
        if (trouble.unfitUntil !== null || isBlocked) blocked.add(settings.name);
      }
    }
    return blocked;
  }
}

/** What is remembered of hooks is on disk before what comes after it: hooks wait for that, services do not (G9). */
function demandOrder(effects: readonly GuardianEffect[]): void {
  const at = effects.findIndex(({ type }) => type === 'rememberHooks');
  if (at < 0) return;
  const before = effects.slice(0, at).some(({ type }) => type === 'runHook');
  demand('G8', !before, 'a hook is run before it is remembered that it is not done');
  const after = effects.slice(at).find(({ type }) => type.endsWith('Service'));
  demand('G9', after === undefined, `${after?.type} waits for the disk`);
}
