// A receiver that calls itself streaming and gets nothing, told by the primary's word.
import test from 'ava';
import { watchFollowing } from '../../src/daemon/following.ts';
import { initialState } from '../../src/core/state.ts';
import { settings } from '../core/builders.ts';

const standby = {
  ...initialState(settings()).database,
  inRecovery: true,
  receiving: true,
  timeline: 3,
};

const at = (lsn: bigint) => ({ timeline: 3, lsn });

test('a log that stands still behind the primary is stalled after a moment', (t) => {
  const following = watchFollowing();
  t.false(following.isStalled({ ...standby, lsn: 100n }, at(100n), 0));
  t.false(following.isDoubtful());
  t.false(following.isStalled({ ...standby, lsn: 100n }, at(120n), 200));
  t.true(following.isDoubtful());
  t.true(following.isStalled({ ...standby, lsn: 100n }, at(120n), 360));
});

test('a log that moves, however far behind, is not stalled', (t) => {
  const following = watchFollowing();
  for (let now = 0; now < 10_000; now += 200) {
    t.false(following.isStalled({ ...standby, lsn: BigInt(now) }, at(1_000_000n), now));
  }
});

test('a calm primary, another timeline, no receiver, or no word of the primary say nothing', (t) => {
  const following = watchFollowing();
  for (let now = 0; now < 2_000; now += 200) {
    t.false(following.isStalled({ ...standby, lsn: 100n }, at(100n), now));
    t.false(following.isStalled({ ...standby, lsn: 100n }, { timeline: 4, lsn: 200n }, now));
    t.false(following.isStalled({ ...standby, lsn: 100n, receiving: false }, at(200n), now));
    t.false(following.isStalled({ ...standby, lsn: 100n }, null, now));
  }
});
