// The arbiter fence: off, verified, is the permission; what is not known is asked again; and the peer is switched on again
// (protocol.md section 5).
import test from 'ava';
import { boxA, boxB, durableRecord, recordStatement } from './builders.ts';
import type { DrivenNode } from './drivenNode.ts';
import {
  drivenNode,
  freshStandby,
  grantTo,
  macA,
  pairedPrimary,
  stoppedDatabase,
  wellStandby,
} from './drivenNode.ts';

const fence = { arbiter: 'fence' } as const;

function knownStandby(): DrivenNode {
  const node = freshStandby(fence);
  node.pass(1510, {
    peer: { ...grantTo(node.state().eligibility.lossCounter), record: recordStatement(fence) },
    round: { serviceAnsweredBy: [macA] },
  });
  return node;
}

/** Its predecessor's orders are settled: the device has switched the standby on, which it was. */
function knownPrimary(): DrivenNode {
  const node = pairedPrimary(fence);
  node.happen({ type: 'peerUnfenced', token: node.asked('unfencePeer').token });
  node.hears(wellStandby);
  return node;
}

function answers(node: DrivenNode, type: 'peerFenced' | 'fenceRefused'): void {
  node.happen({ type, token: node.asked('fencePeer').token });
}

test('I4 fence: a standby takes over once the primary is off, verified, and its record is on disk', (t) => {
  const node = knownStandby();
  node.pass(600);
  t.true(node.waitsFor('fencePeer'));
  t.deepEqual([node.said().standing.leaving, node.all('writeRecord').length], [true, 0]);
  answers(node, 'peerFenced');
  t.is(node.asked('writeRecord').record.epoch, 5);
  t.is(node.all('promoteDatabase').length, 0);
  node.writes();
  t.true(node.waitsFor('promoteDatabase'));
});

test('I2 fence: an unknown outcome is asked for again, whatever is heard meanwhile', (t) => {
  const node = knownStandby();
  node.pass(600);
  node.fails('fencePeer');
  node.pass(700, { peer: { record: recordStatement(fence) } });
  t.deepEqual([node.state().phase, node.all('fencePeer').length], ['asking', 2]);
  answers(node, 'fenceRefused');
  t.deepEqual([node.state().name, node.said().standing.leaving], ['standby', false]);
});

test('fence: whoever answers for the address is spared until T_max, and then switched off', (t) => {
  const node = knownStandby();
  node.pass(3500, { round: { serviceAnsweredBy: [macA] } });
  t.is(node.state().name, 'standby');
  node.pass(1000, { round: { serviceAnsweredBy: [macA] } });
  t.true(node.waitsFor('fencePeer'));
});

test('fence: the peer is switched on again after the record, and until that is known', (t) => {
  const node = knownPrimary();
  const before = node.all('unfencePeer').length;
  node.pass(1200);
  answers(node, 'peerFenced');
  node.pass(800);
  t.is(node.all('unfencePeer').length, before);
  node.writes();
  node.pass(800);
  t.true(node.waitsFor('unfencePeer'));
  node.fails('unfencePeer');
  node.pass(1000);
  t.is(node.all('unfencePeer').length, before + 2);
  node.happen({ type: 'peerUnfenced', token: node.asked('unfencePeer').token });
  node.pass(5000);
  t.is(node.all('unfencePeer').length, before + 2);
});

test('fence: that the peer is heard again ends no order, because an open one may still switch it off', (t) => {
  const node = knownPrimary();
  node.pass(1200);
  node.fails('fencePeer');
  const record = recordStatement({ epoch: 6, holder: boxB, mode: 'solo', partner: null, ...fence });
  node.hears({ ...wellStandby, record });
  t.is(node.state().name, 'steppingDown');
  node.pass(3000, { peer: { ...wellStandby, record } });
  t.true(node.state().arbiter.peerIsOff);
});

test('fence: an older order to switch on, answered late, does not end a newer one to switch off', (t) => {
  const node = pairedPrimary(fence);
  const { token } = node.asked('unfencePeer');
  node.pass(1200);
  t.true(node.waitsFor('fencePeer'));
  node.happen({ type: 'peerUnfenced', token });
  t.true(node.state().arbiter.peerIsOff);
});

test('I7 fence: a box that starts with a paired record and hears nobody fences nobody', (t) => {
  const record = durableRecord({ node: boxA, ...fence });
  const node = drivenNode({ settings: fence, record, database: stoppedDatabase() });
  node.pass(30_000);
  t.is(node.all('fencePeer').length, 0);
  t.deepEqual([node.state().name, node.state().reason.code], ['starting', 'waitingForPeer']);
  // It may be that its predecessor switched the peer off.
  t.is(node.all('unfencePeer').length, 1);
});

test('fence: an operator decides although the device never answers', (t) => {
  const node = pairedPrimary(fence);
  node.pass(1200);
  node.fails('fencePeer');
  node.happen({ type: 'operatorCommanded', commandId: 3, command: { type: 'takeover' } });
  t.is(node.asked('writeRecord').record.epoch, 6);
});
