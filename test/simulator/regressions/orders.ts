// Operators' orders and the ledger of the arbiter etcd: what an order leaves behind that comes to nothing, or lands late.
import { patch } from '../../mutants/mutant.ts';
import type { Later, Regression } from '../regression.ts';
import { lookMs } from '../scene.ts';
import type { Pause, Scene, Script } from '../scene.ts';

/** The ledger gives the standby an epoch by an order, while takeovers are paused and the primary is off. */
function* orderMovesLedger(scene: Scene): Generator<Pause, void> {
  const { world, random, primary, standby, order } = scene;
  order(standby, { type: 'maintenance', untilMs: standby.clockMs() + 20_000 });
  yield 20;
  primary.powerOff();
  yield lookMs + random.between(0, 1000);
  order(standby, { type: 'takeover' });
  const untilMs = scene.nowMs + 3000;
  yield () => world.etcd.entry?.mode === 'solo' || scene.nowMs > untilMs;
}

/** The database of the box that was ordered ends while the ledger moves: the order comes to nothing. Then the primary is back. */
const orderComesToNothing: Script = function* (scene) {
  yield* orderInTrouble(scene, function* () {
    scene.crashDatabase(scene.standby);
    yield scene.random.between(0, 12);
    scene.order(scene.standby, { type: 'takeover' });
    yield 30;
  });
};

/** The order is refused, because the database of that box is just being started. Then the primary is back. */
const orderIsRefused: Script = function* (scene) {
  yield* orderInTrouble(scene, function* () {
    scene.crashDatabase(scene.standby);
    yield scene.in(scene.standby, 'rejoining', 'starting');
    scene.order(scene.standby, { type: 'takeover' });
    yield 30;
  });
};

function* orderInTrouble(scene: Scene, act: () => Generator<Pause, void>): Generator<Pause, void> {
  const { random, primary, standby, powerOn, hangDatabase } = scene;
  scene.order(standby, { type: 'maintenance', untilMs: standby.clockMs() + 20_000 });
  yield 20;
  primary.powerOff();
  yield lookMs + random.between(0, 1000);
  yield* act();
  hangDatabase(standby, random.between(8000, 12_000));
  powerOn(primary, random.between(300, 1000));
  yield 30_000;
}

/** The ledger moves, and its answer does not come: nobody knows what came of the order. */
const outcomeIsUnknown: Script = function* (scene) {
  const { world, primary, standby, powerOn, cut } = scene;
  yield* orderMovesLedger(scene);
  if (standby.disk.mayBeSolo) return;
  cut('the ledger', world.etcd.unreachable[standby.side], 3000);
  powerOn(primary);
  yield 30_000;
};

/**
 * An order that landed late passed over the epoch that the primary had won. The box that was ordered hears that, one way only,
 * and finds its own epoch in the ledger.
 */
const lateOrderIsFound: Script = function* (scene) {
  const { world, random, primary, standby, order, powerOn, cut } = scene;
  const { cable, lan, etcd } = world;
  order(standby, { type: 'maintenance', untilMs: standby.clockMs() + 40_000 });
  cut('the cable one way', cable.deafTo[standby.side]);
  const mend = cut('and the other', cable.deafTo[primary.side]);
  cut('and the LAN between them', lan.partitioned);
  primary.powerOff();
  yield lookMs;
  powerOn(primary, random.between(300, 1500));
  yield () => primary.agent !== null && scene.isIn(primary, 'starting', 'waiting');
  etcd.slow.begin();
  order(standby, { type: 'takeover' });
  yield 1;
  etcd.slow.end();
  cut('the answer', etcd.unreachable[standby.side], random.between(2500, 9000));
  yield scene.in(primary, 'solo');
  yield random.between(0, 3000);
  mend();
  yield 15_000;
};

