// The seven conditions of a standby that leaves a paired epoch alone (protocol.md section 6): with all of them it takes
// over, and each of them missing keeps it from it.
import test from 'ava';
import { standbyHindrance } from '../../src/core/permission.ts';
import type { Hindrance } from '../../src/core/permission.ts';
import { boxB } from './builders.ts';
import type { DrivenNode } from './drivenNode.ts';
import {
  eligibleStandby,
  freshStandby,
  grantTo,
  macA,
  macB,
  referenceMac,
  standbyDatabase,
} from './drivenNode.ts';

const hindrance = (node: DrivenNode): Hindrance | null =>
  standbyHindrance(node.state(), node.settings);
const granted = (node: DrivenNode) => grantTo(node.state().eligibility.lossCounter);
const calm = { serviceAnsweredBy: [macA] };

test('lan: a standby with all seven conditions takes over, and asks for its record first (I4)', (t) => {
  const node = eligibleStandby();
  node.pass(450);
  t.is(node.state().name, 'takingOver');
  const { record } = node.asked('writeRecord');
  t.like(record, { mode: 'solo', epoch: 5, holder: boxB });
  t.false(node.waitsFor('promoteDatabase'));
  node.writes();
  t.true(node.waitsFor('promoteDatabase'));
});

test('lan 1: a standby waits for D, even with a silent round before', (t) => {
  const node = eligibleStandby();
  node.pass(240);
  t.is(hindrance(node), 'peerNotSilent');
});

test('lan 1: with Eth1 without carrier D_fast is enough', (t) => {
  const node = eligibleStandby();
  node.happen({ type: 'heartbeatCarrierChanged', carrier: false });
  node.pass(220);
  t.is(node.state().name, 'takingOver');
});

test('lan 1: a standby that hears the primary never takes over, whatever the LAN says', (t) => {
  const node = eligibleStandby();
  node.pass(3000, { peer: granted(node) });
  t.is(hindrance(node), 'peerNotSilent');
  t.is(node.state().name, 'standby');
});

test('lan 1: datagrams that are not fresh are no contact, but no round counts that began before them', (t) => {
  const node = eligibleStandby();
  for (let beat = 0; beat < 10; beat += 1) {
    node.pass(50);
    node.hears({}, { echo: null, heard: null });
  }
  t.is(hindrance(node), 'noRoundSinceContact');
  t.is(node.state().name, 'standby');
});

test('lan 2: a standby without a grant does not take over', (t) => {
  const node = freshStandby();
  node.pass(1500, { peer: { grant: null }, round: calm });
  node.pass(450);
  t.is(hindrance(node), 'notEligible');
});

test('lan 2: a grant of a former epoch gives nothing', (t) => {
  const node = freshStandby();
  const grant = {
    type: 'eligibility',
    epoch: 3,
    toStart: 'b1b2b3b4b5b6b7b8',
    lossCounter: 0,
  } as const;
  node.pass(1500, { peer: { grant }, round: calm });
  node.pass(450);
  t.is(hindrance(node), 'notEligible');
});

test('lan 3: a round that began before the last datagram does not count', (t) => {
  const node = eligibleStandby();
  node.pass(30);
  node.sleep(90);
  node.hears({}, { echo: null, heard: null });
  node.pass(250, { round: 'unanswered' });
  t.is(hindrance(node), 'noRoundSinceContact');
});

test('lan 1: D_fast needs a round that began after the carrier was lost', (t) => {
  const node = eligibleStandby();
  node.pass(190);
  node.happen({ type: 'heartbeatCarrierChanged', carrier: false });
  node.pass(20);
  t.is(hindrance(node), 'peerNotSilent');
  node.pass(170);
  t.is(node.state().name, 'takingOver');
});

test('lan 3: with carrier on Eth1 only a round that ended just now is evidence', (t) => {
  const node = eligibleStandby();
  node.pass(240);
  node.sleep(40);
  node.happen({ type: 'tick' });
  t.is(hindrance(node), 'roundTooOld');
  node.pass(100);
  t.is(node.state().name, 'takingOver');
});

test('lan 3: a round that was interrupted is no evidence that nobody answers (I2)', (t) => {
  const node = eligibleStandby();
  node.pass(400, { round: { asked: 2 } });
  t.is(hindrance(node), 'roundInterrupted');
  t.is(node.state().name, 'standby');
  node.pass(110);
  t.is(node.state().name, 'takingOver');
});

