// The processes of a simulated box: how services start, die, hang and stop, and how hooks end. What the guardian asks for is
// carried out here, as the guardian process promises to; an operation that it may not ask for breaks G1, G8 or G10 at once.
import type { GuardianEffect } from '../../src/core/guardian/effects.ts';
import type { GuardianEvent } from '../../src/core/guardian/events.ts';
import type { GuardianSettings, ServiceSettings } from '../../src/core/guardian/settings.ts';
import type { EventQueue } from '../simulator/eventQueue.ts';
import type { Random } from '../simulator/random.ts';
import { demand } from './guardianCore.ts';

type Without<E> = E extends unknown ? Omit<E, 'at' | 'draw'> : never;
export type Told = Without<GuardianEvent>;
type EffectOf<T extends GuardianEffect['type']> = GuardianEffect & { readonly type: T };

/** How a service behaves at present; all of it is over when the world is healed. */
export type Temper = {
  startFails: number;
  startHangs: number;
  /** Mean life after a start. */
  livesMs: number;
  checksFail: number;
  /** Checks fail for as long as it runs. */
  hangs: number;
  ignoresTerm: number;
  unkillable: number;
};

export const calm: Temper = {
  startFails: 0,
  startHangs: 0,
  livesMs: Infinity,
  checksFail: 0,
  hangs: 0,
  ignoresTerm: 0,
  unkillable: 0,
};

type Process = { readonly token: number; hangs: boolean; unkillableUntil: number };

type Box = {
  readonly settings: ServiceSettings;
  temper: Temper;
  process: Process | null;
  /** It ended or was not started, and the guardian has not taken that in yet: it may still ask it to stop. */
  endUntold: boolean;
  starting: number | null;
  stopping: number | null;
};

export class Processes {
  readonly #queue: EventQueue;
  readonly #random: Random;
  readonly #tell: (event: Told) => void;
  readonly #boxes: ReadonlyMap<string, Box>;
  readonly #checks = new Map<string, number>();
  readonly #hooks = new Map<string, number>();
  /** Hooks that have ended, told or not, by their tokens. */
  readonly #ended = new Set<number>();
  /** Of optional and required hooks: how likely one fails, and hangs up to its deadline. */
  hookTemper = { fails: 0, hangs: 0 };
  /** Raised when the guardian ends: what was under way for it tells nobody. */
  #life = 0;
  healed = false;

