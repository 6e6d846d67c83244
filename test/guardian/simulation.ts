// One simulated box: a guardian's machine, the processes that it looks after, an agent that tells roles, an operator, and
// guardians that end at any moment. One seed draws everything. First every rule holds under any fault; then the world is healed,
// and everything that is to run runs, and nothing else.
import type { GuardianEffect } from '../../src/core/guardian/effects.ts';
import type { GuardianEvent, Remembered } from '../../src/core/guardian/events.ts';
import type { GuardianRole, GuardianSettings } from '../../src/core/guardian/settings.ts';
import type { GuardianState } from '../../src/core/guardian/state.ts';
import { EventQueue } from '../simulator/eventQueue.ts';
import { Random } from '../simulator/random.ts';
import { drawnSettings } from './drawnSettings.ts';
import { Exam } from './exam.ts';
import type { GuardianCore } from './guardianCore.ts';
import { Violation, demand } from './guardianCore.ts';
import type { Memory } from './hookBook.ts';
import { Processes, calm } from './processes.ts';
import type { Temper, Told } from './processes.ts';

const safetyMs = 3 * 60_000;
/** The longest pause of a required hook, and what a chain of services needs to start one after the other. */
const healingMs = 3 * 60_000;

export type Outcome = {
  readonly seed: number;
  readonly violation: { readonly rule: string; readonly text: string } | null;
  readonly trace: readonly string[];
  readonly tally: Readonly<Record<string, number>>;
};

export function simulateGuardian(core: GuardianCore, seed: number): Outcome {
  const box = new SimulatedBox(core, seed);
  const outcome = (violation: Outcome['violation']): Outcome => ({
    seed,
    violation,
    trace: box.trace,
    tally: box.tally,
  });
  try {
    box.run();
    return outcome(null);
  } catch (error) {
    if (error instanceof Violation) return outcome({ rule: error.rule, text: error.message });
    // A machine that throws has seen a broken rule itself.
    const text = error instanceof Error ? error.message : String(error);
    return outcome({ rule: 'thrown', text });
  }
}

class SimulatedBox {
  readonly #core: GuardianCore;
  readonly #random: Random;
  readonly #queue = new EventQueue();
  readonly #settings: GuardianSettings;
  readonly #processes: Processes;
  readonly #exam: Exam;
  readonly trace: string[] = [];
  readonly tally: Record<string, number> = {};
  #state: GuardianState | null = null;
  #remembered: Remembered | null = null;
  #memory: Memory | null = null;
  #role: GuardianRole = 'none';
  #epoch = 1;
  #wakeAt = Infinity;
  #nextCommand = 1;
  #life = 0;
  #stalledUntil = 0;
  /** Hooks that ended well since the agent's role began, as far as the guardian was told of it. */
  readonly #ran = new Set<string>();

