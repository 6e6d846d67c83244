// What a box can see of the other one: its own LAN, rounds of probes, and what comes one way only.
import { patch } from '../../mutants/mutant.ts';
import type { Counter } from '../network.ts';
import type { Regression } from '../regression.ts';
import type { Pause, Scene, Script } from '../scene.ts';

/** The agent of the primary is blocked, and for a while its LAN passes nothing; then the cable is cut, and its LAN is whole. */
function* blockedBehindBlink(
  scene: Scene,
  wire: Counter,
  { stallMs, blinkAtMs, blinkMs }: Readonly<Record<'stallMs' | 'blinkAtMs' | 'blinkMs', number>>,
): Generator<Pause, void> {
  const { world, primary, cut, stall } = scene;
  const { lan } = world;
  const endMs = scene.nowMs + stallMs;
  stall(primary, stallMs);
  yield blinkAtMs;
  cut('its LAN', lan.silent[primary.side], blinkMs);
  yield Math.min(blinkMs + 0.1, Math.max(0, endMs - scene.nowMs - 0.4));
  yield () => lan.isMended;
  cut('the cable', wire);
}

/** Who took over by then is seen by nobody: its power goes before its address is announced. */
function* takerDies({ standby, powerOn }: Scene): Generator<Pause, void> {
  yield () => standby.disk.record?.mode === 'solo' || standby.agent === null;
  standby.powerOff();
  yield 6000;
  powerOn(standby);
  yield 5000;
}

/** For as long as a standby waits, so that it acts just before the agent goes on. */
export function* blockedForNearlyD(scene: Scene, wire: Counter): Generator<Pause, void> {
  const { random } = scene;
  const stallMs = random.between(215, 248);
  yield* blockedBehindBlink(scene, wire, {
    stallMs,
    blinkAtMs: random.between(90, 140),
    blinkMs: 130,
  });
}

const blockedAndUnseen: Script = function* (scene) {
  yield* blockedForNearlyD(scene, scene.world.cable.unplugged);
  yield* takerDies(scene);
};

const roundOfLongAgo: Script = function* (scene) {
  const {
    random,
    world: { cable },
  } = scene;
  const stallMs = random.between(120, 235);
  yield* blockedBehindBlink(scene, cable.silent, {
    stallMs,
    blinkAtMs: random.between(10, 80),
    blinkMs: random.between(92, 130),
  });
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

export const vetoOfEth1 = {
  what: 'a box that answers on Eth1 lives, whatever the LAN says',
  patches: [patch('permission.ts', `if (round.peerOnHeartbeatPort) return 'peerAnswered';`, '')],
};

export const blockedAgents = [
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
];

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
    stage: { script: blockedAndUnseen },
    patches: blockedAgents,
    later: vetoOfEth1,
    test: {
      file: 'primaryPermission.test.ts',
      title: 'lan 3: an agent that was blocked for nearly D since the last contact has a break',
    },
  },
  {
    story: 'a standby took over on a round that was two rounds old',
    seed: 3,
    arbiter: 'lan',
    stage: { script: roundOfLongAgo },
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
    story: 'I2: a LAN that blinked while the agent was blocked made a living primary look dead',
    seed: 17,
    arbiter: 'lan',
    stage: { faults: [['lanBlinks', 1]], world: { strike: 0.8 } },
    patches: vetoOfEth1.patches,
    test: {
      file: 'standbyPermission.test.ts',
      title: 'lan 3: a box that answers on Eth1 lives, although its LAN does not answer',
    },
  },
];
