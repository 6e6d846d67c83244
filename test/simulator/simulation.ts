// One run of one seed: a fresh pair, faults for a while with every invariant checked after every event, then everything
// is mended and a healthy pair must follow without help, unless both boxes rightly wait for the operator.
import { boxA, durableRecord } from '../core/builders.ts';
import type { Box } from './box.ts';
import { Clients } from './clients.ts';
import type { Core } from './core.ts';
import { beginExam, calmMs, examWithinMs, mayBeExamined } from './exam.ts';
import { Faults } from './faults.ts';
import type { Flights } from './flight.ts';
import { isHealthy, isHealthyWith } from './health.ts';
import { Invariants } from './invariants.ts';
import { text } from './ledger.ts';
import type { Violation } from './ledger.ts';
import { lsnOf } from './log.ts';
import { order, takeoverCommand } from './operatorActs.ts';
import { operatorIsNeeded } from './operatorIsNeeded.ts';
import { Random } from './random.ts';
import type { SimulatedArbiter } from './simulatedArbiter.ts';
import { Director, stageOptions } from './stage.ts';
import type { Stage } from './stage.ts';
import { said } from './steps.ts';
import type { Counts } from './tally.ts';
import { Trace } from './trace.ts';
import type { ThemeName } from './themes.ts';
import { World } from './world.ts';
import { drawSecondPath } from './secondPath.ts';
import { drawServices } from './services.ts';
import { drawOptions, joined } from './worldOptions.ts';
import type { Planted, WorldOptions } from './worldOptions.ts';

export type Outcome = {
  readonly seed: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly acknowledged: number;
  /** How long some box could acknowledge a write. */
  readonly availableMs: number;
  readonly tally: Counts;
  readonly violation: Violation | null;
  readonly trace: readonly string[];
};

const tracedLines = 120;

export type Request = {
  readonly seed: number;
  /** How long faults are drawn, in simulated time. */
  readonly safetyMs: number;
  readonly arbiter?: SimulatedArbiter;
  readonly planted?: Planted;
  /** A world that is made for one story, instead of a drawn one. */
  readonly stage?: Stage;
  readonly print?: (line: string) => void;
  /** Takes the flight records of all agents. */
  readonly flights?: Flights;
};

/** What kind of world a seed has, without running it. */
export function themeOf(seed: number, arbiter: SimulatedArbiter): ThemeName | null {
  return drawOptions(new Random(seed), 0, arbiter, {}).theme;
}

export function simulate(core: Core, request: Request): Outcome {
  const { seed, safetyMs, stage, print, flights } = request;
  const random = new Random(seed);
  // What a script draws takes nothing from what the world draws, and the other way round.
  const director = stage === undefined ? null : new Director(stage, random.branch());
  const trace = new Trace(print ?? null);
  const world = new World(core, random, optionsOf(request, random), trace);
  world.flights = flights ?? null;
  const run = new Run(world, director);
  run.safety(safetyMs);
  run.liveness();
  run.availability();
  return {
    seed,
    simulatedMs: world.queue.nowMs,
    events: run.events,
    acknowledged: world.ledger.acknowledgedWrites,
    availableMs: run.availableMs,
    tally: world.tally,
    violation: world.ledger.violation,
    trace: trace.last(tracedLines),
  };
}

function optionsOf(request: Request, random: Random): WorldOptions {
  const { seed, safetyMs, planted, stage, arbiter = 'lan' } = request;
  if (stage !== undefined) return stageOptions(stage, safetyMs, arbiter);
  const options = joined(
    drawOptions(random, safetyMs, arbiter, planted ?? {}),
    drawSecondPath(seed),
  );
  return { ...options, services: drawServices(seed) };
}

class Run {
  readonly #world: World;
  readonly #director: Director | null;
  readonly #faults: Faults;
  readonly #invariants: Invariants;
  events = 0;

  constructor(world: World, director: Director | null) {
    this.#world = world;
    this.#director = director;
    this.#faults = new Faults(world);
    this.#invariants = new Invariants(world);
  }

  get availableMs(): number {
    return this.#invariants.availableMs;
  }

