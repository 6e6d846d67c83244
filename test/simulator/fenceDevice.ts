// A power switch between mains and the two boxes. It may be slow, deaf, or refuse; what it says of a box is true, unless a
// lie is planted. An order that it has taken is carried out even when nobody waits for the answer any more.
import type { Box } from './box.ts';
import { Counter } from './network.ts';
import type { Asker } from './etcd.ts';
import type { World } from './world.ts';

export class FenceDevice {
  readonly unreachable: readonly [Counter, Counter] = [new Counter(), new Counter()];
  readonly down = new Counter();
  readonly slow = new Counter();
  readonly refusing = new Counter();
  readonly #world: World;
  /** Orders taken and not yet carried out, by the side of the box that they are about. */
  readonly #open: [number, number] = [0, 0];

  constructor(world: World) {
    this.#world = world;
  }

  /** `off` is true once the box is off, verified; false where it is on and no order to switch it off is open. */
  powerOff(asker: Asker, target: Box, done: (off: boolean) => void): void {
    if (!this.#reaches(asker)) return;
    const { queue } = this.#world;
    if (this.refusing.active) {
      queue.after(this.#delayMs(), () => this.#refuse(asker, target, done));
      return;
    }
    this.#open[target.side] += 1;
    queue.after(this.#delayMs(), () => {
      this.#open[target.side] -= 1;
      if (this.#world.options.planted.lyingFence !== true) target.switchOff();
      if (target.peer.isSwitchedOff) this.#comeAndLook(target);
      queue.after(this.#delayMs(), () => {
        if (this.#reaches(asker) && asker.waits()) done(true);
      });
    });
  }

  powerOn(asker: Asker, target: Box, done: () => void): void {
    if (!this.#reaches(asker)) return;
    const { queue } = this.#world;
    queue.after(this.#delayMs(), () => {
      if (this.refusing.active) return;
      if (this.#open[target.side] > 0) {
        // Orders about one box are carried out one after another.
        this.powerOn(asker, target, done);
        return;
      }
      target.switchOn();
      queue.after(this.#delayMs(), () => {
        if (this.#reaches(asker) && asker.waits()) done();
      });
    });
  }

  /** A refusal is told only where nothing of this order can happen any more. */
  #refuse(asker: Asker, target: Box, done: (off: boolean) => void): void {
    if (this.#open[target.side] > 0 || !this.#reaches(asker) || !asker.waits()) return;
    done(target.isSwitchedOff);
  }

  /** Where each switched the other off nobody is left to switch on again: a person has to come. */
  #comeAndLook(box: Box): void {
    this.#world.queue.after(20_000, () => {
      if (!box.isSwitchedOff || !box.peer.isSwitchedOff) return;
      this.#world.trace('-', 'somebody comes and switches both boxes on');
      for (const each of [box, box.peer]) each.switchOn();
    });
  }

  #reaches(asker: Asker): boolean {
    return !this.down.active && !this.unreachable[asker.side].active;
  }

  #delayMs(): number {
    const { random } = this.#world;
    if (this.slow.active) return random.pick([500, 2000, 5000]) * random.between(0.5, 1.5);
    return random.between(20, 300);
  }
}