  constructor(
    queue: EventQueue,
    random: Random,
    settings: GuardianSettings,
    tell: (event: Told) => void,
  ) {
    this.#queue = queue;
    this.#random = random;
    this.#tell = tell;
    this.#boxes = new Map(
      settings.services.map((one) => [
        one.name,
        {
          settings: one,
          temper: calm,
          process: null,
          endUntold: false,
          starting: null,
          stopping: null,
        },
      ]),
    );
  }

  isThere(name: string): boolean {
    const box = this.#boxes.get(name);
    return box !== undefined && (box.process !== null || box.starting !== null);
  }

  hangs(name: string): boolean {
    return this.#box(name).process?.hangs ?? false;
  }

  running(): readonly string[] {
    return [...this.#boxes].filter(([, box]) => box.process !== null).map(([name]) => name);
  }

  setTemper(name: string, temper: Temper): void {
    this.#box(name).temper = temper;
  }

  heal(): void {
    this.healed = true;
    this.hookTemper = { fails: 0, hangs: 0 };
    for (const box of this.#boxes.values()) {
      box.temper = calm;
      // Nobody looks at a service without checks.
      if (box.process !== null && box.settings.checks.length === 0) box.process.hangs = false;
    }
  }

  /** The guardian ends in the middle of whatever it does. Services run on; what was begun is done or not. */
  guardianEnds(): void {
    this.#life += 1;
    this.#checks.clear();
    this.#hooks.clear();
    this.#ended.clear();
    for (const box of this.#boxes.values()) {
      if (box.starting !== null && this.#random.chance(0.5)) this.#spawn(box, box.starting);
      if (box.stopping !== null && this.#random.chance(0.5)) box.process = null;
      box.starting = null;
      box.stopping = null;
      box.endUntold = false;
    }
  }

  killSomething(): void {
    const running = this.running();
    if (running.length > 0) this.#exit(this.#box(this.#random.pick(running)), 'killed');
  }

  exceedLimit(): void {
    const running = this.running();
    if (running.length === 0) return;
    const box = this.#box(this.#random.pick(running));
    const token = this.#tokenOf(box);
    this.#tell({ type: 'limitExceeded', service: box.settings.name, token, text: 'memory' });
  }

  /** Processes that were found have no start in the life of this guardian. */
  readonly found = new Set<Process>();

  /** A guardian begins: what ended while there was none is not told to it. */
  adoptAll(): void {
    this.#life += 1;
    this.found.clear();
    for (const box of this.#boxes.values()) {
      box.endUntold = false;
      if (box.process !== null) this.found.add(box.process);
    }
  }

  #tokenOf({ process }: Box): number {
    return process === null || this.found.has(process) ? 0 : process.token;
  }

  #box(name: string): Box {
    const box = this.#boxes.get(name);
    if (box === undefined) throw new Error(`there is no service ${name}`);
    return box;
  }

  /** Runs later, unless the guardian has ended by then. */
  #later(delayMs: number, run: () => void): void {
    const life = this.#life;
    this.#queue.after(delayMs, () => {
      if (life === this.#life) run();
    });
  }

  start({ service, token }: EffectOf<'startService'>): void {
    const box = this.#box(service);
    demand('G1', box.starting === null, `${service} is started while a start is under way`);
    demand('G1', box.stopping === null, `${service} is started while it is being stopped`);
    demand('G1', box.process === null, `${service} is started while it runs`);
    box.starting = token;
    if (this.#random.chance(box.temper.startHangs)) return;
    this.#later(this.#random.between(1, 400), () => this.#answerStart(box, token));
  }

  #answerStart(box: Box, token: number): void {
    if (box.starting !== token) return;
    box.starting = null;
    const service = box.settings.name;
    if (this.#random.chance(box.temper.startFails)) {
      box.endUntold = true;
      this.#tell({ type: 'serviceNotStarted', service, token, text: 'no such file' });
      return;
    }
    this.#spawn(box, token);
    this.#tell({ type: 'serviceStarted', service, token });
  }

  #spawn(box: Box, token: number): void {
    const process = {
      token,
      hangs: this.#random.chance(box.temper.hangs),
      unkillableUntil: this.#random.chance(box.temper.unkillable)
        ? this.#queue.nowMs + this.#random.between(0, 60_000)
        : 0,
    };
    box.process = process;
    if (box.temper.livesMs === Infinity) return;
    this.#queue.after(this.#random.exponential(box.temper.livesMs), () => {
      if (box.process === process && !this.healed) this.#exit(box, 'exit code 1');
    });
  }

  /** Whoever is being stopped is told about only as stopped. */
  #exit(box: Box, text: string): void {
    const token = this.#tokenOf(box);
    box.process = null;
    if (box.stopping !== null) return;
    box.endUntold = true;
    this.#later(this.#random.between(0, 20), () => {
      if (box.stopping === null)
        this.#tell({ type: 'serviceExited', service: box.settings.name, token, text });
    });
  }

  /** The guardian takes it in. */
  wasTold(event: Told): void {
    if (event.type === 'serviceExited' || event.type === 'serviceNotStarted')
      this.#box(event.service).endUntold = false;
    else if (event.type === 'hookDone' && this.#hooks.get(event.hook) === event.token)
      this.#hooks.delete(event.hook);
    else if (event.type === 'checkDone') this.#checks.delete(`${event.service} ${event.check}`);
  }

  stop({ service, token, kill, deadlineMs }: EffectOf<'stopService'>): void {
    const box = this.#box(service);
    demand('G1', box.stopping === null, `${service} is stopped twice`);
    const isThere = box.process !== null || box.starting !== null || box.endUntold;
    demand('G1', isThere, `${service} is stopped although nothing of it is there`);
    box.stopping = token;
    // A start that was given up is answered or not; either way it says nothing any more.
    if (box.starting !== null && this.#random.chance(0.5)) this.#answerStart(box, box.starting);
    box.starting = null;
    const asked = kill || this.#random.chance(box.temper.ignoresTerm);
    const takesMs = asked
      ? deadlineMs + this.#random.between(0, 50)
      : this.#random.between(0, Math.min(deadlineMs, 1000));
    this.#later(takesMs, () => this.#end(box, token));
  }

  #end(box: Box, token: number): void {
    const leftMs = (box.process?.unkillableUntil ?? 0) - this.#queue.nowMs;
    if (leftMs > 0 && !this.healed) {
      this.#later(Math.min(leftMs, 500), () => this.#end(box, token));
      return;
    }
    box.process = null;
    box.stopping = null;
    box.endUntold = false;
    this.#tell({ type: 'serviceStopped', service: box.settings.name, token });
  }

  check({ service, check, token, timeoutMs }: EffectOf<'runCheck'>): void {
    const box = this.#box(service);
    const key = `${service} ${check}`;
    demand('G10', !this.#checks.has(key), `check ${key} is run twice at once`);
    this.#checks.set(key, token);
    const { process } = box;
    const answers = process !== null && !process.hangs;
    const ok = answers && !this.#random.chance(box.temper.checksFail);
    const takesMs = answers ? this.#random.between(0, timeoutMs / 2) : timeoutMs;
    this.#later(takesMs, () => {
      this.#tell({ type: 'checkDone', service, token, check, ok, text: ok ? 'answers' : 'none' });
    });
  }

  hook({ hook, token, deadlineMs }: EffectOf<'runHook'>, ran: (ok: boolean) => void): void {
    demand('G8', !this.#hooks.has(hook), `${hook} is run twice at once`);
    this.#hooks.set(hook, token);
    const hangs = this.#random.chance(this.hookTemper.hangs);
    const ok = !hangs && !this.#random.chance(this.hookTemper.fails);
    const takesMs = hangs ? deadlineMs : this.#random.between(1, Math.min(deadlineMs, 800));
    this.#later(takesMs, () => {
      if (this.#hooks.get(hook) === token && !this.#ended.has(token)) ran(ok);
      this.#endHook(hook, token, ok);
    });
  }

  cancel({ hook, token }: EffectOf<'cancelHook'>): void {
    demand('G8', this.#hooks.get(hook) === token, `${hook} is cancelled and does not run`);
    // Now and then one takes long to die.
    const takesMs = this.#random.chance(0.1) ? 3000 : this.#random.between(0, 30);
    this.#later(takesMs, () => this.#endHook(hook, token, false));
  }

  #endHook(hook: string, token: number, ok: boolean): void {
    if (this.#hooks.get(hook) !== token || this.#ended.has(token)) return;
    this.#ended.add(token);
    this.#tell({ type: 'hookDone', hook, token, ok, text: ok ? 'exit code 0' : 'exit code 1' });
  }
}