test('lan 3: without carrier on the service port nothing is known of the LAN', (t) => {
  const node = eligibleStandby();
  node.port({ carrier: false, carrierChanges: 2 });
  node.pass(400, { round: { carrier: false } });
  t.is(hindrance(node), 'lanNotGood');
});

test('lan 3: carrier lost after the round keeps the standby from taking over', (t) => {
  const node = eligibleStandby();
  node.pass(240);
  node.port({ carrier: false, carrierChanges: 2 });
  node.pass(60, { round: 'unanswered' });
  t.is(hindrance(node), 'lanNotGood');
});

test('lan 3: a round without an answer of a reference proves nothing', (t) => {
  const node = eligibleStandby();
  node.pass(400, { round: { referenceAnswered: false, referenceMacs: [] } });
  t.is(hindrance(node), 'lanNotGood');
});

test('lan 3: the primary that answers for its own reference is no reference', (t) => {
  const node = eligibleStandby();
  node.pass(400, { round: { referenceMacs: [macA] } });
  t.is(hindrance(node), 'lanNotGood');
});

test('lan 3: an answer for the service address is a veto', (t) => {
  const node = eligibleStandby();
  node.pass(400, { round: { serviceAnsweredBy: [macA], peerAnsweredOnHeartbeatPort: true } });
  t.is(hindrance(node), 'addressAnswered');
});

test('lan 3: an answer of the primary is a veto even where it answers for a reference too', (t) => {
  const node = eligibleStandby();
  const both = { serviceAnsweredBy: [macA], referenceMacs: [referenceMac, macA] };
  node.pass(400, { round: { ...both, peerAnsweredOnHeartbeatPort: true } });
  t.is(hindrance(node), 'addressAnswered');
});

test('lan 3: an old round is not the last word', (t) => {
  const node = eligibleStandby();
  node.pass(240);
  node.sleep(300);
  node.happen({ type: 'tick' });
  t.is(hindrance(node), 'roundTooOld');
});

test('lan 4: a span of F - margin without a valid round ends eligibility, and a good one does not restore it', (t) => {
  const node = eligibleStandby();
  node.pass(660, { round: { referenceAnswered: false } });
  t.is(node.state().eligibility.epoch, null);
  node.pass(400);
  t.is(hindrance(node), 'notEligible');
});

test('lan 4: a standby that slept for F - margin is not eligible when it wakes', (t) => {
  const node = eligibleStandby();
  node.sleep(700);
  node.happen({ type: 'tick' });
  t.is(node.state().eligibility.epoch, null);
});

test('lan 5: answered on the LAN but not on Eth1 ends eligibility, for good', (t) => {
  const node = eligibleStandby();
  node.pass(380, { round: { serviceAnsweredBy: [macA] } });
  t.is(node.state().eligibility.epoch, null);
  node.pass(500);
  t.is(hindrance(node), 'notEligible');
});

test('lan 5: words that come one way do not hide that only the LAN answers (I2)', (t) => {
  const node = eligibleStandby();
  for (let beats = 0; beats < 8; beats += 1) {
    node.pass(50, { round: { serviceAnsweredBy: [macA], peerAnsweredOnHeartbeatPort: true } });
    node.hears(granted(node), { heard: null });
  }
  t.is(node.state().eligibility.epoch, 4);
  // Still within D of the last word, and long after this node was last heard.
  node.pass(230, { round: { serviceAnsweredBy: [macA] } });
  t.is(node.state().eligibility.epoch, null);
});

/** A primary whose agent hangs answers on both ports; its reset, or a cut, ends the carrier of Eth1 within the next round. */
function cutWithinRound(): DrivenNode {
  const node = eligibleStandby();
  node.pass(500, { round: { serviceAnsweredBy: [macA], peerAnsweredOnHeartbeatPort: true } });
  node.pass(30, { round: 'unanswered' });
  node.happen({ type: 'heartbeatCarrierChanged', carrier: false });
  return node;
}

test('lan 5: a round within which Eth1 lost its carrier does not tell a box that was reset from a cut cable', (t) => {
  const node = cutWithinRound();
  node.pass(70, { round: { serviceAnsweredBy: [macA] } });
  t.is(node.state().eligibility.epoch, 4);
  node.pass(200);
  t.is(node.state().name, 'takingOver');
});

test('lan 5: the next round tells: a primary that answers on the LAN is behind a cut cable', (t) => {
  const node = cutWithinRound();
  node.pass(190, { round: { serviceAnsweredBy: [macA] } });
  t.is(node.state().eligibility.epoch, null);
  node.pass(500);
  t.is(hindrance(node), 'notEligible');
});

