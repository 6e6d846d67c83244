// Heartbeats are filtered, and for one round of the standby they would pass while the port of the primary has no link: never
// both at once. The agent of the primary is blocked just then, or dies, so that the standby hears nothing, sees nobody and takes
// over from a primary that lives.
import type { Box } from './box.ts';
import { stallAgent } from './boxFaults.ts';
import type { FaultSite } from './faultSite.ts';
import { isHealthyWith } from './health.ts';

export function blinkLan(site: FaultSite, box: Box): void {
  const { world } = site;
  const { cable, random, queue, options } = world;
  const primary = box.agent?.state.name === 'paired' ? box : box.peer;
  if (!isHealthyWith(world, primary, primary.peer)) return;
  cable.filterLoss = 1;
  site.cut(`heartbeatsFiltered from ${primary.name}`, cable.filtered[primary.side], 20_000);
  queue.after(options.settings.deadIntervalMs * random.between(0.9, 1.3), () =>
    awaitRound(site, primary, queue.nowMs + 1000, null),
  );
}

/** A standby that may take over begins a round as soon as the last has ended. */
function awaitRound(site: FaultSite, primary: Box, untilMs: number, last: number | null): void {
  const { queue } = site.world;
  const standby = primary.peer.agent?.state;
  if (queue.nowMs > untilMs || !site.isOpen() || standby?.name !== 'standby') return;
  const { roundAskedAt } = standby.lan;
  if (last !== null && roundAskedAt !== last) blink(site, primary);
  else queue.after(1, () => awaitRound(site, primary, untilMs, roundAskedAt));
}

function blink(site: FaultSite, primary: Box): void {
  const { cable, lan, random, queue, options } = site.world;
  const blinkMs = options.settings.probeRoundMs + random.between(1, 10);
  const wire = random.pick([cable.unplugged, cable.silent]);
  const againMs = random.pick([4000, 20_000]);
  const unseenMs = blinkMs + random.between(0, 20);
  const dies = random.chance(0.3);
  const { [primary.side]: unplugged } = lan.unplugged;
  const port = random.pick([unplugged, lan.silent[primary.side], lan.partitioned]);
  site.mendCable();
  site.cut('the LAN blinks', port, blinkMs);
  if (dies) primary.crashAgent(unseenMs);
  else stallAgent(site.world, primary, unseenMs);
  queue.after(blinkMs + 0.5, () => {
    if (site.isOpen()) site.cut('the cable again', wire, againMs);
  });
}
