// What a box can see of the other one: its own LAN, rounds of probes, and what comes one way only.
import { patch } from '../../mutants/mutant.ts';
import type { Regression } from '../regression.ts';
import type { Pause, Scene, Script } from '../scene.ts';

/** Who took over by then is seen by nobody: its power goes before its address is announced. The primary goes on alone if it may. */
function* takerDies(scene: Scene): Generator<Pause, void> {
  const { primary, standby, random, nowMs } = scene;
  const hasTaken = (): boolean => standby.disk.record?.mode === 'solo';
  yield () => hasTaken() || scene.nowMs > nowMs + 500;
  if (!hasTaken()) return;
  yield random.between(0, 50);
  standby.powerOff();
  yield () => primary.disk.record?.mode === 'solo' || scene.nowMs > nowMs + 12_000;
}

/** The standby begins a round of probes. */
function* nextRound({ standby }: Scene): Generator<Pause, void> {
  const asked = standby.agent?.state.lan.roundAskedAt;
  yield () => standby.agent?.state.lan.roundAskedAt !== asked;
}

/**
 * The heartbeats of the primary are lost, and for just one round of the standby its LAN passes nothing, while its agent is
 * blocked; then the cable is cut, and its LAN is whole.
 */
export function* seemsDead(scene: Scene): Generator<Pause, void> {
  const { world, random, primary, mute, stall, cut } = scene;
  const { deadIntervalMs, probeRoundMs } = world.options.settings;
  const unmute = mute(primary);
  yield deadIntervalMs * random.between(0.9, 1.3);
  yield* nextRound(scene);
  unmute();
  const blinkMs = probeRoundMs + random.between(1, 10);
  stall(primary, blinkMs + random.between(0, 20));
  cut('its LAN', world.lan.silent[primary.side], blinkMs);
  yield blinkMs + 0.5;
  cut('the cable', world.cable.silent);
}

const lanBlinks: Script = function* (scene) {
  yield* seemsDead(scene);
  yield* takerDies(scene);
};

/** For nearly as long as a standby waits the agent is blocked; the standby acts just before it goes on, on its second round. */
const blockedForNearlyD: Script = function* (scene) {
  const { world, random, primary, stall, cut } = scene;
  const { probeRoundMs, probes } = world.options.settings;
  stall(primary, random.between(230, 310));
  yield* nextRound(scene);
  yield* nextRound(scene);
  const blinkMs = probeRoundMs - probeRoundMs / probes + random.between(1, 10);
  cut('its LAN', world.lan.silent[primary.side], blinkMs);
  yield blinkMs + 0.5;
  cut('the cable', world.cable.silent);
  yield* takerDies(scene);
};

/** The first round of the standby meets nobody, and the next one would meet the primary again. */
const roundOfLongAgo: Script = function* (scene) {
  const { world, random, primary, stall, cut } = scene;
  const { probeRoundMs, probes } = world.options.settings;
  stall(primary, random.between(130, 170));
  yield* nextRound(scene);
  const blinkMs = probeRoundMs - probeRoundMs / probes + random.between(1, 10);
  cut('its LAN', world.lan.silent[primary.side], blinkMs);
  yield blinkMs + 0.5;
  cut('the cable', world.cable.silent);
  yield* takerDies(scene);
};

/** The standby is not heard and hears on for nearly D, then the cable is cut; the primary goes on alone as soon as it may, and dies. */
const oneWayThenCut: Script = function* (scene) {
  const { world, random, primary, standby, cut } = scene;
  const { cable, options } = world;
  const { deadIntervalMs } = options.settings;
  cut('from the standby', cable.filtered[standby.side]);
  yield deadIntervalMs * random.between(0.9, 1);
  cut('the cable', cable.unplugged);
  const untilMs = scene.nowMs + 2000;
  yield () => scene.isIn(primary, 'solo') || scene.nowMs > untilMs;
  yield random.between(0, 60);
  primary.powerOff();
  yield 6000;
};

/** The only question that the standby asked in a round was lost, and then its agent was blocked until it might take over. */
const oneQuestion: Script = function* (scene) {
  const { world, random, standby, stall, cut } = scene;
  const { lan, cable, options } = world;
  cut('the cable', cable.unplugged);
  yield* nextRound(scene);
  lan.losesNextQuestion = true;
  yield 1;
  lan.losesNextQuestion = false;
  stall(standby, options.settings.deadIntervalMs * random.between(0.5, 1.5));
  yield* takerDies(scene);
};

