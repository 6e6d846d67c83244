// What follows from one look at both boxes: who can acknowledge, whether the pair is whole.
import test from 'ava';
import {
  canAcknowledge,
  darkBox,
  emptyTally,
  tallied,
  wholePairPrimary,
  type BoxSight,
  type DatabaseSight,
  type Sight,
} from './sight.ts';

const pairedPrimary: DatabaseSight = {
  inRecovery: false,
  waitsFor: 'peer',
  standbyStreaming: true,
  standbySynchronous: true,
};
const soloPrimary: DatabaseSight = {
  inRecovery: false,
  waitsFor: '',
  standbyStreaming: false,
  standbySynchronous: false,
};
const standby: DatabaseSight = { ...soloPrimary, inRecovery: true };

function box(database: DatabaseSight | null, holdsAddress = false): BoxSight {
  return { powered: true, holdsAddress, lanCarrier: true, database };
}

const whole: Sight = { 'box-a': box(pairedPrimary, true), 'box-b': box(standby) };
const splitBrain: Sight = { 'box-a': box(soloPrimary, true), 'box-b': box(soloPrimary, true) };

test('a primary whose standby streams can acknowledge', (t) => {
  t.true(canAcknowledge(whole, 'box-a'));
  t.false(canAcknowledge(whole, 'box-b'));
});

test('a primary that waits for a box without power cannot acknowledge, whatever its walsender says', (t) => {
  t.false(canAcknowledge({ ...whole, 'box-b': darkBox }, 'box-a'));
});

test('a primary that waits for a box that was promoted cannot acknowledge', (t) => {
  t.false(canAcknowledge({ ...whole, 'box-b': box(soloPrimary) }, 'box-a'));
});

test('a pair is whole only while its primary alone holds the address', (t) => {
  t.is(wholePairPrimary(whole), 'box-a');
  t.is(wholePairPrimary({ ...whole, 'box-b': box(standby, true) }), undefined);
  t.is(wholePairPrimary({ ...whole, 'box-a': box(pairedPrimary, false) }), undefined);
  t.is(wholePairPrimary({ ...whole, 'box-a': box(soloPrimary, true) }), undefined);
});

test('two acknowledgers and two holders of the address are added up for as long as they last', (t) => {
  const after = tallied(emptyTally, splitBrain, 12.5, splitBrain);
  t.is(after.doubleAckMs, 12.5);
  t.is(after.doubleAddressMs, 12.5);
  t.is(tallied(after, whole, 100, whole).doubleAckMs, 12.5);
});

test('V3: an address on a port without carrier is answered to nobody', (t) => {
  const unplugged: Sight = {
    ...splitBrain,
    'box-a': { ...splitBrain['box-a'], lanCarrier: false },
  };
  t.is(tallied(emptyTally, unplugged, 12.5, unplugged).doubleAddressMs, 0);
});

test('V3: boxes that cannot hear each other may both answer; as acknowledgers they count', (t) => {
  const after = tallied(emptyTally, splitBrain, 12.5, splitBrain, true);
  t.is(after.doubleAddressMs, 0);
  t.is(after.doubleAckMs, 12.5);
});

test('a second box that begins to lead beside the first is a role change', (t) => {
  const started = tallied(emptyTally, { 'box-a': darkBox, 'box-b': darkBox }, 1, whole);
  t.is(started.roleChanges, 0);
  const split = tallied(started, whole, 1, splitBrain);
  t.is(split.roleChanges, 1);
  t.deepEqual(split.newLeaders, ['box-b']);
});

test('a database that an isolated primary restarts behind its gate is no role change', (t) => {
  const takenOver: Sight = { 'box-a': darkBox, 'box-b': box(soloPrimary, true) };
  const gated: Sight = {
    ...takenOver,
    'box-a': box({ ...pairedPrimary, standbyStreaming: false }),
  };
  const first = tallied({ ...emptyTally, lastLeader: 'box-b' }, takenOver, 1, gated);
  t.is(first.roleChanges, 0);
});

test('a primary that restarts is no role change', (t) => {
  const restarting: Sight = { ...whole, 'box-a': box(null) };
  const first = tallied(emptyTally, restarting, 1, whole);
  const second = tallied(tallied(first, whole, 1, restarting), restarting, 1, whole);
  t.is(second.roleChanges, 0);
});
