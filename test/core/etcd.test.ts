// The arbiter etcd: the claim, its three outcomes and the unknown one, and the agent that finds what its predecessor won
// (protocol.md section 5).
import test from 'ava';
import { boxB, recordStatement, standing } from './builders.ts';
import {
  drivenNode,
  eligibleStandby,
  freshStandby,
  grantTo,
  macA,
  pairedPrimary,
  primaryDatabase,
  someLsn,
  stoppedDatabase,
  wellStandby,
} from './drivenNode.ts';
import {
  etcd,
  paired,
  decides,
  settle,
  publishes,
  knownPrimary,
  knownStandby,
} from './etcdNode.ts';

test('etcd: a standby claims its epoch in silence, and is mute from then on', (t) => {
  const node = knownStandby();
  node.pass(600);
  t.deepEqual(
    [node.asked('claimEpoch').epoch, node.asked('claimEpoch').take, node.state().phase],
    [4, true, 'asking'],
  );
  t.true(node.said().standing.leaving);
  t.is(node.all('writeRecord').length, 0);
});

test('I4 etcd: a claim that was won is written down before anything is promoted', (t) => {
  const node = knownStandby();
  node.pass(600);
  decides(node, 'won');
  t.deepEqual(
    [node.asked('writeRecord').record.mode, node.asked('writeRecord').record.epoch],
    ['solo', 5],
  );
  t.is(node.all('promoteDatabase').length, 0);
  node.writes();
  t.true(node.waitsFor('promoteDatabase'));
});

test('etcd: a standby whose claim was refused stands by, eligible as before', (t) => {
  const node = knownStandby();
  node.pass(600);
  decides(node, 'refused', 4);
  t.deepEqual([node.state().name, node.said().standing.leaving], ['standby', false]);
  t.is(node.state().eligibility.epoch, 4);
});

test('I2 etcd: an answer that did not come is settled, and contact counts for nothing before', (t) => {
  const node = knownStandby();
  node.pass(600);
  node.fails('claimEpoch');
  node.pass(600, { peer: { ...grantTo(node.state().eligibility.lossCounter) } });
  t.deepEqual([node.state().phase, node.asked('claimEpoch').take], ['asking', false]);
  t.true(node.said().standing.leaving);
  decides(node, 'won');
  t.is(node.asked('writeRecord').record.epoch, 5);
});

test('I2 etcd: a primary that lost the claim takes its address off and writes nothing', (t) => {
  const node = knownPrimary();
  node.pass(1200);
  decides(node, 'lost');
  node.pass(300);
  t.is(node.state().name, 'paired');
  t.true(node.waitsFor('lowerServicePort'));
  t.is(node.all('writeRecord').length, 0);
  node.pass(20_000);
  t.false(
    node
      .all('claimEpoch')
      .slice(2)
      .some(({ take }) => take),
  );
});

test('I2 etcd: a primary that waits for an answer steps down when the peer says a higher epoch', (t) => {
  const node = knownPrimary();
  node.pass(1200);
  t.is(node.state().phase, 'asking');
  node.hears({ record: recordStatement({ epoch: 5, holder: boxB, mode: 'solo', ...etcd }) });
  t.is(node.state().name, 'steppingDown');
  t.true(node.waitsFor('lowerServicePort') && node.waitsFor('stopDatabase'));
});

test('etcd: a primary that loses its LAN while it waits for the ledger takes its address off', (t) => {
  const node = knownPrimary();
  node.pass(1200);
  node.fails('claimEpoch');
  node.pass(1000);
  t.deepEqual([node.state().phase, node.all('lowerServicePort').length], ['asking', 0]);
  node.pass(1000, { round: { referenceAnswered: false, referenceMacs: [] } });
  t.deepEqual([node.state().phase, node.all('lowerServicePort').length], ['asking', 1]);
});

test('etcd: a primary alone claims after D_solo_fast with a good LAN, after D_solo without', (t) => {
  const good = knownPrimary();
  good.pass(1200);
  t.is(good.state().phase, 'asking');
  const bad = knownPrimary();
  bad.pass(8000, { round: { referenceAnswered: false, referenceMacs: [] } });
  t.is(bad.state().name, 'paired');
  bad.pass(1500, { round: { referenceAnswered: false, referenceMacs: [] } });
  t.is(bad.state().phase, 'asking');
});

