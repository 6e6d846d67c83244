// The arbiter etcd: an operator's order is entered first; it may land late, or come to nothing (protocol.md section 5).
import test from 'ava';
import { boxA, boxB, durableRecord, recordStatement } from './builders.ts';
import { drivenNode, stoppedDatabase } from './drivenNode.ts';
import {
  etcd,
  paired,
  decides,
  settle,
  knownStandby,
  follower,
  publishingPrimary,
} from './etcdNode.ts';

const takeoverOrder = {
  type: 'operatorCommanded',
  commandId: 7,
  command: { type: 'takeover' },
} as const;

for (const [whose, holder] of [
  ['the standby', boxB],
  ['the primary itself', boxA],
] as const) {
  test(`I5 etcd: the same number in the ledger by an order to ${whose} is not the pair: it is overtaken`, (t) => {
    const node = publishingPrimary();
    const { token } = node.asked('publishEpoch');
    const found = { epoch: 5, mode: 'solo', holder } as const;
    node.happen({ type: 'epochPublished', token, found });
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
  node.happen({
    type: 'epochEntered',
    token: node.asked('enterEpoch').token,
    epoch: 8,
    forgotten: false,
  });
  t.is(node.asked('writeRecord').record.epoch, 8);
});

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
  node.happen({
    type: 'epochEntered',
    token: node.asked('enterEpoch').token,
    epoch: 6,
    forgotten: false,
  });
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

test('etcd: an order that is refused does not move the ledger', (t) => {
  const missing = stoppedDatabase({ present: false, systemId: null, timeline: null, lsn: null });
  const node = drivenNode({ settings: etcd, record: paired, database: missing });
  node.happen({ type: 'operatorCommanded', commandId: 7, command: { type: 'takeover' } });
  t.is(node.asked('answerCommand').reason.code, 'databaseUnusable');
  t.is(node.all('enterEpoch').length, 0);
});

test('etcd: an operator who vouches that the peer is off needs no ledger', (t) => {
  const node = drivenNode({ settings: etcd, record: paired, database: stoppedDatabase() });
  const command = { type: 'takeover', peerIsOff: true } as const;
  node.happen({ type: 'operatorCommanded', commandId: 7, command });
  t.is(node.asked('writeRecord').record.epoch, 6);
  t.is(node.all('enterEpoch').length, 0);
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

test('etcd: an order is not entered where the ledger says nothing, and is answered so', (t) => {
  const node = drivenNode({ settings: etcd, record: paired, database: stoppedDatabase() });
  settle(node);
  node.happen(takeoverOrder);
  node.happen({
    type: 'epochEntered',
    token: node.asked('enterEpoch').token,
    epoch: null,
    forgotten: true,
  });
  const { ok, reason } = node.asked('answerCommand');
  t.deepEqual([ok, reason.code], [false, 'arbiterForgot']);
  t.is(node.all('writeRecord').length, 0);
  t.true('arbiterForgot' in node.state().alarms);
});

test('I2 etcd: an order is refused where the ledger gave the peer a lone epoch, and the operator may vouch', (t) => {
  const node = drivenNode({ settings: etcd, record: paired, database: stoppedDatabase() });
  settle(node);
  node.happen(takeoverOrder);
  const { token } = node.asked('enterEpoch');
  node.happen({ type: 'epochEntered', token, epoch: null, forgotten: false });
  const { ok, reason } = node.asked('answerCommand');
  t.deepEqual([ok, reason.code], [false, 'claimLost']);
  t.is(node.all('writeRecord').length, 0);
  const command = { type: 'takeover', peerIsOff: true } as const;
  node.happen({ type: 'operatorCommanded', commandId: 8, command });
  t.is(node.asked('writeRecord').record.epoch, 6);
});
