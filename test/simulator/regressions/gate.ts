// The gate of a paired primary whose database was started anew: who of the two holds more, and who may go on.
import { patch } from '../../mutants/mutant.ts';
import type { Regression } from '../regression.ts';
import type { Scene, Script } from '../scene.ts';

/** The database of the primary comes back with less than its standby holds. */
const lessThanStandby: Script = function* (scene) {
  const { random, primary, crashDatabase } = scene;
  yield 4000;
  if (!scene.isIn(primary, 'paired')) return;
  crashDatabase(primary);
  primary.database.loseNewest(15 + random.below(10));
  yield 20_000;
};

/** A switchover is ordered, and the standby's database ends for long, with more than the primary has looked at. */
const standbySeemsAhead: Script = function* (scene) {
  const { random, primary, standby, order, crashDatabase, cut } = scene;
  const isOver = (): boolean => !scene.isIn(primary, 'handingOver', 'checkpointing');
  order(primary, { type: 'switchover' });
  yield random.between(0, 450);
  yield () => isOver() || seemsAhead(scene);
  if (isOver()) return;
  cut('the disk', standby.disk.failing, random.between(5500, 7000));
  crashDatabase(standby);
  yield 10_000;
};

function seemsAhead({ primary, standby }: Scene): boolean {
  const mine = primary.agent?.state.database.lsn ?? null;
  const theirs = standby.agent?.state.database.lsn ?? null;
  return mine !== null && theirs !== null && theirs > mine;
}

/** The primary restarts its database for longer than replication may be broken. */
const opensForLong: Script = function* (scene) {
  const { random, primary, crashDatabase, hangDatabase } = scene;
  crashDatabase(primary);
  hangDatabase(primary, random.between(1500, 3500));
  yield 8000;
};

/**
 * The database of the primary does not start, and its standby has no LAN until its patience ends: it may be given the epoch in
 * the moment in which it consents.
 */
const grantMeetsConsent: Script = function* (scene) {
  const { world, random, primary, standby, crashDatabase, cut } = scene;
  const { followDeadlineMs } = world.options.settings;
  const mend = cut('the disk', primary.disk.failing);
  crashDatabase(primary);
  cut('its LAN', world.lan.unplugged[standby.side], followDeadlineMs - random.between(0, 800));
  yield scene.in(primary, 'opening', 'stoppingToGrant');
  mend();
  yield 20_000;
};

export const gateRegressions: readonly Regression[] = [
  {
    story: 'V3: a gate that handed over to a standby that was ahead kept its service address on',
    seed: 1,
    arbiter: 'lan',
    stage: { script: lessThanStandby },
    patches: [
      patch(
        'entrances.ts',
        `  lowerAddress(turn);
  write(turn, { ...handedRecord(turn, 'handed', lsn), job });`,
        `  write(turn, { ...handedRecord(turn, 'handed', lsn), job });`,
      ),
      patch(
        'handover.ts',
        `  if (state.phase === 'granting' && state.port.anyAddressOn && !lowers) lowerAddress(turn);`,
        `  if (lowers && state.phase === 'never') return;`,
      ),
      patch('speech.ts', 'plan.lsn !== null && !state.port.anyAddressOn', 'plan.lsn !== null'),
    ],
    later: {
      what: 'who serves nobody asks the port for its addresses again and again',
      patches: [patch('step.ts', '  keepAddressOff(turn);\n', '')],
    },
    test: {
      file: 'gate.test.ts',
      title:
        'I8: a standby whose log is longer gets the epoch, and this log is marked to be cloned',
    },
  },
  {
    story: 'a gate handed over to a standby that only seemed ahead, and nobody could take it back',
    seed: 1,
    arbiter: 'lan',
    stage: {
      script: standbySeemsAhead,
      world: { writeEveryMs: 20, localWriteEveryMs: 60 },
    },
    patches: [patch('opening.ts', '    database.admitted ||\n', '')],
    test: {
      file: 'gate.test.ts',
      title:
        'I8: a standby is not ahead of a log that clients still write to, whatever was seen of it last',
    },
  },
  {
    story: 'a standby gave its consent to a primary that was only opening',
    seed: 1,
    arbiter: 'lan',
    stage: { script: opensForLong },
    patches: [
      patch(
        'standby.ts',
        `said.stateName === 'opening' ? settings.followDeadlineMs : settings.replicationDeadlineMs`,
        `said.stateName === 'unpaired' ? settings.followDeadlineMs : settings.replicationDeadlineMs`,
      ),
    ],
    test: {
      file: 'contact.test.ts',
      title:
        'a primary that only opens its database is no reason for a consent, until it takes too long',
    },
  },
  {
    story:
      'a consent crossed the grant of a primary whose database did not start, and nobody could take either back',
    seed: 15,
    arbiter: 'lan',
    stage: { script: grantMeetsConsent },
    patches: [
      patch('opening.ts', `detail }, lsn, 'rewinding');`, `detail }, lsn, 'cloning');`),
      patch(
        'opening.ts',
        'if (said === null || !isGivenUp(turn, said)) enterPhase',
        'if (said === null) enterPhase',
      ),
    ],
    test: {
      file: 'gate.test.ts',
      title: 'a consent that crossed such a grant gives the epoch back: this log is whole',
    },
  },
];
