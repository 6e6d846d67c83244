// A cable that loses a third of all heartbeats changes nothing. More of it: npm run heartbeat-loss, a day for each of three seeds.
import test from 'ava';
import { loseHeartbeats } from './heartbeatLoss.ts';
import type { LossOutcome, LossRun } from './heartbeatLoss.ts';
import { shippedCore as core } from './loadCore.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);

function lose(given: Pick<LossRun, 'hours' | 'loss' | 'lost'>): LossOutcome {
  return loseHeartbeats(core, { seed, ...given });
}

for (const lost of ['heartbeats', 'everything'] as const) {
  test(`30 % of ${lost} lost in both directions for an hour: no change of any state`, (t) => {
    const outcome = lose({ hours: 1, loss: 0.3, lost });
    t.log(outcome);
    t.is(outcome.violation, null);
    t.is(outcome.transitions, 0);
    t.deepEqual(Object.values(outcome.changes), [0, 0, 0, 0, 0, 0]);
    t.true(outcome.eligibleShare > 0.99);
    t.true(outcome.availableShare > 0.999_999);
    // That so much is lost shows.
    t.true(outcome.longestSilenceMs > 250);
    t.true(outcome.acknowledged > 3600);
  });
}

test('what is counted is seen where everything is lost: the primary goes on alone', (t) => {
  const outcome = lose({ hours: 0.05, loss: 0.995, lost: 'heartbeats' });
  t.log(outcome);
  t.is(outcome.violation, null);
  t.true(outcome.changes.solos > 0);
  t.true(outcome.transitions > 0);
  t.true(outcome.eligibleShare < 0.5);
  t.true(outcome.longestSilenceMs > 1000);
});
