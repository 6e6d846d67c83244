// The cable is cut, and the standby asks the LAN once: that frame is lost, and then its agent is blocked for the rest of the round,
// until it may take over. One frame may be lost anywhere, so that this round is no evidence.
import type { Box } from './box.ts';
import { stallAgent } from './boxFaults.ts';
import type { FaultSite } from './faultSite.ts';
import { isHealthyWith } from './health.ts';

export function loseQuestion(site: FaultSite, box: Box): void {
  const { world } = site;
  const { cable, random, queue } = world;
  const primary = box.agent?.state.name === 'paired' ? box : box.peer;
  if (!isHealthyWith(world, primary, primary.peer)) return;
  const asked = primary.peer.agent?.state.lan.roundAskedAt ?? 0;
  const wire = random.pick([cable.unplugged, cable.unplugged, cable.silent]);
  site.cut('the cable', wire, random.pick([3000, 15_000]));
  awaitQuestion(site, primary.peer, queue.nowMs + 1000, asked);
}

function awaitQuestion(site: FaultSite, standby: Box, untilMs: number, last: number): void {
  const { world } = site;
  const { queue } = world;
  const state = standby.agent?.state;
  if (queue.nowMs > untilMs || !site.isOpen() || state?.name !== 'standby') return;
  if (state.lan.roundAskedAt === last)
    queue.after(0.05, () => awaitQuestion(site, standby, untilMs, last));
  else lose(site, standby);
}

function lose({ world }: FaultSite, standby: Box): void {
  const { lan, queue, random, options } = world;
  const { deadIntervalMs, probeRoundMs } = options.settings;
  lan.losesNextQuestion = true;
  // The question leaves 0.2 ms after it was asked for.
  queue.after(1, () => {
    lan.losesNextQuestion = false;
    stallAgent(
      world,
      standby,
      random.pick([probeRoundMs, deadIntervalMs]) * random.between(0.8, 1.4),
    );
  });
}
