// How often a node looks at the LAN: calm is cheap, and what was bad is looked at again soon.
import test from 'ava';
import { nextProbeAt } from '../../src/core/lan.ts';
import type { Round, State } from '../../src/core/state.ts';
import { standing } from './builders.ts';
import { eligibleStandby, grantTo } from './drivenNode.ts';

const round: Round = {
  startedAt: 0,
  endedAt: 90,
  valid: true,
  whole: true,
  serviceAnswered: true,
  peerOnHeartbeatPort: true,
};

function standbyThatSaw(lastRound: Round): {
  state: State;
  settings: Parameters<typeof nextProbeAt>[1];
} {
  const node = eligibleStandby();
  const state = node.state();
  const lan = { ...state.lan, lastRound, selfTestedAt: state.now, selfTestTries: 0 };
  return { state: { ...state, lan }, settings: node.settings };
}

test('a standby in contact whose probe works looks only as often as the self test wants', (t) => {
  const { state, settings } = standbyThatSaw(round);
  t.is(nextProbeAt(state, settings) - state.lan.roundAskedAt, settings.selfTestIntervalMs);
});

test('a standby whose last look at the LAN was bad looks again soon: an unfit primary waits for it', (t) => {
  const { state, settings } = standbyThatSaw({ ...round, valid: false });
  t.is(nextProbeAt(state, settings) - state.lan.roundAskedAt, settings.referenceIntervalMs);
});

test('a standby whose primary has lost the LAN looks at its own at once', (t) => {
  const node = eligibleStandby();
  const { settings } = node;
  node.hears({
    ...grantTo(node.state().eligibility.lossCounter),
    fitness: { ...standing().fitness, lan: false },
  });
  t.is(
    nextProbeAt(node.state(), settings) - node.state().lan.roundAskedAt,
    settings.referenceIntervalMs,
  );
});
