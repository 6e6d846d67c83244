// The arbiter etcd: the holder of a paired epoch makes it known to the ledger before anybody can claim it
// (protocol.md section 5).
import test from 'ava';
import { boxA, boxB, durableRecord } from './builders.ts';
import {
  addressOn,
  drivenNode,
  pairedPrimary,
  primaryDatabase,
  wellStandby,
} from './drivenNode.ts';
import { etcd, settle, publishes, knownPrimary, follower, publishingPrimary } from './etcdNode.ts';

test('I5 etcd: no grant before the ledger knows the epoch', (t) => {
  const node = pairedPrimary(etcd);
  settle(node);
  node.pass(1000, { peer: wellStandby });
  t.is(node.said().standing.grant, null);
  publishes(node);
  node.pass(100, { peer: wellStandby });
  t.is(node.said().standing.grant?.type, 'eligibility');
});

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

test('I3 etcd: a ledger that is ahead of a pairing is overtaken an epoch at a time, not waited for', (t) => {
  const node = publishingPrimary();
  const { token } = node.asked('publishEpoch');
  const found = { epoch: 9, mode: 'solo', holder: boxB } as const;
  node.happen({ type: 'epochPublished', token, found });
  node.pass(200, { peer: follower });
  t.deepEqual(
    [node.asked('writeRecord').record.mode, node.asked('writeRecord').record.epoch],
    ['solo', 6],
  );
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
  failed.happen({
    type: 'epochEntered',
    token: failed.asked('enterEpoch').token,
    epoch: 4,
    forgotten: false,
  });
  failed.pass(100, { peer: follower });
  t.is(failed.state().name, 'pairing');
});
