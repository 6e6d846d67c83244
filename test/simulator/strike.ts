// What hits a box while it decides alone. A right that two boxes could use shows only when the first who uses it dies, or
// loses the last path, before the other has heard of it.
import type { Box } from './box.ts';
import { cutPower } from './boxFaults.ts';
import type { FaultSite } from './faultSite.ts';
import { takeOver } from './operatorActs.ts';

export function strike(site: FaultSite, box: Box): void {
  const { queue, random, cable } = site.world;
  const delayMs = random.between(0, random.pick([2, 20, 100, 400, 1500]));
  const losesPaths = random.chance(0.4);
  const isWatched = random.chance(0.3);
  const isHeardFirst = random.chance(0.2);
  const wire = random.pick([cable.unplugged, cable.unplugged, cable.silent]);
  const durationMs = random.pick([1500, 4000, 12_000]) * random.between(0.7, 1.3);
  queue.after(delayMs, () => {
    if (!site.isOpen()) return;
    if (isHeardFirst) {
      // The cable is back just then: what is said now is heard, and the box dies a little later.
      site.mendCable();
      queue.after(random.between(5, 1500), () => {
        if (site.isOpen()) cutPower(site, [box]);
      });
      return;
    }
    if (!losesPaths) {
      cutPower(site, [box]);
      // Somebody sees one box dark and the other waiting.
      if (isWatched) queue.after(random.between(300, 3000), () => takeOver(site, box.peer));
      return;
    }
    // The switch is back as the cable goes: never both at once.
    site.mendLan();
    site.cut('the cable instead', wire, durationMs);
  });
}
