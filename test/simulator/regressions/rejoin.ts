// The way back to a following standby: what is started, rewound, cloned and given up, and when.
import { patch } from '../../mutants/mutant.ts';
import { databaseFaults } from '../databaseFaults.ts';
import type { Regression } from '../regression.ts';
import type { Script } from '../scene.ts';

/** The device of the service port was away, and its driver does not bring the port up at once. */
const linkRefuses: Script = function* (scene) {
  const { world, random, standby, cut } = scene;
  standby.refusesLink = true;
  cut('the port', world.lan.detached[standby.side], random.between(100, 2000));
  yield 6000;
  standby.refusesLink = false;
  standby.setPort(true, false);
  yield 3000;
};

/** Replication breaks for so long that the standby is rebuilt, and after it was in step again it does so once more. */
const brokenTwice: Script = function* (scene) {
  const { world, random, primary, cut } = scene;
  for (const times of [1, 2]) {
    cut('replication', world.cable.replicationBlocked, random.between(7000, 9000));
    yield 12_000;
    const untilMs = scene.nowMs + 20_000;
    yield () => scene.isIn(primary, 'paired') || scene.nowMs > untilMs;
    yield times * 1000;
  }
};

/** Somebody promotes the standby while the database of the primary restarts: nothing is written there meanwhile. */
const promotedByHand: Script = function* (scene) {
  const { random, primary, standby, site, crashDatabase } = scene;
  crashDatabase(primary);
  yield random.between(0, 20);
  databaseFaults.standbyPromotedByHand(site, standby);
  yield 30_000;
};

/**
 * Nobody writes. The standby is about to be cloned, with everything still in its old log, when the primary loses its data
 * directory: from then on this is the only copy.
 */
const onlyCopy: Script = function* (scene) {
  const { world, random, primary, standby, powerOn, cut } = scene;
  standby.powerOff();
  yield scene.in(primary, 'solo');
  const mend = cut('replication', world.cable.replicationBlocked);
  powerOn(standby, random.between(300, 600));
  yield scene.in(standby, 'rejoining', 'starting');
  cut('the disk', standby.disk.failing, 1900);
  const untilMs = scene.nowMs + 20_000;
  yield () => standby.agent?.state.plan.needsClone === true || scene.nowMs > untilMs;
  if (!standby.holdsEverything) return;
  primary.powerOff();
  primary.database.lose();
  powerOn(primary, random.between(300, 1000));
  mend();
  yield 30_000;
};

/** The giver of an epoch has stopped its database, and somebody starts it by hand before the giver follows. */
const startedByHand: Script = function* (scene) {
  const { random, primary, site, order } = scene;
  order(primary, { type: 'switchover' });
  yield () => primary.disk.record?.handed === 'handed' || scene.isIn(primary, 'paired');
  yield random.between(0, 400);
  databaseFaults.databaseStartedByHand(site, primary);
  yield 30_000;
};

/**
 * The agent of the new primary ends just after the promotion, and the checkpoint that it had asked for is cancelled with it.
 * Its database hangs in the moment at which it would have made one by itself.
 */
const takersAgentDies: Script = function* (scene) {
  const { world, random, primary, standby, powerOn, cut } = scene;
  const mend = cut('replication', world.cable.replicationBlocked);
  yield random.between(100, 300);
  primary.powerOff();
  yield scene.in(standby, 'solo');
  yield random.between(0, 40);
  standby.crashAgent(random.between(200, 1000));
  yield random.between(0, 5000);
  scene.hangDatabase(standby, random.between(200, 900));
  mend();
  powerOn(primary);
  yield 30_000;
};

export const rejoinRegressions: readonly Regression[] = [
  {
    story: 'a standby whose database did not start twice gave no consent, and its primary waited',
    seed: 1,
    arbiter: 'lan',
    stage: { exam: 'the database of the standby ends and does not start' },
    patches: [
      patch(
        'rejoin.ts',
        `    givesConsent(
      turn,
      state.phase === 'waiting' ? settings.replicationDeadlineMs : settings.followDeadlineMs,
    )`,
        `    givesConsent(turn, settings.replicationDeadlineMs * Infinity)`,
      ),
    ],
    test: {
      file: 'troubles.test.ts',
      title:
        'so does one whose database is being started again: the primary must not wait for it without end',
    },
  },
  {
    story: 'a link that refused to come up was asked again at every event',
    seed: 1,
    arbiter: 'lan',
    stage: { script: linkRefuses },
    patches: [
      patch(
        'lan.ts',
        '    if (state.now - state.lan.linkAskedAt < linkRetryMs) return;\n',
        '    if (state.now - linkRetryMs < -Infinity) return;\n',
      ),
    ],
    test: {
      file: 'troubles.test.ts',
      title: 'a link that refuses to come up is asked again in a while, not at every event',
    },
  },
  {
    story: 'a standby in step was cloned for the attempts of long ago',
    seed: 2,
    arbiter: 'lan',
    stage: { script: brokenTwice },
    patches: [patch('eligibility.ts', '  turn.state.plan.attempts = 0;\n', '')],
    test: {
      file: 'troubles.test.ts',
      title: 'a standby in step again forgets how often its database was started in vain',
    },
  },
  {
    story:
      'a standby promoted by hand never gave its consent: its log was longer by a timeline of its own',
    seed: 1,
    arbiter: 'lan',
    stage: { script: promotedByHand },
    patches: [
      patch(
        'consent.ts',
        'return timeline === theirs.timeline && lsn > theirs.lsn;',
        'return lsn > theirs.lsn && timeline !== undefined;',
      ),
    ],
  },
  {
    story: 'an empty box cloned from a standby, or was to be the source of a clone itself',
    seed: 2,
    arbiter: 'lan',
    stage: {
      script: onlyCopy,
      world: { writeEveryMs: 8000, localWriteEveryMs: 60_000 },
    },
    patches: [
      patch(
        'rejoin.ts',
        'return record.holder === state.contact.peer && servesIn(said.stateName);',
        'return state.name !== said.stateName || servesIn(said.stateName) || record !== null;',
      ),
    ],
    test: {
      file: 'troubles.test.ts',
      title: 'only a primary that serves is cloned: one that has lost its database may not be',
    },
  },
  {
    story: 'a database started by hand was followed as if it were a standby',
    seed: 1,
    arbiter: 'lan',
    stage: { script: startedByHand },
    patches: [
      patch(
        'rejoin.ts',
        '  if (database.running && database.inRecovery === false) {',
        '  if (database.running && database.inRecovery === false && turn.state.now < 0) {',
      ),
    ],
    test: {
      file: 'troubles.test.ts',
      title:
        'a database that somebody started by hand beside a rejoining agent is stopped and rewound',
    },
  },
  {
    story:
      'a checkpoint that ended with the agent that had asked for it was not asked for again, and nobody could rewind',
    seed: 2,
    arbiter: 'etcd',
    stage: { script: takersAgentDies },
    patches: [patch('solo.ts', '  keepRewindable(turn);\n', '')],
    test: {
      file: 'troubles.test.ts',
      title:
        'a lone primary that nobody can rewind from asks for a checkpoint until one has reached the disk',
    },
  },
];
