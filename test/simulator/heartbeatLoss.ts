// A day on which the heartbeat cable loses many datagrams in both directions, each for itself, and nothing else happens: no
// fault is drawn, the settings are the product's own. What may happen then is nothing at all.
import { toCoreSettings } from '../../src/config/coreSettings.ts';
import type { Reason } from '../../src/core/reasons.ts';
import { someConfig } from '../config/configText.ts';
import { boxA, thePair } from '../core/builders.ts';
import { Clients } from './clients.ts';
import type { Core } from './core.ts';
import { isHealthy } from './health.ts';
import { Invariants } from './invariants.ts';
import type { Violation } from './ledger.ts';
import { Random } from './random.ts';
import { installPair } from './simulation.ts';
import type { Counts } from './tally.ts';
import { Trace } from './trace.ts';
import { World } from './world.ts';
import { drawOptions } from './worldOptions.ts';
import type { WorldOptions } from './worldOptions.ts';

export type LossRun = {
  readonly seed: number;
  /** From 0 to 1. */
  readonly loss: number;
  /** Frames of the log and probes are lost with the heartbeats, or pass. */
  readonly lost: 'heartbeats' | 'everything';
  readonly hours: number;
};

export type LossOutcome = LossRun & {
  /** Since the pair was healthy for the first time. */
  readonly changes: Counts;
  /** Changes of the state of either box, whatever they were. */
  readonly transitions: number;
  /** Part of the time in which the standby had the right to take over. */
  readonly eligibleShare: number;
  /** How often it lost that right, and for how long at most. */
  readonly eligibilityLosses: number;
  readonly longestUneligibleMs: number;
  readonly acknowledged: number;
  /** Part of the time in which a write could be acknowledged. */
  readonly availableShare: number;
  /** The longest time in which a box heard nothing of the other one. */
  readonly longestSilenceMs: number;
  readonly notes: Readonly<Record<string, number>>;
  readonly violation: Violation | null;
};

const hourMs = 3_600_000;
const watchdogMs = 2000;
const healthyWithinMs = 120_000;

/** Throws where the pair is not healthy in time at the beginning. */
export function loseHeartbeats(core: Core, run: LossRun): LossOutcome {
  const world = lossyWorld(core, run);
  const invariants = new Invariants(world);
  const { queue, ledger, tally } = world;
  const step = (): void => {
    queue.step();
    invariants.check();
  };
  installPair(world);
  new Clients(world).begin();
  while (!isHealthy(world)) {
    if (queue.nowMs > healthyWithinMs)
      throw new Error(`seed ${run.seed}: no healthy pair to begin with`);
    step();
  }
  if (run.lost === 'heartbeats') beginFilter(world, run.loss);
  const before = countsOf(tally);
  const acknowledgedBefore = ledger.acknowledgedWrites;
  const availableBeforeMs = invariants.availableMs;
  const beganMs = queue.nowMs;
  const watch = new Watch(world);
  const endMs = queue.nowMs + run.hours * hourMs;
  while (queue.nextMs <= endMs && ledger.violation === null) {
    step();
    watch.look();
  }
  return {
    ...run,
    changes: difference(countsOf(tally), before),
    ...watch.figures(),
    acknowledged: ledger.acknowledgedWrites - acknowledgedBefore,
    availableShare: (invariants.availableMs - availableBeforeMs) / (queue.nowMs - beganMs),
    violation: ledger.violation,
  };
}

function countsOf({
  takeovers,
  solos,
  rejoins,
  pairings,
  switchovers,
  operatorTakeovers,
}: Counts): Counts {
  return { takeovers, solos, rejoins, pairings, switchovers, operatorTakeovers };
}

function difference(after: Counts, before: Counts): Counts {
  return {
    takeovers: after.takeovers - before.takeovers,
    solos: after.solos - before.solos,
    rejoins: after.rejoins - before.rejoins,
    pairings: after.pairings - before.pairings,
    switchovers: after.switchovers - before.switchovers,
    operatorTakeovers: after.operatorTakeovers - before.operatorTakeovers,
  };
}

function lossyWorld(core: Core, { seed, loss, lost, hours }: LossRun): World {
  const random = new Random(seed);
  const settings = toCoreSettings(someConfig(), watchdogMs, { nodeId: boxA, pairId: thePair });
  const options: WorldOptions = {
    ...drawOptions(random.branch(), hours * hourMs, 'lan', {}),
    settings,
    linkUp: { linkMs: 0, listenMs: 0 },
    theme: null,
    heartbeatLoss: lost === 'everything' ? loss : 0,
    lanLoss: 0,
    isolatedLan: false,
    databaseFailure: 0,
    promotionFailure: 0,
  };
  return new World(core, random, options, new Trace(null));
}

/** On top of what the cable loses anyhow. */
function beginFilter(world: World, loss: number): void {
  world.cable.filterLoss = loss;
  for (const filtered of world.cable.filtered) filtered.begin();
}

/** What is seen of the pair after every event. */
class Watch {
  readonly #world: World;
  readonly #beganMs: number;
  readonly #names: (string | undefined)[];
  readonly #notes: Record<string, number> = {};
  #lookedMs: number;
  #uneligibleSinceMs: number | null = null;
  #uneligibleMs = 0;
  #longestUneligibleMs = 0;
  #losses = 0;
  #transitions = 0;
  #longestSilenceMs = 0;

  constructor(world: World) {
    this.#world = world;
    this.#beganMs = world.queue.nowMs;
    this.#lookedMs = this.#beganMs;
    this.#names = this.#stateNames();
    world.onReport = (_box, report) => {
      if (report.kind === 'note') this.#note(report.reason);
    };
  }

  look(): void {
    const { nowMs } = this.#world.queue;
    for (const { agent } of this.#world.boxes) {
      const silenceMs =
        agent === null ? 0 : agent.state.now - (agent.state.contact.heardAt ?? agent.state.now);
      this.#longestSilenceMs = Math.max(this.#longestSilenceMs, silenceMs);
    }
    this.#countTransitions();
    if (this.#uneligibleSinceMs !== null) this.#uneligibleMs += nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    const isEligible = this.#world.boxes.some(
      (box) => box.agent?.state.name === 'standby' && box.agent.standing?.eligible === true,
    );
    if (isEligible) {
      this.#endUneligible(nowMs);
    } else if (this.#uneligibleSinceMs === null) {
      this.#uneligibleSinceMs = nowMs;
      this.#losses += 1;
    }
  }

  figures() {
    this.#endUneligible(this.#lookedMs);
    const tookMs = this.#lookedMs - this.#beganMs;
    return {
      transitions: this.#transitions,
      eligibleShare: 1 - this.#uneligibleMs / tookMs,
      eligibilityLosses: this.#losses,
      longestUneligibleMs: this.#longestUneligibleMs,
      longestSilenceMs: this.#longestSilenceMs,
      notes: this.#notes,
    };
  }

  #endUneligible(nowMs: number): void {
    if (this.#uneligibleSinceMs === null) return;
    this.#longestUneligibleMs = Math.max(
      this.#longestUneligibleMs,
      nowMs - this.#uneligibleSinceMs,
    );
    this.#uneligibleSinceMs = null;
  }

  #countTransitions(): void {
    for (const [side, name] of this.#stateNames().entries()) {
      if (name === this.#names[side]) continue;
      this.#names[side] = name;
      this.#transitions += 1;
    }
  }

  #stateNames(): (string | undefined)[] {
    return this.#world.boxes.map(({ agent }) => agent?.state.name);
  }

  #note({ code }: Reason): void {
    this.#notes[code] = (this.#notes[code] ?? 0) + 1;
  }
}
