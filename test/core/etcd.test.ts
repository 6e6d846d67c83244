// The arbiter etcd: the claim, its three outcomes and the unknown one, publishing, and the agent that finds what its
// predecessor won (protocol.md section 5).
import test from 'ava';
import { boxA, boxB, durableRecord, recordStatement, standing } from './builders.ts';
import type { DrivenNode } from './drivenNode.ts';
import {
  addressOn,
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

const etcd = { arbiter: 'etcd' } as const;
const paired = durableRecord({ node: boxA, ...etcd });

type Outcome = 'won' | 'lost' | 'refused';

function decides(node: DrivenNode, outcome: Outcome, epoch = 5): void {
  const { token } = node.asked('claimEpoch');
  node.happen({ type: 'claimDecided', token, outcome, epoch, forgotten: false });
}

/** The ledger says what the record says, and the agent knows that nothing of its predecessor is under way. */
function settle(node: DrivenNode): void {
  if (node.waitsFor('claimEpoch')) decides(node, 'refused', 4);
}

function publishes(node: DrivenNode, holder = boxA, epoch = 4): void {
  const { token } = node.asked('publishEpoch');
  node.happen({ type: 'epochPublished', token, found: { epoch, mode: 'paired', holder } });
}

function knownPrimary(): DrivenNode {
  const node = pairedPrimary(etcd);
  settle(node);
  node.pass(600, { peer: wellStandby });
  publishes(node);
  node.pass(600, { peer: wellStandby });
  return node;
}

function knownStandby(): DrivenNode {
  const node = freshStandby(etcd);
  settle(node);
  node.pass(1510, {
    peer: { ...grantTo(node.state().eligibility.lossCounter), record: recordStatement(etcd) },
    round: { serviceAnsweredBy: [macA] },
  });
  return node;
}

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

test('I5 etcd: no grant before the ledger knows the epoch', (t) => {
  const node = pairedPrimary(etcd);
  settle(node);
  node.pass(1000, { peer: wellStandby });
  t.is(node.said().standing.grant, null);
  publishes(node);
  node.pass(100, { peer: wellStandby });
  t.is(node.said().standing.grant?.type, 'eligibility');
});

const follower = {
  ...wellStandby,
  record: recordStatement({ mode: 'catchup', partner: null, ...etcd }),
};

/** Alone, it pairs anew: the paired record is on disk, and the ledger is being told. */
function publishingPrimary(): DrivenNode {
  const node = drivenNode({
    settings: etcd,
    record: durableRecord({ node: boxA, mode: 'solo', partner: null, ...etcd }),
    database: primaryDatabase({ synchronousSetting: false }),
    port: addressOn,
  });
  node.happen({ type: 'epochEntered', token: node.asked('enterEpoch').token, epoch: 4 });
  node.pass(1500, { peer: follower });
  node.happen({
    type: 'synchronousProved',
    token: node.asked('setSynchronous').token,
    lsn: someLsn,
  });
  node.observes(primaryDatabase());
  node.writes();
  node.pass(200, { peer: follower });
  return node;
}

test('I5 etcd: the lone epoch is what is said until the ledger knows the paired one', (t) => {
  const node = publishingPrimary();
  t.is(node.asked('writeRecord').record.epoch, 5);
  t.is(node.state().phase, 'publishing');
  const said = node.said().standing;
  t.deepEqual([said.record?.mode, said.record?.epoch, said.grant], ['solo', 4, null]);
  publishes(node, boxA, 5);
  t.is(node.state().name, 'paired');
  t.is(node.said().standing.record?.epoch, 5);
});

test('I3 etcd: a ledger that is ahead of a pairing is overtaken, not waited for', (t) => {
  const node = publishingPrimary();
  const { token } = node.asked('publishEpoch');
  const found = { epoch: 9, mode: 'solo', holder: boxB } as const;
  node.happen({ type: 'epochPublished', token, found });
  node.pass(200, { peer: follower });
  t.deepEqual(
    [node.asked('writeRecord').record.mode, node.asked('writeRecord').record.epoch],
    ['solo', 10],
  );
});

for (const [whose, holder] of [
  ['the standby', boxB],
  ['the primary itself', boxA],
] as const) {
  test(`I5 etcd: the same number in the ledger by an order to ${whose} is not the pair: it is overtaken`, (t) => {
    const node = publishingPrimary();
    const { token } = node.asked('publishEpoch');
    node.happen({ type: 'epochPublished', token, found: { epoch: 5, mode: 'solo', holder } });
    t.is(node.said().standing.grant, null);
    node.pass(200, { peer: follower });
    const { record } = node.asked('writeRecord');
    t.deepEqual([record.mode, record.epoch], ['solo', 6]);
  });
}

test('etcd: an operator releases a primary that cannot publish its epoch', (t) => {
  const node = publishingPrimary();
  node.fails('publishEpoch');
  node.pass(5000);
  t.is(node.state().phase, 'publishing');
  const command = { type: 'takeover', peerIsOff: true } as const;
  node.happen({ type: 'operatorCommanded', commandId: 7, command });
  const { record } = node.asked('writeRecord');
  t.deepEqual([record.mode, record.epoch], ['solo', 7]);
  node.writes();
  t.true(node.waitsFor('clearSynchronous'));
});

test('I5 etcd: a ledger without memory is written anew only in contact', (t) => {
  const node = knownPrimary();
  node.pass(10_500, { peer: wellStandby });
  t.true(node.asked('publishEpoch').create);
  const alone = pairedPrimary(etcd);
  alone.pass(300);
  settle(alone);
  alone.pass(800);
  t.false(alone.asked('publishEpoch').create);
  const { token } = alone.asked('publishEpoch');
  alone.happen({ type: 'epochPublished', token, found: null });
  alone.pass(20_000);
  t.false(alone.all('claimEpoch').some(({ take }) => take));
  t.true('arbiterForgot' in alone.state().alarms);
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

test('etcd: the operator is entered before the record, and answered when the ledger is away', (t) => {
  const order = { type: 'operatorCommanded', commandId: 7, command: { type: 'takeover' } } as const;
  const node = drivenNode({ settings: etcd, record: paired, database: stoppedDatabase() });
  settle(node);
  node.happen(order);
  t.is(node.asked('enterEpoch').epoch, 6);
  t.is(node.all('writeRecord').length, 0);
  node.fails('enterEpoch');
  t.deepEqual(
    [node.asked('answerCommand').ok, node.asked('answerCommand').reason.code],
    [false, 'arbiterUnreachable'],
  );
  node.happen(order);
  node.happen({ type: 'epochEntered', token: node.asked('enterEpoch').token, epoch: 8 });
  t.is(node.asked('writeRecord').record.epoch, 8);
});

const takeoverOrder = {
  type: 'operatorCommanded',
  commandId: 7,
  command: { type: 'takeover' },
} as const;

test('etcd: an order whose outcome is not known is found in the ledger and carried through', (t) => {
  const node = knownStandby();
  node.happen(takeoverOrder);
  node.fails('enterEpoch');
  t.false(node.asked('answerCommand').ok);
  node.pass(600, { peer: { record: recordStatement(etcd) } });
  t.deepEqual([node.waitsFor('claimEpoch'), node.asked('claimEpoch').take], [true, false]);
  decides(node, 'won', 6);
  t.is(node.asked('writeRecord').record.epoch, 6);
});

test('etcd: an order that was entered and could not be obeyed is carried through as well', (t) => {
  const node = knownStandby();
  node.happen(takeoverOrder);
  node.happen({ type: 'databaseExited' });
  node.happen({ type: 'epochEntered', token: node.asked('enterEpoch').token, epoch: 6 });
  t.is(node.asked('answerCommand').reason.code, 'commandBusy');
  node.pass(600, { peer: { record: recordStatement(etcd) } });
  t.false(node.asked('claimEpoch').take);
  decides(node, 'won', 6);
  t.is(node.asked('writeRecord').record.epoch, 6);
});

test('I2 etcd: an order found in the ledger gives nothing once the peer is known to be ahead', (t) => {
  const node = drivenNode({
    settings: { self: boxB, ...etcd },
    record: durableRecord({ node: boxB, ...etcd }),
    database: stoppedDatabase(),
  });
  const ahead = recordStatement({ epoch: 7, mode: 'solo', partner: null, ...etcd });
  node.hears({ record: ahead }, { echo: null, heard: null });
  decides(node, 'won', 6);
  t.is(node.all('writeRecord').length, 0);
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

test('etcd: an order that is refused does not move the ledger', (t) => {
  const missing = stoppedDatabase({ present: false, systemId: null, timeline: null, lsn: null });
  const node = drivenNode({ settings: etcd, record: paired, database: missing });
  node.happen({ type: 'operatorCommanded', commandId: 7, command: { type: 'takeover' } });
  t.is(node.asked('answerCommand').reason.code, 'databaseUnusable');
  t.is(node.all('enterEpoch').length, 0);
});

test('etcd: no pairing begins while the ledger does not answer', (t) => {
  const failed = drivenNode({
    settings: etcd,
    record: durableRecord({ node: boxA, mode: 'solo', partner: null, ...etcd }),
    database: primaryDatabase({ synchronousSetting: false }),
    port: addressOn,
  });
  failed.fails('enterEpoch');
  failed.pass(3000, { peer: follower });
  t.is(failed.state().name, 'solo');
  failed.happen({ type: 'epochEntered', token: failed.asked('enterEpoch').token, epoch: 4 });
  failed.pass(100, { peer: follower });
  t.is(failed.state().name, 'pairing');
});

test('etcd: an operator who vouches that the peer is off needs no ledger', (t) => {
  const node = drivenNode({ settings: etcd, record: paired, database: stoppedDatabase() });
  const command = { type: 'takeover', peerIsOff: true } as const;
  node.happen({ type: 'operatorCommanded', commandId: 7, command });
  t.is(node.asked('writeRecord').record.epoch, 6);
  t.is(node.all('enterEpoch').length, 0);
});

test('etcd: the evidence of the LAN gives nothing where the ledger must be asked', (t) => {
  const node = eligibleStandby(etcd);
  t.is(node.state().eligibility.epoch, 4);
  node.pass(3000);
  t.is(node.state().name, 'standby');
  t.is(node.all('writeRecord').length, 0);
});

test('etcd: a primary that finds its own order in the ledger before it could publish goes on alone with it', (t) => {
  const node = publishingPrimary();
  const { token } = node.asked('publishEpoch');
  const found = { epoch: 9, mode: 'solo', holder: boxA } as const;
  node.pass(300);
  node.happen({ type: 'epochPublished', token, found });
  node.pass(600);
  t.false(node.asked('claimEpoch').take);
  decides(node, 'won', 9);
  const { record } = node.asked('writeRecord');
  t.deepEqual([record.mode, record.epoch], ['solo', 9]);
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

test('I2 etcd: an operator at a node that is configured for another arbiter must vouch for the peer', (t) => {
  const node = drivenNode({
    settings: { arbiter: 'lan' },
    record: paired,
    database: stoppedDatabase(),
  });
  node.happen({ type: 'operatorCommanded', commandId: 7, command: { type: 'takeover' } });
  t.deepEqual(
    [node.asked('answerCommand').ok, node.asked('answerCommand').reason.code],
    [false, 'arbiterUnreachable'],
  );
  t.is(node.all('writeRecord').length, 0);
  const command = { type: 'takeover', peerIsOff: true } as const;
  node.happen({ type: 'operatorCommanded', commandId: 8, command });
  t.is(node.asked('writeRecord').record.epoch, 6);
});
