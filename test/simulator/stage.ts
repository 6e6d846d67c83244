// A stage: a world that is made for one story, and a script of what happens in it, again and again as soon as the pair is
// healthy. What a story needs is aimed at; when it comes, to the millisecond, is drawn. Checkers and assumptions are those of
// every run.
import type { Box } from './box.ts';
import { siteWith } from './drawnSettings.ts';
import type { LinkUp, SiteTimes } from './drawnSettings.ts';
import type { ExamName } from './exam.ts';
import type { FaultSite } from './faultSite.ts';
import { isHealthyWith } from './health.ts';
import type { Random } from './random.ts';
import { Scene } from './scene.ts';
import type { Script } from './scene.ts';
import type { SimulatedArbiter } from './simulatedArbiter.ts';
import type { FaultName, WorldOptions } from './worldOptions.ts';

type Chances = Pick<
  WorldOptions,
  | 'directCable'
  | 'isolatedLan'
  | 'recordMs'
  | 'shipEntries'
  | 'promotionFailure'
  | 'databaseFailure'
  | 'writeEveryMs'
  | 'localWriteEveryMs'
  | 'heartbeatDelayMs'
  | 'heartbeatLoss'
  | 'waitsForHealth'
  | 'strike'
>;

export type Stage = {
  readonly script?: Script;
  /** Faults that are drawn besides, or instead. */
  readonly faults?: readonly (readonly [FaultName, number])[];
  /** What is not as in most sites, and in most worlds. */
  readonly times?: Partial<SiteTimes>;
  readonly linkUp?: LinkUp;
  readonly world?: Partial<Chances>;
  /** The one fault in calm at the end, where the story is about it. */
  readonly exam?: ExamName;
};

const usual: Chances = {
  directCable: true,
  isolatedLan: false,
  recordMs: 4,
  shipEntries: Infinity,
  promotionFailure: 0,
  databaseFailure: 0,
  writeEveryMs: 60,
  localWriteEveryMs: 150,
  heartbeatDelayMs: 0.3,
  heartbeatLoss: 0,
  waitsForHealth: true,
  strike: 0,
};

export function stageOptions(
  { faults, times, linkUp, world }: Stage,
  safetyMs: number,
  arbiter: SimulatedArbiter,
): WorldOptions {
  return {
    arbiter,
    planted: {},
    isStrict: true,
    secondPath: null,
    services: null,
    ...siteWith(times ?? {}, linkUp ?? { linkMs: 0, listenMs: 0 }),
    safetyMs,
    calmMs: 1000,
    maxFaultsInCluster: 2,
    clusterMs: 1000,
    returnsSoon: true,
    theme: null,
    weights: faults ?? [],
    aim: 0,
    lanLoss: 0,
    copyLoss: 0,
    ...usual,
    ...world,
  };
}

const pollMs = 1;
/** What has not come by then will not come: the script begins anew. */
const sceneMs = 60_000;

/** Plays the script of a stage, and mends after each time what it cut. */
export class Director {
  readonly #stage: Stage;
  readonly #random: Random;

  constructor(stage: Stage, random: Random) {
    this.#stage = stage;
    this.#random = random;
  }

  get exam(): ExamName | null {
    return this.#stage.exam ?? null;
  }

  begin(site: FaultSite): void {
    const { script } = this.#stage;
    if (script !== undefined) this.#awaitPair(site, script);
  }

  #awaitPair(site: FaultSite, script: Script): void {
    const { queue, boxes } = site.world;
    const isPrimary = (box: Box): boolean => isHealthyWith(site.world, box, box.peer);
    if (!boxes.some(isPrimary)) {
      queue.after(50, () => this.#awaitPair(site, script));
      return;
    }
    queue.after(this.#random.between(500, 3000), () => {
      const primary = boxes.find(isPrimary);
      if (!site.isOpen()) return;
      if (primary === undefined) this.#awaitPair(site, script);
      else this.#play(site, script, primary);
    });
  }

  #play(site: FaultSite, script: Script, primary: Box): void {
    const { queue } = site.world;
    const scene = new Scene(site, this.#random, primary);
    const steps = script(scene);
    const untilMs = queue.nowMs + sceneMs;
    const isOver = (): boolean => !site.isOpen() || queue.nowMs > untilMs;
    const next = (): void => {
      const step = isOver() ? null : steps.next();
      if (step === null || step.done === true) {
        scene.end();
        this.#awaitPair(site, script);
      } else if (typeof step.value === 'number') queue.after(step.value, next);
      else awaitThat(step.value);
    };
    const awaitThat = (holds: () => boolean): void => {
      if (isOver() || holds()) next();
      else queue.after(pollMs, () => awaitThat(holds));
    };
    next();
  }
}