  constructor(core: GuardianCore, seed: number) {
    this.#core = core;
    this.#random = new Random(seed);
    this.#settings = drawnSettings(this.#random);
    this.#processes = new Processes(this.#queue, this.#random, this.#settings, (event) =>
      this.#mail(event),
    );
    this.#exam = new Exam(core, this.#settings);
  }

  run(): void {
    this.#begin();
    this.#repeat(8000, () => this.#newTempers());
    this.#repeat(12_000, () => this.#changeRole());
    this.#repeat(15_000, () => this.#order());
    this.#repeat(20_000, () => this.#processes.killSomething());
    this.#repeat(30_000, () => this.#processes.exceedLimit());
    this.#repeat(25_000, () => this.#guardianEnds());
    this.#repeat(10_000, () => this.#stall());
    this.#runUntil(safetyMs);
    this.#heal();
    this.#runUntil(safetyMs + healingMs);
    this.#isHealthy();
    if (this.#random.chance(0.5)) this.#shutDown();
  }

  #runUntil(untilMs: number): void {
    while (this.#queue.nextMs <= untilMs) this.#queue.step();
  }

  #repeat(meanMs: number, run: () => void): void {
    this.#queue.after(this.#random.exponential(meanMs), () => {
      if (this.#processes.healed) return;
      run();
      this.#repeat(meanMs, run);
    });
  }

  #count(what: string): void {
    this.tally[what] = (this.tally[what] ?? 0) + 1;
  }

  /** Events come in their order, when the guardian takes them; where there is none, nobody is told. */
  #mail(event: Told): void {
    if (this.#state === null) return;
    const life = this.#life;
    this.#queue.at(this.#stalledUntil, () => {
      if (life === this.#life) this.#deliver(event);
    });
  }

  /** Of the guardian process: what happens meanwhile waits in its mailbox, and ticks are late. */
  #stall(): void {
    const until = this.#queue.nowMs + this.#random.between(0, 3000);
    this.#stalledUntil = Math.max(this.#stalledUntil, until);
  }

  #deliver(told: Told): void {
    if (this.#state === null) return;
    this.#processes.wasTold(told);
    const event = { ...told, at: this.#queue.nowMs, draw: this.#random.unit() } as GuardianEvent;
    const { state, effects } = this.#core.stepGuardian(this.#state, event, this.#settings);
    this.#count(event.type);
    this.#note(event, effects);
    this.#state = state;
    this.#remembered = this.#core.rememberedOf(state);
    this.#exam.step(event, effects, state);
    this.#isQuietUntilWoken(state);
    // A guardian may end between two effects.
    const most =
      this.#processes.healed || !this.#random.chance(0.002) ? Infinity : this.#random.below(3);
    for (const effect of effects.slice(0, most)) this.#carryOut(effect);
    if (effects.length > most) this.#guardianEnds();
    else this.#wake();
  }

  #note(event: GuardianEvent, effects: readonly GuardianEffect[]): void {
    if (event.type === 'tick' && effects.length === 0) return;
    this.trace.push(
      `${event.at.toFixed(1)} ${JSON.stringify({ ...event, at: undefined, draw: undefined })}`,
      ...effects.map((effect) => `    ${JSON.stringify(effect)}`),
    );
  }

  /** Nothing is forgotten when nobody asks before the time that the machine names, and nothing is left for a second look. */
  #isQuietUntilWoken(state: GuardianState): void {
    const wakeAt = this.#core.nextGuardianWakeAt(state, this.#settings);
    const now = this.#queue.nowMs;
    demand('G13', wakeAt > now, 'wants to be woken at once');
    const before = now + (Math.min(wakeAt, now + 60_000) - now) * 0.999;
    for (const at of [now, before]) {
      const tick = { type: 'tick', at, draw: 0 } as const;
      const { effects } = this.#core.stepGuardian(state, tick, this.#settings);
      const [first] = effects;
      demand(
        'G13',
        first === undefined,
        `does more ${at - now} ms later: ${JSON.stringify(first)}`,
      );
    }
  }

  #wake(): void {
    if (this.#state === null) return;
    const wakeAt = this.#core.nextGuardianWakeAt(this.#state, this.#settings);
    if (wakeAt === this.#wakeAt || wakeAt === Infinity) return;
    this.#wakeAt = wakeAt;
    const life = this.#life;
    // A tick may be late, as on a busy machine.
    const lateMs = this.#random.chance(0.05) ? this.#random.between(0, 300) : 0;
    this.#queue.at(wakeAt + lateMs, () => {
      if (life !== this.#life || this.#wakeAt !== wakeAt) return;
      this.#wakeAt = Infinity;
      this.#mail({ type: 'tick' });
    });
  }

  #carryOut(effect: GuardianEffect): void {
    this.#count(effect.type === 'report' ? effect.report : effect.type);
    switch (effect.type) {
      case 'startService':
        return this.#processes.start(effect);
      case 'stopService':
        return this.#processes.stop(effect);
      case 'runCheck':
        return this.#processes.check(effect);
      case 'runHook': {
        const key = this.#keyOf(effect.hook, effect.role, effect.epoch);
        return this.#processes.hook(effect, (ok) => {
          if (ok) this.#ran.add(key);
        });
      }
      case 'cancelHook':
        return this.#processes.cancel(effect);
      case 'rememberHooks':
        this.#memory = { role: effect.role, epoch: effect.epoch, done: effect.done };
        return;
      case 'answerOrder':
      case 'report':
    }
  }

  #keyOf(hook: string, role: GuardianRole, epoch: number): string {
    return `${hook} ${role} ${epoch}`;
  }

  #begin(): void {
    const { found, remembered, hooksDone } = {
      found: this.#processes.running().map((service) => ({
        service,
        current: !this.#random.chance(0.1),
      })),
      remembered: this.#remembered,
      hooksDone: this.#memory,
    };
    this.#processes.adoptAll();
    this.#state = this.#core.initialGuardianState(this.#settings);
    this.#exam.begin(this.#queue.nowMs, found, hooksDone);
    this.#deliver({ type: 'guardianStarted', found, remembered, hooksDone });
    const life = this.#life;
    this.#queue.after(this.#random.between(0, 2000), () => {
      if (life === this.#life) this.#tellRole();
    });
  }

  #guardianEnds(): void {
    if (this.#state === null) return;
    this.trace.push(`${this.#queue.nowMs.toFixed(1)} the guardian ends`);
    this.#count('guardian ends');
    this.#life += 1;
    this.#state = null;
    this.#wakeAt = Infinity;
    this.#processes.guardianEnds();
    this.#queue.after(this.#random.between(10, 5000), () => this.#begin());
  }

  #changeRole(): void {
    this.#role = this.#random.pick(['primary', 'primary', 'standby', 'none'] as const);
    // A role that comes back has another epoch, unless the guardian saw it go.
    if (this.#state === null || !this.#random.chance(0.2)) this.#epoch += 1;
    this.#tellRole();
    // Now and then roles change in quick succession.
    if (this.#random.chance(0.3))
      this.#queue.after(this.#random.between(0, 1500), () => this.#changeRole());
  }

  #tellRole(): void {
    this.#mail({ type: 'roleChanged', role: this.#role, epoch: this.#epoch });
  }

  #order(): void {
    const names = this.#settings.services.map(({ name }) => name);
    // Now and then several at once.
    if (this.#random.chance(0.2))
      for (const name of names) if (this.#random.chance(0.5)) this.#orderNow(name, 'stop');
    const service = this.#random.chance(0.05) ? 'nobody' : this.#random.pick(names);
    // Held services are to be started again more often than not.
    const order = this.#random.pick(['start', 'start', 'restart', 'stop'] as const);
    this.#orderNow(service, order);
  }

  #orderNow(service: string, order: 'start' | 'stop' | 'restart'): void {
    const commandId = this.#nextCommand;
    this.#nextCommand += 1;
    this.#mail({ type: 'serviceOrdered', commandId, order, service });
  }

  #newTempers(): void {
    const random = this.#random;
    this.#processes.hookTemper = {
      fails: random.pick([0, 0, 0.3, 1]),
      hangs: random.pick([0, 0, 0.3]),
    };
    for (const { name } of this.#settings.services)
      if (random.chance(0.3)) this.#processes.setTemper(name, drawnTemper(random));
  }

  #heal(): void {
    this.trace.push(`${this.#queue.nowMs.toFixed(1)} the world is healed`);
    this.#processes.heal();
    for (const { name } of this.#settings.services)
      if (this.#random.chance(0.7)) this.#orderNow(name, 'start');
  }

  #isHealthy(): void {
    const state = this.#state;
    if (state === null) throw new Error('the guardian is not there');
    const { book, hooks } = this.#exam;
    demand('G14', book.role === this.#role, 'the role is another one');
    for (const service of book.services) {
      const { name } = service.settings;
      const isThere = this.#processes.isThere(name);
      if (!book.mayRun(service)) {
        demand('G14', service.phase === 'off' && !isThere, `${name} is there, and not to run`);
        continue;
      }
      if (this.#waitsForHeld(name)) continue;
      demand('G14', service.phase === 'up' && isThere, `${name} is to run, and ${service.phase}`);
      demand('G14', !this.#processes.hangs(name), `${name} hangs`);
      demand('G5', service.trouble.unfitUntil === null, `${name} is up, and unfit`);
    }
    for (const { settings, progress } of hooks.hooks) {
      if (!settings.on.includes(this.#role)) continue;
      demand('G8', progress !== 'waiting', `${settings.name} was not run`);
      const key = this.#keyOf(settings.name, this.#role, this.#epoch);
      const isDone = progress !== 'done' || this.#ran.has(key) || this.#epochMoved(settings.name);
      demand('G8', isDone, `${settings.name} counts as done, and never ended well`);
    }
  }

  /** It was run in an earlier epoch of the same role, which it is not run for again. */
  #epochMoved(hook: string): boolean {
    return [...this.#ran].some((key) => key.startsWith(`${hook} ${this.#role} `));
  }

  #waitsForHeld(name: string): boolean {
    const { book } = this.#exam;
    return book
      .named(name)
      .settings.after.some((other) => !book.mayRun(book.named(other)) || this.#waitsForHeld(other));
  }

  #shutDown(): void {
    const commandId = this.#nextCommand;
    this.#mail({ type: 'shutdownOrdered', commandId });
    this.#runUntil(this.#queue.nowMs + healingMs);
    const left = this.#processes.running();
    demand('G14', left.length === 0, `${left.join()} runs after the shutdown`);
    const { answerOrder = 0 } = this.tally;
    demand('G11', answerOrder > 0, 'the shutdown is not answered');
  }
}

function drawnTemper(random: Random): Temper {
  return random.weighted<Temper>([
    [calm, 4],
    [{ ...calm, livesMs: random.between(100, 20_000) }, 3],
    [{ ...calm, startFails: random.pick([0.5, 1]) }, 1],
    [{ ...calm, startHangs: random.pick([0.5, 1]) }, 1],
    [{ ...calm, checksFail: random.between(0, 1) }, 1],
    [{ ...calm, hangs: random.pick([0.5, 1]) }, 2],
    [{ ...calm, ignoresTerm: 1, livesMs: 30_000 }, 1],
    [{ ...calm, unkillable: 0.5, hangs: 0.5 }, 2],
  ]);
}