test('I7 etcd: a start with a paired record settles before it claims, and claims before it serves', (t) => {
  const node = drivenNode({ settings: etcd, record: paired, database: stoppedDatabase() });
  t.false(node.asked('claimEpoch').take);
  node.pass(3500);
  t.is(node.all('claimEpoch').length, 1);
  settle(node);
  node.pass(1000);
  publishes(node);
  node.pass(1000);
  t.true(node.asked('claimEpoch').take);
  t.is(node.all('startDatabase').length, 0);
  decides(node, 'won');
  t.is(node.asked('writeRecord').record.epoch, 5);
  node.writes();
  t.true(node.waitsFor('startDatabase'));
});

test('etcd: a claim that was refused at the start leads back to waiting', (t) => {
  const node = drivenNode({ settings: etcd, record: paired, database: stoppedDatabase() });
  settle(node);
  node.pass(1000);
  publishes(node);
  node.pass(3000);
  t.true(node.asked('claimEpoch').take);
  decides(node, 'lost');
  t.deepEqual([node.state().name, node.state().reason.code], ['starting', 'claimLost']);
  node.pass(3000);
  t.is(node.all('startDatabase').length, 0);
});

test('etcd: an agent finds what its predecessor won, and carries it through in contact too', (t) => {
  const node = freshStandby(etcd);
  node.pass(400, { peer: { record: recordStatement(etcd) } });
  decides(node, 'won');
  t.is(node.state().name, 'takingOver');
  t.is(node.asked('writeRecord').record.epoch, 5);
});

test('etcd: a standby looks at the ledger now and then, and a look keeps no claim waiting', (t) => {
  const node = knownStandby();
  const looks = node.all('claimEpoch').length;
  const peer = {
    ...grantTo(node.state().eligibility.lossCounter),
    record: recordStatement(etcd),
  };
  node.pass(9000, { peer, round: { serviceAnsweredBy: [macA] } });
  t.is(node.all('claimEpoch').length, looks + 1);
  decides(node, 'refused', 4);
  node.pass(350);
  t.true(node.asked('claimEpoch').take);
});

test('etcd: the evidence of the LAN gives nothing where the ledger must be asked', (t) => {
  const node = eligibleStandby(etcd);
  t.is(node.state().eligibility.epoch, 4);
  node.pass(3000);
  t.is(node.state().name, 'standby');
  t.is(node.all('writeRecord').length, 0);
});

/** Whether a primary in its gate asks for its epoch when its standby, heard last with a log so much longer, is silent. */
function asksFromItsGate(aheadBy: bigint): boolean {
  const node = knownPrimary();
  const database = { ...standing(wellStandby).database, lsn: someLsn + aheadBy, receiving: false };
  node.happen({ type: 'databaseExited' });
  node.hears({ ...wellStandby, database });
  node.pass(400);
  node.happen({ type: 'databaseStarted', token: node.asked('startDatabase').token });
  node.observes(
    primaryDatabase({ admitted: false, standbyStreaming: false, standbyFlushLsn: null }),
  );
  node.pass(node.settings.soloMs + 2000);
  return node.all('claimEpoch').some(({ take }) => take);
}

test('I1 etcd: a primary in its gate does not ask for its epoch where the standby was ahead', (t) => {
  t.true(asksFromItsGate(0n));
  t.false(asksFromItsGate(100n));
});

test('I3 etcd: a claim that was won before the present epoch began is over: its late answer changes nothing', (t) => {
  const node = pairedPrimary(etcd);
  t.true(node.waitsFor('claimEpoch'));
  node.hears({
    ...wellStandby,
    record: recordStatement({ mode: 'catchup', partner: null, ...etcd }),
  });
  node.writes();
  node.happen({ type: 'synchronousCleared', token: node.asked('clearSynchronous').token });
  node.observes(primaryDatabase({ synchronousSetting: false }));
  const ahead = recordStatement({ mode: 'catchup', partner: null, epoch: 5, ...etcd });
  node.pass(100, { peer: { ...wellStandby, record: ahead } });
  const { token } = node.asked('setSynchronous');
  node.happen({ type: 'synchronousProved', token, lsn: someLsn });
  node.pass(100, { peer: { ...wellStandby, record: ahead } });
  node.writes();
  t.like(node.state(), { name: 'pairing', phase: 'publishing', record: { epoch: 6 } });
  t.true(node.waitsFor('claimEpoch'));
  decides(node, 'won');
  t.like(node.state(), { name: 'pairing', phase: 'publishing', record: { epoch: 6 } });
});