export const vetoOfEth1 = {
  what: 'a box that answers on Eth1 lives, whatever the LAN says',
  patches: [patch('permission.ts', `if (round.peerOnHeartbeatPort) return 'peerAnswered';`, '')],
};

export const evidenceRegressions: readonly Regression[] = [
  {
    story: 'a primary whose heartbeats were not echoed did not look at its LAN',
    seed: 1,
    arbiter: 'lan',
    stage: { exam: 'the standby hears nothing more' },
    patches: [
      patch(
        'contact.ts',
        'state.now - ackedAt > settings.heartbeatIntervalMs * 2.5',
        'ackedAt > Infinity',
      ),
    ],
    test: {
      file: 'contact.test.ts',
      title: 'a primary that hears, and whose heartbeats are not counted, suspects trouble',
    },
  },
  {
    story: 'an agent that was blocked for nearly D saw no break in its LAN',
    seed: 1,
    arbiter: 'lan',
    stage: { script: blockedForNearlyD },
    patches: [
      patch(
        'lan.ts',
        'round.endedAt - seen > checkGapMs(settings) + settings.probeRoundMs',
        'round.startedAt - seen > checkGapMs(settings)',
      ),
      patch(
        'lan.ts',
        'return settings.deadIntervalMs - 2 * probeSpacingMs(settings);',
        'return settings.referenceIntervalMs + settings.marginMs;',
      ),
    ],
    later: vetoOfEth1,
    test: {
      file: 'primaryPermission.test.ts',
      title: 'lan 3: an agent that was blocked for nearly D since the last contact has a break',
    },
  },
  {
    story: 'a standby took over on a round that was two rounds old',
    seed: 1,
    arbiter: 'lan',
    stage: { script: roundOfLongAgo, times: { deadIntervalMs: 230 } },
    patches: [
      patch(
        'permission.ts',
        'const oldestMs = isFast ? 2 * settings.probeRoundMs : probeSpacingMs(settings);',
        'const oldestMs = Math.max(2 * settings.probeRoundMs, isFast ? 0 : probeSpacingMs(settings));',
      ),
    ],
    later: vetoOfEth1,
    test: {
      file: 'standbyPermission.test.ts',
      title: 'lan 3: with carrier on Eth1 only a round that ended just now is evidence',
    },
  },
  {
    story:
      'I2: words that came one way hid that a primary behind a cut cable answered on the LAN only',
    seed: 1,
    arbiter: 'lan',
    stage: {
      script: oneWayThenCut,
      times: { deadIntervalMs: 500, soloFastMs: 830, marginMs: 50, probeRoundMs: 60 },
    },
    patches: [
      patch(
        'lan.ts',
        'contact.ackedAt !== null && now - contact.ackedAt < turn.settings.deadIntervalMs;',
        'contact.heardAt !== null && now - contact.heardAt < turn.settings.deadIntervalMs;',
      ),
    ],
    test: {
      file: 'standbyPermission.test.ts',
      title: 'lan 5: words that come one way do not hide that only the LAN answers (I2)',
    },
  },
  {
    story:
      'I2: a standby that was blocked within a round took over on a single question, which was lost',
    seed: 1,
    arbiter: 'lan',
    stage: { script: oneQuestion },
    patches: [patch('permission.ts', "if (!round.whole) return 'roundInterrupted';", '')],
    test: {
      file: 'standbyPermission.test.ts',
      title: 'lan 3: a round that was interrupted is no evidence that nobody answers (I2)',
    },
  },
  {
    story: 'I2: a LAN that blinked while the agent was blocked made a living primary look dead',
    seed: 5,
    arbiter: 'lan',
    stage: { script: lanBlinks },
    patches: vetoOfEth1.patches,
    test: {
      file: 'standbyPermission.test.ts',
      title: 'lan 3: a box that answers on Eth1 lives, although its LAN does not answer',
    },
  },
  {
    story:
      'a box reset within a round, which had answered on the LAN alone, was taken for one behind a cut cable',
    seed: 2,
    arbiter: 'lan',
    stage: { exam: 'the box of the primary hangs, and is reset as Eth1 loses a frame' },
    patches: [patch('lan.ts', ' || spansTheCut(turn.state.lan, round, before)', '')],
    test: {
      file: 'standbyPermission.test.ts',
      title:
        'lan 5: a round within which Eth1 lost its carrier does not tell a box that was reset from a cut cable',
    },
  },
];
