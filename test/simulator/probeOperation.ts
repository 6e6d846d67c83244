// A probe round: three times within the round the references, the service address and the peer's Eth1 address are asked
// by ARP. The kernel of a living box answers for the addresses that it holds, whatever its agent does.
import type { Effect } from '../../src/core/effects.ts';
import type { Agent } from './agent.ts';
import type { Box } from './box.ts';
import type { Operation, Stage } from './operation.ts';
import type { World } from './world.ts';

type ProbeEffect = Extract<Effect, { readonly type: 'probe' }>;

const referenceMac = '02:00:00:00:00:01';

export function probeOperation(
  world: World,
  box: Box,
  agent: Agent,
  effect: ProbeEffect,
): Operation {
  const { probes, probeRoundMs } = agent.settings;
  const startedAtMs = box.clockMs();
  const before = box.port();
  const answered = { reference: false, service: false, peer: false };
  let asked = 0;
  const ask = (): null => {
    if (agent.isStalled) return null;
    asked += 1;
    askOnce(world, box, effect, answered);
    return null;
  };
  const pauseMs = probeRoundMs / probes;
  const asks: readonly Stage[] = Array.from({ length: probes }, (_, index) => ({
    afterMs: index === 0 ? 0.2 : pauseMs,
    act: ask,
  }));
  return {
    stages: [...asks, { afterMs: pauseMs, act: () => (agent.isStalled ? 'again' : null) }],
    answer: () => ({
      type: 'probeRoundDone',
      token: effect.token,
      result: {
        startedAtMs,
        endedAtMs: box.clockMs(),
        asked,
        carrier: before.carrier && box.port().carrier,
        carrierChanges: box.port().carrierChanges,
        referenceAnswered: answered.reference,
        referenceMacs: answered.reference ? [referenceMac] : [],
        serviceAnsweredBy: answered.service ? [box.peer.mac] : [],
        peerAnsweredOnHeartbeatPort: answered.peer,
      },
    }),
  };
}

function askOnce(
  world: World,
  box: Box,
  effect: ProbeEffect,
  answered: { reference: boolean; service: boolean; peer: boolean },
): void {
  const { lan, cable, random } = world;
  const arrives = (): boolean =>
    !random.chance(world.options.lanLoss) && !random.chance(world.options.lanLoss);
  const forwards = box.powered && box.portUp && lan.forwards(box.side);
  if (forwards && !lan.referencesDead.active && arrives()) answered.reference = true;
  const isLost = effect.askService && lan.losesNextQuestion;
  if (effect.askService) lan.losesNextQuestion = false;
  if (effect.askService && world.seesOnLan(box) && arrives() && !isLost) {
    if (box.peer.addressOn && !box.peer.frozen) answered.service = true;
    world.claimed(box, 'probed');
  }
  const peerOnCable =
    effect.askPeerOnHeartbeatPort && box.peer.powered && !box.peer.frozen && cable.passesBothWays;
  if (peerOnCable && !cable.loses(random) && !cable.loses(random)) answered.peer = true;
}
