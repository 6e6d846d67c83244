// The standby loses its power, the primary goes on alone and loses its own, and an operator gives the epoch to the standby, with
// what the other alone has. Then the old primary is switched on again while one of the two paths between them is away. The
// operator lets nothing else happen meanwhile, and looks on until it has caught up.
import type { Box } from './box.ts';
import type { FaultSite } from './faultSite.ts';
import { order } from './operatorActs.ts';

/** Nobody types a takeover while the other box may be just coming back. */
const lookMs = 3000;
const pollMs = 20;
const allMs = 50_000;

export function returnOldPrimary(site: FaultSite, box: Box): void {
  const { cable, lan, options } = site.world;
  const primary = box.agent?.state.name === 'paired' ? box : box.peer;
  const isWhole = cable.carriesHeartbeats && lan.whole && !options.isolatedLan;
  const arePaired = primary.agent?.state.name === 'paired' && primary.peer.powered;
  if (isWhole && arePaired) new Return(site, primary).begin();
}

class Return {
  readonly #site: FaultSite;
  readonly #old: Box;
  #isOver = false;

  constructor(site: FaultSite, old: Box) {
    this.#site = site;
    this.#old = old;
  }

  begin(): void {
    const { random, queue } = this.#site.world;
    this.#site.keepCalm(() => !this.#isOver);
    this.#site.endLater(allMs, () => this.#end());
    this.#old.peer.powerOff();
    this.#once(
      () => this.#old.agent?.state.name === 'solo',
      () => queue.after(random.between(200, 2000), () => this.#dies()),
    );
  }

  #dies(): void {
    const { world } = this.#site;
    const { peer } = this.#old;
    if (this.#isOver) return;
    this.#old.comesBack = true;
    this.#old.powerOff();
    world.mayPowerOn(peer, 1000);
    this.#once(
      () => peer.agent !== null,
      () => world.queue.after(lookMs, () => this.#isGivenUp()),
    );
  }

  #isGivenUp(): void {
    const { world } = this.#site;
    const { peer } = this.#old;
    const mayOrder = peer.agent?.isStalled === false && peer.holdsDatabase;
    if (this.#isOver || this.#old.powered || !mayOrder) return;
    order(world, peer, { type: 'takeover' });
    // A switch that still listens before it forwards is a LAN that is cut: the cable may not be cut as well.
    this.#once(
      () => peer.agent?.state.name === 'solo' && peer.addressOn && world.lan.forwards(peer.side),
      () => this.#returns(),
    );
  }

  #returns(): void {
    const { world, cut } = this.#site;
    const { cable, lan, random, options } = world;
    const bootMs = random.between(500, 1500);
    if (random.chance(0.5)) {
      cut('the cable', random.pick([cable.unplugged, cable.silent]), 15_000);
    } else {
      cut('the LAN between them', lan.partitioned, 15_000);
      this.#bringCableUp(bootMs + random.unit() * 0.9 * options.settings.linkUpDeadlineMs);
    }
    world.mayPowerOn(this.#old, bootMs);
    this.#once(
      () => epochOf(this.#old) >= epochOf(this.#old.peer),
      () => this.#end(),
    );
  }

  /** Its link needs as long as the settings allow, counted from the start of the agent. */
  #bringCableUp(upMs: number): void {
    const { world, endLater } = this.#site;
    world.cable.linking.begin();
    world.linksChanged();
    endLater(upMs, () => {
      world.cable.linking.end();
      world.linksChanged();
    });
  }

  #once(holds: () => boolean, act: () => void): void {
    if (this.#isOver) return;
    if (holds()) act();
    else this.#site.world.queue.after(pollMs, () => this.#once(holds, act));
  }

  #end(): void {
    const { world } = this.#site;
    if (this.#isOver) return;
    this.#isOver = true;
    this.#old.comesBack = false;
    for (const box of world.boxes) world.mayPowerOn(box, 1000);
  }
}

function epochOf({ disk: { record } }: Box): number {
  return record?.epoch ?? 0;
}
