// Who the other box is: a start of its agent that is too young to be in contact, and a new box in its place.
import { patch } from '../../mutants/mutant.ts';
import type { Regression } from '../regression.ts';
import type { Script } from '../scene.ts';

/** The standby wins the epoch while nothing passes; its agent dies, and the first words that pass are those of its next start. */
const youngStart: Script = function* (scene) {
  const { world, random, standby, cut } = scene;
  const { cable, lan } = world;
  const mendCable = cut('the cable', cable.unplugged);
  const mendLan = cut('and the LAN between them', lan.partitioned);
  yield () => standby.addressOn && scene.isIn(standby, 'solo');
  standby.crashAgent(random.between(5, 30));
  yield () => standby.agent !== null;
  mendCable();
  mendLan();
  yield 3000;
};

/** Both lose their power, and in the place of the standby a new box comes back that falls silent soon. */
const newBoxFallsSilent: Script = function* (scene) {
  const { random, primary, standby, powerOn } = scene;
  standby.powerOff();
  primary.crashAgent(random.between(20, 100));
  standby.replace(null);
  powerOn(standby, 100);
  yield () => standby.agent !== null && primary.agent !== null;
  yield random.between(100, 3000);
  standby.powerOff();
  yield 20_000;
};

/** The standby is replaced soon, and its successor is heard once, before it can say that it was heard itself. */
const newBoxHeardOnce: Script = function* (scene) {
  const { world, random, primary, standby, powerOn, cut } = scene;
  const { cable, options } = world;
  standby.powerOff();
  yield random.between(1000, 4000);
  standby.replace(null);
  const mend = cut('from the new box', cable.deafTo[standby.side]);
  powerOn(standby, 500);
  yield () => (standby.agent?.state.contact.echo ?? null) !== null;
  mend();
  yield () => primary.agent?.state.contact.peer === standby.nodeId;
  cut('the cable', cable.silent);
  yield options.settings.soloMs + 5000;
};

/** The database of the primary restarts, and in the place of its standby comes a new box with a clone. */
const newBoxAtTheGate: Script = function* (scene) {
  const { random, primary, standby, powerOn, crashDatabase } = scene;
  crashDatabase(primary);
  yield random.between(0, 5);
  standby.powerOff();
  standby.replace(primary.database.log);
  powerOn(standby, random.between(100, 2000));
  yield 15_000;
};

/** Nothing is heard for a while, and with the cable the replication is gone. */
const silence: Script = function* (scene) {
  const { world, random, cut } = scene;
  cut('the cable', world.cable.silent, random.between(900, 4000));
  yield 6000;
};

const strangersCount = patch(
  'permission.ts',
  'contact.peer !== null && contact.peer !== other',
  'contact.peer !== null && other === undefined',
);

export const contactRegressions: readonly Regression[] = [
  {
    story: 'a higher epoch of a young start of the peer was not obeyed',
    seed: 1,
    arbiter: 'etcd',
    stage: { script: youngStart, times: { deadIntervalMs: 1500, soloFastMs: 2500 } },
    patches: [
      patch('contact.ts', '  noteEpoch(state, settings, heartbeat);\n', ''),
      patch(
        'contact.ts',
        '  if (isFresh(state, settings, heartbeat)) takeContact',
        '  noteEpoch(state, settings, heartbeat);\n  if (isFresh(state, settings, heartbeat)) takeContact',
      ),
    ],
    test: {
      file: 'contact.test.ts',
      title:
        'I2: a higher epoch is obeyed at once, also from a start of the peer that is not in contact yet',
    },
  },
  {
    story: 'the silence of the peer counted as a fault of the database',
    seed: 2,
    arbiter: 'lan',
    stage: { script: silence },
    patches: [
      patch(
        'absorb.ts',
        'else if (wasSilent) state.databaseFaultSince += state.now - silentSince;',
        'else if (wasSilent && silentSince < -Infinity) state.databaseFaultSince = null;',
      ),
    ],
    test: {
      file: 'contact.test.ts',
      title: 'the time in which the primary was not heard is no fault of the database',
    },
  },
  {
    story: 'I8: a new box in the place of the partner opened the gate',
    seed: 2,
    arbiter: 'lan',
    stage: { script: newBoxAtTheGate },
    patches: [
      patch(
        'opening.ts',
        'if (record === null || turn.state.contact.peer !== record.partner) return;',
        'if (record === null) return;',
      ),
    ],
    test: {
      file: 'gate.test.ts',
      title: 'I8: a new box in the place of the partner opens no gate, whatever it holds',
    },
  },
  {
    story: 'I7: a node left alone on the silence of a new box in the place of its partner',
    seed: 1,
    arbiter: 'lan',
    stage: { script: newBoxFallsSilent },
    patches: [strangersCount],
    test: {
      file: 'primaryPermission.test.ts',
      title: 'I7: contact with a new box in the place of the partner permits nothing',
    },
  },
  {
    story: 'what the box before it had echoed counted for a new box in its place',
    seed: 1,
    arbiter: 'lan',
    stage: { script: newBoxHeardOnce, world: { directCable: false } },
    patches: [
      patch('contact.ts', '  if (contact.peer !== heartbeat.sender) contact.ackedAt = null;\n', ''),
    ],
    later: {
      what: 'contact with a new box in the place of the partner permits nothing',
      patches: [strangersCount],
    },
    test: {
      file: 'contact.test.ts',
      title: 'what the node before it had heard is no contact of a new one in its place',
    },
  },
];