test('lan 5: where the round before was not answered on Eth1 either, the cable had failed before', (t) => {
  const node = eligibleStandby();
  node.pass(240, { round: { serviceAnsweredBy: [macA] } });
  t.is(node.state().eligibility.epoch, 4, 'this node may still be heard');
  const { lastRound } = node.state().lan;
  t.false(lastRound?.peerOnHeartbeatPort);
  node.happen({ type: 'heartbeatCarrierChanged', carrier: false });
  node.pass(70, { round: { serviceAnsweredBy: [macA] } });
  t.is(node.state().eligibility.epoch, null);
});

test('lan 3: a box that answers on Eth1 lives, although its LAN does not answer', (t) => {
  const node = eligibleStandby();
  node.pass(1000, { round: { peerAnsweredOnHeartbeatPort: true } });
  t.is(hindrance(node), 'peerAnswered');
  node.pass(300);
  t.is(node.state().name, 'takingOver');
});

test('lan 5: answered on both is a hung agent: a veto until its watchdog has reset it', (t) => {
  const node = eligibleStandby();
  node.pass(2000, { round: { serviceAnsweredBy: [macA], peerAnsweredOnHeartbeatPort: true } });
  t.is(node.state().name, 'standby');
  node.pass(300);
  t.is(node.state().name, 'takingOver');
});

test('lan 6: after T_max it is too late', (t) => {
  const node = eligibleStandby();
  node.pass(4100, { round: { serviceAnsweredBy: [macA], peerAnsweredOnHeartbeatPort: true } });
  node.pass(300);
  t.is(hindrance(node), 'tooLate');
});

test('lan 7: a probe that was never answered by the primary proves nothing', (t) => {
  const node = freshStandby();
  node.pass(1500, { peer: granted(node) });
  node.pass(400);
  t.is(hindrance(node), 'probeUntested');
});

test('lan 7: an answer from another MAC than the primary told is no test', (t) => {
  const node = freshStandby();
  node.pass(1500, { peer: granted(node), round: { serviceAnsweredBy: [macB] } });
  node.pass(400);
  t.is(hindrance(node), 'probeUntested');
});

test('lan 7: a test older than a minute is worth nothing', (t) => {
  const node = eligibleStandby();
  node.pass(62_000, { peer: granted(node) });
  node.pass(400);
  t.is(hindrance(node), 'probeUntested');
});

test('lan 7: an answer from the MAC of a reference is an alarm, not a veto', (t) => {
  const node = eligibleStandby();
  node.pass(450, { round: { serviceAnsweredBy: [referenceMac] } });
  t.is(node.state().name, 'takingOver');
  t.true(node.state().alarms.proxyArp !== undefined);
});

test('a standby of arbiter manual, and one configured otherwise than the record, do not take over', (t) => {
  const manual = eligibleStandby({ arbiter: 'manual' });
  manual.pass(450);
  t.is(hindrance(manual), 'arbiterIsManual');
  const node = eligibleStandby();
  node.pass(300, { round: 'unanswered' });
  t.is(standbyHindrance(node.state(), { ...node.settings, arbiter: 'manual' }), 'arbiterIsManual');
});

test('maintenance on either box pauses takeovers', (t) => {
  const here = eligibleStandby();
  const command = { type: 'maintenance', untilMs: here.now() + 60_000 } as const;
  here.happen({ type: 'operatorCommanded', commandId: 1, command });
  here.pass(450);
  t.is(hindrance(here), 'maintenance');
  const there = eligibleStandby();
  const fitness = {
    carrier: true,
    lan: true,
    database: true,
    disk: true,
    services: true,
    maintenance: true,
  };
  there.pass(100, { peer: { ...granted(there), fitness }, round: calm });
  there.pass(450);
  t.is(hindrance(there), 'maintenance');
});

test('a database that no longer runs in recovery is not promoted', (t) => {
  const node = eligibleStandby();
  node.observes(standbyDatabase({ answering: false, inRecovery: null, lsn: null }));
  node.pass(450);
  t.is(hindrance(node), 'databaseNotReady');
});

test('I6: a node in catchup never takes over', (t) => {
  const node = eligibleStandby();
  const record = { ...node.state().record, mode: 'catchup' } as const;
  node.pass(450, { round: 'unanswered' });
  const state = node.state();
  t.truthy(state.record);
  t.is(
    standbyHindrance(
      { ...state, record: state.record && { ...state.record, ...record } },
      node.settings,
    ),
    'notPaired',
  );
});
