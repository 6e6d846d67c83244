// Claims that a node makes at the ledger of the arbiter etcd.
import { patch } from '../../mutants/mutant.ts';
import type { Regression } from '../regression.ts';
import type { Script } from '../scene.ts';

/** Each is silent for the other; one wins, and the other, whose claim is on its way for long, hears of it. */
const slowClaim: Script = function* (scene) {
  const { world, random, primary, cutAll, cut } = scene;
  const mend = cutAll();
  yield () => primary.agent?.state.name === 'leaving' || scene.isIn(primary, 'steppingDown');
  cut('the ledger', world.etcd.unreachable[primary.side]);
  yield random.between(0, 500);
  mend();
  yield 20_000;
};

/** The primary restarts with less than its standby holds, and before it hears of that it hears nothing more. */
const asksWithLess: Script = function* (scene) {
  const { random, primary, standby, crashDatabase, cutAll, cut } = scene;
  yield 4000;
  if (!scene.isIn(primary, 'paired')) return;
  cut('the disk', standby.disk.failing);
  crashDatabase(standby);
  crashDatabase(primary);
  primary.database.loseNewest(15 + random.below(10));
  yield random.between(50, 400);
  cutAll();
  yield 15_000;
};

export const ledgerRegressions: readonly Regression[] = [
  {
    story: 'a claim was waited for although the peer had left the epoch',
    seed: 1,
    arbiter: 'etcd',
    stage: { script: slowClaim },
    patches: [
      patch(
        'asking.ts',
        `if (state.phase === 'asking' && peerIsAhead(state)) {`,
        `if (state.phase === 'never' && peerIsAhead(state)) {`,
      ),
    ],
    test: {
      file: 'etcd.test.ts',
      title:
        'I2 etcd: a primary that waits for an answer steps down when the peer says a higher epoch',
    },
  },
  {
    story: 'I1: a node in its gate asked the ledger although its standby had been ahead',
    seed: 1,
    arbiter: 'etcd',
    stage: { script: asksWithLess },
    patches: [
      patch(
        'opening.ts',
        'waits && !standbyWasAhead(turn) && mayAsk(turn)',
        '(waits && mayAsk(turn)) || (state.now < 0 && standbyWasAhead(turn))',
      ),
    ],
    test: {
      file: 'etcd.test.ts',
      title:
        'I1 etcd: a primary in its gate does not ask for its epoch where the standby was ahead',
    },
  },
];