const overtaken = patch(
  'solo.ts',
  '  else skipToLedger(turn);\n',
  '  else if (state.now < 0) skipToLedger(turn);\n',
);
const carriedThrough = patch(
  'asking.ts',
  "if (state.record?.mode === 'paired') carryThrough",
  "if (state.record?.mode === 'paired' && state.record.holder === turn.settings.self) carryThrough",
);
const standbyCarriesThrough: Later = {
  what: 'a standby carries an order through that it finds in the ledger',
  patches: [carriedThrough],
};

export const orderRegressions: readonly Regression[] = [
  {
    story: 'a pairing waited for a ledger that an order which came to nothing had moved on',
    seed: 1,
    arbiter: 'etcd',
    stage: { script: orderComesToNothing },
    patches: [overtaken],
    later: standbyCarriesThrough,
    test: {
      file: 'etcdPublishing.test.ts',
      title:
        'I3 etcd: a ledger that is ahead of a pairing is overtaken an epoch at a time, not waited for',
    },
  },
  {
    story:
      'an order that was refused moved the ledger, and the pair could not enter its next epoch',
    seed: 1,
    arbiter: 'etcd',
    stage: { script: orderIsRefused },
    patches: [
      patch(
        'commands.ts',
        'if (refused !== null) answer',
        'if (refused !== null && !entersFirst) answer',
      ),
    ],
    later: {
      what: 'a ledger that is ahead is overtaken, and a standby carries through what it finds there',
      patches: [overtaken, carriedThrough],
    },
    test: {
      file: 'etcdOrders.test.ts',
      title: 'etcd: an order that is refused does not move the ledger',
    },
  },
  {
    story:
      'an order whose outcome was not known had moved the ledger, and nobody looked there any more',
    seed: 1,
    arbiter: 'etcd',
    stage: { script: outcomeIsUnknown },
    patches: [
      patch(
        'asking.ts',
        `const looks = record.holder !== settings.self || arbiter.lostEpoch === epoch;`,
        `const looks = arbiter.lostEpoch === epoch;`,
      ),
    ],
    test: {
      file: 'etcd.test.ts',
      title: 'etcd: a standby looks at the ledger now and then, and a look keeps no claim waiting',
    },
  },
  {
    story: 'a pairing waited for a ledger that an order had moved to just its own number',
    seed: 1,
    arbiter: 'etcd',
    stage: { script: orderComesToNothing },
    patches: [
      patch(
        'arbiterNews.ts',
        `if (found.epoch >= record.epoch) arbiter.aheadEpoch`,
        `if (found.epoch > record.epoch) arbiter.aheadEpoch`,
      ),
    ],
    later: standbyCarriesThrough,
    test: {
      file: 'etcdOrders.test.ts',
      title: 'I5 etcd: the same number in the ledger by an order to ',
    },
  },
  {
    story: 'I2: an order found in the ledger was carried through although the peer was ahead',
    seed: 1,
    arbiter: 'etcd',
    stage: { script: lateOrderIsFound },
    patches: [
      patch(
        'asking.ts',
        `  if (peerIsAhead(state)) return;
  if (state.record?.mode === 'paired') carryThrough`,
        `  if (state.record?.mode === 'paired') carryThrough`,
      ),
    ],
    later: {
      what: 'an order never passes over an epoch that the ledger gave the peer',
      patches: [
        patch(
          'ledger.ts',
          "if (found === null || (found.mode === 'solo' && found.holder !== self)) return null;",
          'if (found === null) return null;',
        ),
      ],
    },
    test: {
      file: 'etcdOrders.test.ts',
      title:
        'I2 etcd: an order found in the ledger gives nothing once the peer is known to be ahead',
    },
  },
  {
    story: "I1: an operator's order that landed late passed over an epoch which the peer had won",
    seed: 1,
    arbiter: 'etcd',
    stage: { faults: [['orderLate', 1]] },
    patches: [
      patch(
        'ledger.ts',
        "if (found === null || (found.mode === 'solo' && found.holder !== self)) return null;",
        'if (found === null) return null;',
      ),
    ],
    test: {
      file: 'ledger.test.ts',
      title:
        'I1 an order is refused once the peer has an epoch, by a claim or by an order of its own',
    },
  },
];
