// One scenario under way: the simulator's world with two real cores, a client on the LAN, the story and the checks that
// run after every event.
import type { CoreEvent } from '../../src/core/events.ts';
import type { Settings } from '../../src/core/settings.ts';
import type { Heartbeat } from '../../src/core/standing.ts';
import type { State } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import type { Box } from '../simulator/box.ts';
import { Clients } from '../simulator/clients.ts';
import type { Core } from '../simulator/core.ts';
import { shippedCore } from '../simulator/loadCore.ts';
import { Invariants } from '../simulator/invariants.ts';
import { isHealthy } from '../simulator/health.ts';
import { installPair } from '../simulator/simulation.ts';
import { World } from '../simulator/world.ts';
import { CalmRandom } from './calmRandom.ts';
import { LanClient } from './lanClient.ts';
import { ScenarioFailure } from './scenarioFailure.ts';
import { calmOptions } from './setup.ts';
import type { Setup } from './setup.ts';
import { Story } from './story.ts';
import { Watch } from './watch.ts';

const healthyWithinMs = 60_000;
/** Long enough for every self-test and for the first calm looks at the LAN. */
const settledMs = 15_000;

export class Site {
  readonly world: World;
  readonly story = new Story();
  readonly client: LanClient;
  readonly watch: Watch;
  /** The first heartbeat of each box, for who repeats it later. */
  readonly recorded = new Map<Box, Heartbeat>();
  /** Invariants that the script says are given up, because it breaks what the arbiter relies on. */
  readonly givenUp = new Set<string>();
  readonly #invariants: Invariants;

  constructor(setup: Setup) {
    const core: Core = {
      ...shippedCore,
      step: (state, event, settings) => this.#step(state, event, settings),
    };
    this.world = new World(core, new CalmRandom(setup.seed), calmOptions(setup), this.story);
    this.watch = new Watch(this.world, this.story);
    this.client = new LanClient(this.world, (text) =>
      this.story.tell(this.world.queue.nowMs, '-', text),
    );
    this.#invariants = new Invariants(this.world);
  }

  /** A pair that was paired, tested and calm for a while; its clock begins now. */
  begin(): void {
    installPair(this.world);
    new Clients(this.world).begin();
    this.client.begin();
    if (!this.until(() => isHealthy(this.world), healthyWithinMs))
      throw new ScenarioFailure('the pair did not become healthy');
    this.advance(settledMs + this.world.options.linkUp.listenMs);
    this.story.take();
    this.story.zeroMs = this.world.queue.nowMs;
    this.client.forget();
    this.watch.forget();
  }

  box(name: string): Box {
    const [a, b] = this.world.boxes;
    return name === 'A' ? a : b;
  }

  advance(durationMs: number): void {
    this.until(() => false, durationMs);
  }

  /** Runs until the condition holds, at most so long; returns whether it did. */
  until(holds: () => boolean, withinMs: number): boolean {
    const { queue } = this.world;
    const endMs = queue.nowMs + withinMs;
    queue.at(endMs, () => undefined);
    this.watch.look();
    for (;;) {
      if (holds()) return true;
      if (queue.nextMs > endMs) return false;
      queue.step();
      this.#check();
      this.watch.look();
    }
  }

  #check(): void {
    const { ledger } = this.world;
    this.#invariants.check();
    if (ledger.violation === null) return;
    const { invariant, text } = ledger.violation;
    if (!this.givenUp.has(invariant))
      throw new ScenarioFailure(`the invariant ${invariant} is broken: ${text}`);
    ledger.violation = null;
  }

  /** The core's own step; what it asks for is told where it shows nowhere else. */
  #step(state: State, event: CoreEvent, settings: Settings): ReturnType<Core['step']> {
    // What has happened is told before what the core makes of it.
    this.watch.look();
    const result = step(state, event, settings);
    const box = this.world.boxes.find(({ nodeId }) => nodeId === settings.self);
    if (box !== undefined) this.story.asks(box.name, result.state.phase === 'asking');
    for (const effect of box === undefined ? [] : result.effects) this.#note(box, effect);
    return result;
  }

  #note(box: Box | undefined, effect: ReturnType<Core['step']>['effects'][number]): void {
    if (box === undefined) return;
    if (effect.type === 'keepDivergence') this.watch.kept.add(box);
    if (effect.type === 'sendHeartbeat' && !this.recorded.has(box))
      this.recorded.set(box, effect.heartbeat);
    this.story.addEffect(this.world.queue.nowMs, box.name, effect);
  }
}
