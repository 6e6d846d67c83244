// An epoch on its way from one box to the other: what the taker or the giver meets while it changes hands.
import { patch } from '../../mutants/mutant.ts';
import { databaseFaults } from '../databaseFaults.ts';
import type { Regression } from '../regression.ts';
import type { Script } from '../scene.ts';
import { seemsDead, vetoOfEth1 } from './evidence.ts';

/** The taker cannot be promoted and gives back; just then nothing is heard, and the giver's agent starts anew. */
const handbackUnheard: Script = function* (scene) {
  const { world, random, primary, standby, order, cut } = scene;
  order(primary, { type: 'switchover' });
  const isPromoted = scene.in(standby, 'solo');
  yield () => standby.disk.record?.handed === 'handedBack' || isPromoted();
  if (isPromoted()) return;
  const mend = cut('the cable', world.cable.silent);
  yield random.between(0, 100);
  primary.crashAgent(random.between(20, 300));
  yield () => primary.agent !== null;
  mend();
  yield 20_000;
};

/** What was handed over has nobody to take it: the taker's data directory is lost. */
const takerLosesDatabase: Script = function* (scene) {
  const { primary, standby, site, order } = scene;
  order(primary, { type: 'switchover' });
  yield () => primary.disk.record?.handed === 'handed' || scene.isIn(primary, 'paired');
  databaseFaults.databaseLost(site, standby);
  yield 40_000;
};

/** The gate gives the epoch to a standby that holds more and whose database does not start for long. */
const longerTakerStumbles: Script = function* (scene) {
  const { random, primary, standby, crashDatabase, cut } = scene;
  yield 4000;
  if (!scene.isIn(primary, 'paired')) return;
  crashDatabase(primary);
  primary.database.loseNewest(15 + random.below(10));
  yield scene.in(primary, 'opening', 'stoppingToGrant');
  const mend = cut('the disk', standby.disk.failing);
  crashDatabase(standby);
  yield random.between(5200, 8000);
  mend();
  yield 10_000;
};

/** A living primary is taken for dead, and the record of that hangs until the primary has left alone. */
const recordHangs: Script = function* (scene) {
  const { primary, standby } = scene;
  standby.disk.hanging.begin();
  yield* seemsDead(scene);
  const untilMs = scene.nowMs + 12_000;
  yield () => primary.disk.record?.mode === 'solo' || scene.nowMs > untilMs;
  standby.disk.hanging.end();
  yield 40_000;
};

/** A promotion hangs, and when PostgreSQL answers again it is still a standby. */
const promotionHangs: Script = function* (scene) {
  const { random, primary, standby, hangDatabase } = scene;
  primary.powerOff();
  yield () => scene.isIn(standby, 'takingOver', 'promoting') || scene.isIn(standby, 'solo');
  hangDatabase(standby, random.between(3000, 20_000));
  yield 40_000;
};

export const handoverRegressions: readonly Regression[] = [
  {
    story: 'a promotion that hung left a database that runs, and was started for ever',
    seed: 1,
    arbiter: 'lan',
    stage: { script: promotionHangs },
    patches: [
      patch(
        'entrances.ts',
        `  } else if (!answering && state.now - state.since < settings.followDeadlineMs) {
    enterPhase(turn, 'retrying');
  } else {`,
        `  } else if (settings.followDeadlineMs > 0 || !answering) {
    enterPhase(turn, 'retrying');
  } else {`,
      ),
    ],
    test: {
      file: 'troubles.test.ts',
      title: 'a database whose promotion hung is stopped and started anew',
    },
  },
  {
    story: 'a handback was lost because contact was broken when it was offered',
    seed: 10,
    arbiter: 'lan',
    stage: { script: handbackUnheard, world: { promotionFailure: 0.8 } },
    patches: [
      patch(
        'handover.ts',
        `  if (given && said?.record?.handed === 'handedBack') return;
`,
        '',
      ),
    ],
    later: {
      what: 'a standby takes a handback too',
      patches: [
        patch(
          'standby.ts',
          'if (takesHandover(turn, said) || takesHandback(turn, said)) return true;',
          'if (takesHandover(turn, said) || (turn.state.now < 0 && takesHandback(turn, said))) return true;',
        ),
      ],
    },
    test: {
      file: 'handover.test.ts',
      title: 'a handback waits for its grant, and is not taken for another log or another start',
    },
  },
  {
    story: 'a standby without its database did not decline what was handed over to it',
    seed: 1,
    arbiter: 'lan',
    stage: { script: takerLosesDatabase },
    patches: [
      patch(
        'start.ts',
        `const waits = theirs.mode === 'paired' || theirs.handed === 'handed';`,
        `const waits = theirs.mode === 'paired';`,
      ),
    ],
  },
  {
    story: 'a standby with the longer log declined the handover that nobody could take back',
    seed: 9,
    arbiter: 'lan',
    stage: { script: longerTakerStumbles },
    patches: [
      patch(
        'consent.ts',
        'if (!cannotTake(turn) || isLongerThan(turn, said.record)) return false;',
        'if (!cannotTake(turn)) return false;',
      ),
    ],
    test: {
      file: 'handover.test.ts',
      title:
        'I1: a standby whose log is longer than the giver says never declines: nobody else could serve',
    },
  },
  {
    story: 'I3: a takeover whose record failed was asked for after the primary had left alone',
    seed: 25,
    arbiter: 'lan',
    stage: { script: recordHangs },
    patches: [patch('absorb.ts', `if (state.name === 'takingOver') takeoverDiskHangs(turn);`, '')],
    later: vetoOfEth1,
    test: {
      file: 'troubles.test.ts',
      title:
        'a takeover whose record fails again and again resets its box before the primary may leave alone',
    },
  },
];
