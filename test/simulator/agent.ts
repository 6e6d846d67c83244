// One run of the agent's process: the core's state, its timer, what waits for it while it is stalled, and its effects.
import type { CoreEvent } from '../../src/core/events.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import type { Settings } from '../../src/core/settings.ts';
import type { Standing } from '../../src/core/standing.ts';
import type { State } from '../../src/core/state.ts';
import type { Box } from './box.ts';
import type { Core, Happening } from './core.ts';
import { EffectRunner } from './effectRunner.ts';
import type { Flight } from './flight.ts';
import { placeOf } from './services.ts';
import type { World } from './world.ts';

const maxInbox = 300;
const maxEffects = 60;
const measureEvery = 4096;
const maxStateLength = 16_384;

export class Agent {
  readonly agentStart: string;
  readonly settings: Settings;
  alive = true;
  /** What the ledger said in its life, and has forgotten since. */
  readonly forgotten: LedgerEntry[] = [];
  /** What it said last to the peer. */
  standing: Standing | null = null;
  state: State;
  readonly #world: World;
  readonly #box: Box;
  readonly #effects: EffectRunner;
  readonly #flight: Flight | null;
  #stalledUntilMs = 0;
  #inbox: Happening[] = [];
  #wakeMs = Infinity;
  #watchMs = 500;
  #watchTurn = 0;
  #ticksAt = 0;
  #ticks = 0;
  #handled = 0;

  constructor(world: World, box: Box) {
    this.#world = world;
    this.#box = box;
    this.agentStart = world.random.hex(8);
    const { settings, planted, services } = world.options;
    const place = placeOf(box.side, services);
    const own = { self: box.nodeId, arbiter: box.arbiter, ...place };
    this.settings = { ...settings, ...own, ...planted.settings };
    this.state = world.core.initialState(this.settings);
    this.#effects = new EffectRunner(world, box, this);
    const { settings: inForce, state } = this;
    const beginning = { at: box.clockMs(), settings: inForce, state };
    this.#flight = world.flights?.begin(box.name, beginning) ?? null;
  }

  get isStalled(): boolean {
    return this.#stalledUntilMs > this.#world.queue.nowMs;
  }

  begin(): void {
    const record = this.#box.disk.read();
    this.#world.trace(
      this.#box.name,
      `agent starts with ${record === null ? 'no record' : `${record.mode} ${record.epoch}`}`,
    );
    this.#handle({
      type: 'agentStarted',
      agentStart: this.agentStart,
      record,
      database: this.#world.observe(this.#box),
      port: this.#box.port(),
      heartbeatCarrier: this.#box.heartbeatCarrier,
    });
    this.#observeLater();
  }

  /** The process is gone. `orphansMayFinish`: what its children and the kernel had in hand may still be done. */
  end(orphansMayFinish: boolean): void {
    this.alive = false;
    this.#effects.end(orphansMayFinish);
    this.#inbox = [];
  }

  /** Hands an event to the core, or leaves it waiting in a socket while the process is stalled. */
  deliver(happening: Happening): void {
    if (!this.alive) return;
    if (!this.isStalled) this.#handle(happening);
    else if (this.#inbox.length < maxInbox || happening.type !== 'heartbeatReceived')
      this.#inbox.push(happening);
  }

  /** SIGSTOP, or a loop that is blocked, for so long. */
  stall(durationMs: number): void {
    const untilMs = this.#world.queue.nowMs + durationMs;
    if (untilMs <= this.#stalledUntilMs) return;
    this.#stalledUntilMs = untilMs;
    this.#world.queue.at(untilMs, () => this.#resume());
  }

  /** What was being read of the database when it was changed says nothing of now: it is read anew, at once. */
  databaseChanged(): void {
    this.#observeLater(0);
  }

  watchDatabase(intervalMs: number): void {
    this.#watchMs = intervalMs;
    this.#observeLater();
  }

  /** Whether timers or sockets are served first after a stall is not known. */
  #resume(): void {
    if (!this.alive || this.isStalled) return;
    const waiting = this.#inbox;
    this.#inbox = [];
    const timersFirst = this.#world.random.chance(0.5);
    if (timersFirst) this.#tick();
    for (const happening of waiting) this.deliver(happening);
    if (!timersFirst) this.#tick();
  }

  #handle(happening: Happening): void {
    // Every happening is delivered once, so it can carry its own time instead of being copied.
    const event = Object.assign(happening, { at: this.#box.clockMs() });
    const before = this.state;
    const result = this.#step(event);
    if (result === null) return;
    const { state, effects } = result;
    this.state = state;
    this.#flight?.stepped({ before, event, after: state, effects });
    this.#world.traceEvent(this.#box, happening);
    if (effects.length > maxEffects)
      this.#world.ledger.break('bounded', `${effects.length} effects in one step`);
    this.#handled += 1;
    if (this.#handled % measureEvery === 0) this.#measureState();
    for (const effect of effects) {
      if (!this.alive) return;
      this.#effects.run(effect);
    }
    this.#sleep();
  }

  /** A core that finds its own invariant broken throws: its process ends, and so does the run. */
  #step(event: CoreEvent): ReturnType<Core['step']> | null {
    try {
      return this.#world.core.step(this.state, event, this.settings);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#world.ledger.break('broken', `the core of ${this.#box.name} gave up: ${text}`);
      this.end(false);
      return null;
    }
  }

  /** What a node remembers must not grow with its age. */
  #measureState(): void {
    const length = JSON.stringify(this.state, (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    ).length;
    if (length > maxStateLength)
      this.#world.ledger.break('bounded', `the state of ${this.#box.name} is ${length} characters`);
  }

  /** One timer: an earlier wake replaces a later one, a stale one only looks again. */
  #sleep(): void {
    const { queue, random } = this.#world;
    const dueMs = this.#box.worldMs(this.#world.core.nextWakeAt(this.state, this.settings)) + 0.001;
    if (dueMs >= this.#wakeMs || dueMs === Infinity) return;
    const lateMs = random.chance(0.02) ? random.between(0, 2.3) : 0.05;
    const wakeMs = Math.max(dueMs, queue.nowMs) + lateMs;
    this.#wakeMs = wakeMs;
    queue.at(wakeMs, () => this.#wake(wakeMs));
  }

  #wake(wakeMs: number): void {
    if (wakeMs !== this.#wakeMs) return;
    this.#wakeMs = Infinity;
    if (!this.alive || this.isStalled) return;
    if (this.#world.core.nextWakeAt(this.state, this.settings) <= this.#box.clockMs()) this.#tick();
    else this.#sleep();
  }

  #tick(): void {
    if (!this.alive) return;
    const { nowMs } = this.#world.queue;
    this.#ticks = nowMs - this.#ticksAt < 100 ? this.#ticks + 1 : 0;
    if (this.#ticks === 0) this.#ticksAt = nowMs;
    if (this.#ticks > 500)
      this.#world.ledger.break('bounded', 'the core asks to be woken without end');
    this.#handle({ type: 'tick' });
  }

  #observeLater(afterMs = this.#watchMs): void {
    this.#watchTurn += 1;
    const turn = this.#watchTurn;
    const { queue, random } = this.#world;
    queue.after(afterMs, () => {
      if (!this.alive || turn !== this.#watchTurn) return;
      const database = this.#world.observe(this.#box);
      queue.after(random.between(0.5, database.running && !database.answering ? 300 : 8), () => {
        if (!this.alive || turn !== this.#watchTurn) return;
        this.deliver({ type: 'databaseObserved', database });
        this.#observeLater();
      });
    });
  }
}
