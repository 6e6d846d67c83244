// An operator's order that lands late. Takeovers are paused for a maintenance when the primary dies; the operator orders the
// standby to take over while the primary just comes back and waits, and the ledger is slow to hear of that. Meanwhile the
// primary, which hears nobody because every path is cut, has won the epoch after theirs and serves.
import type { Box } from './box.ts';
import type { FaultSite } from './faultSite.ts';
import { isHealthy } from './health.ts';
import { isOut, order } from './operatorActs.ts';

/** Nobody types a takeover while the other box may be just coming back. */
const lookMs = 3000;
const pollMs = 5;
const allMs = 35_000;

export function orderLate(site: FaultSite, box: Box): void {
  const { world } = site;
  const primary = box.agent?.state.name === 'paired' ? box : box.peer;
  if (world.options.arbiter === 'etcd' && isHealthy(world)) new LateOrder(site, primary).begin();
}

class LateOrder {
  readonly #site: FaultSite;
  readonly #primary: Box;
  #isOver = false;

  constructor(site: FaultSite, primary: Box) {
    this.#site = site;
    this.#primary = primary;
  }

  begin(): void {
    const { world, cut, keepCalm, endLater } = this.#site;
    const { queue, random, cable, lan } = world;
    const { peer: standby } = this.#primary;
    keepCalm(() => !this.#isOver);
    endLater(allMs, () => {
      this.#isOver = true;
      order(world, standby, { type: 'maintenance', untilMs: null });
    });
    order(world, standby, { type: 'maintenance', untilMs: standby.clockMs() + allMs });
    cut('every path', cable.silent, allMs);
    cut('and the LAN between them', lan.partitioned, allMs);
    this.#primary.powerOff();
    queue.after(lookMs, () => world.mayPowerOn(this.#primary, random.between(300, 1500)));
    this.#once(
      () => this.#primary.powered && isOut(this.#primary),
      () => queue.after(random.between(0, 400), () => this.#orders()),
    );
  }

  /** The request of this moment is slow on its way; the ledger, and all that is asked after it, is not. */
  #orders(): void {
    const { world } = this.#site;
    const standby = this.#primary.peer;
    if (this.#isOver || !isOut(this.#primary) || standby.agent === null) return;
    world.etcd.slow.begin();
    order(world, standby, { type: 'takeover' });
    world.queue.after(1, () => world.etcd.slow.end());
  }

  #once(holds: () => boolean, act: () => void): void {
    if (this.#isOver) return;
    if (holds()) act();
    else this.#site.world.queue.after(pollMs, () => this.#once(holds, act));
  }
}