  safety(durationMs: number): void {
    installPair(this.#world);
    new Clients(this.#world).begin();
    this.#faults.begin(durationMs);
    this.#director?.begin(this.#faults);
    this.#until(durationMs, () => false);
  }

  liveness(): void {
    const { ledger } = this.#world;
    if (ledger.violation !== null) return;
    this.#world.trace('-', 'everything is mended');
    this.#faults.healAll();
    if (this.#until(healWithinMs(this.#world), () => isHealthy(this.#world))) return;
    if (!operatorIsNeeded(this.#world)) {
      ledger.break(
        'liveness',
        `no healthy pair in time after everything was mended: ${situation(this.#world)}`,
      );
      return;
    }
    this.#letOperatorDecide();
    if (!this.#until(healWithinMs(this.#world), () => isHealthy(this.#world))) {
      ledger.break(
        'liveness',
        `no healthy pair in time after the operator decided: ${situation(this.#world)}`,
      );
    }
  }

  /** One fault in calm: service must be back in time, and the pair healthy again after it is mended. */
  availability(): void {
    const world = this.#world;
    const isWanted = this.#director === null ? mayBeExamined(world) : this.#director.exam !== null;
    if (world.ledger.violation !== null || !isWanted) return;
    this.#until(calmMs(world), () => false);
    const primary = world.boxes.find((box) => isHealthyWith(world, box, box.peer));
    if (primary === undefined) return;
    const exam = beginExam(world, primary, this.#director?.exam ?? undefined);
    if (!this.#until(examWithinMs(world), exam.isPassed)) {
      world.ledger.break(
        'availability',
        `no service in time after ${exam.name}: ${situation(world)}`,
      );
      return;
    }
    exam.end();
    if (!this.#until(healWithinMs(world), () => isHealthy(world)))
      world.ledger.break(
        'liveness',
        `no healthy pair in time after ${exam.name}: ${situation(world)}`,
      );
  }

  /** Runs until the condition holds, or for so long; false when the time is over or an invariant is broken. */
  #until(durationMs: number, holds: () => boolean): boolean {
    const { queue, ledger } = this.#world;
    const endMs = queue.nowMs + durationMs;
    while (queue.nextMs <= endMs && ledger.violation === null) {
      queue.step();
      this.events += 1;
      this.#invariants.check();
      if (holds()) return true;
    }
    return false;
  }

  /** The operator takes the box that has everything, as `hotpair takeover` shows him; one that refuses says why. */
  #letOperatorDecide(): void {
    const { boxes, ledger, tally } = this.#world;
    const whole = boxes.filter((box) => box.holdsEverything);
    if (whole.length === 0) ledger.break('I1', 'neither box has all that was acknowledged');
    tally.operatorTakeovers += 1;
    for (const box of whole) {
      // The other one waits for him, and he keeps it from anything else.
      order(this.#world, box, takeoverCommand(this.#world, box, true));
      if (box.operatorOrdered) return;
    }
  }
}

/** A pair as init and join leave it: A alone, B an empty standby that was cloned from it. */
export function installPair(world: World): void {
  const [a, b] = world.boxes;
  const lsn = lsnOf(a.database.log);
  const first = durableRecord({
    epoch: 1,
    holder: boxA,
    partner: null,
    mode: 'solo',
    pairedHolder: null,
    timeline: 1,
    lsn,
    arbiter: world.options.arbiter,
  });
  a.disk.record = { ...first, node: a.nodeId };
  b.disk.record = { ...first, node: b.nodeId, mode: 'catchup' };
  a.powerOn(10);
  b.powerOn(world.random.between(10, 2000));
}

/** Boots, one clone and retries; and whatever the settings and the switch make everybody wait. */
function healWithinMs({ options: { settings, linkUp } }: World): number {
  return 60_000 + settings.soloMs + 2 * (settings.linkUpDeadlineMs + linkUp.listenMs);
}

function situation(world: World): string {
  return world.boxes.map((box) => describe(world, box)).join('; ');
}

function describe(world: World, box: Box): string {
  const { database, agent } = box;
  const runs = database.running ? `runs as ${database.role}` : 'is stopped';
  const details = [
    agent === null ? 'no agent' : `${agent.state.name}/${agent.state.phase}`,
    said(box.disk.record),
    box.addressOn ? 'address on' : 'address off',
    `database ${runs}${database.synchronous ? ', synchronous' : ''}${database.admitted ? ', open' : ''}`,
    `log ${text(database.log)}`,
    world.replicationTo(box).standbySees ? 'streams' : 'does not stream',
    agent?.standing?.eligible === true ? 'eligible' : 'not eligible',
    `pending ${Object.keys(agent?.state.pending ?? {}).join(' ')}`,
  ];
  return `${box.name} ${details.join(', ')}`;
}
