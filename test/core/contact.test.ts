// Contact counts only in both directions, grants name epoch, start and counter, consent is the partner's alone
// (protocol.md sections 2 and 4).
import test from 'ava';
import { inContact, isSuspicious } from '../../src/core/contact.ts';
import { boxA, boxB, recordStatement } from './builders.ts';
import type { Beat, DrivenNode } from './drivenNode.ts';
import {
  eligibleStandby,
  freshStandby,
  grantTo,
  macA,
  pairedPrimary,
  standbyDatabase,
  startA,
  startB,
  wellStandby,
} from './drivenNode.ts';

const hears = (node: DrivenNode): boolean => inContact(node.state(), node.settings);
const isEligible = (node: DrivenNode): boolean => node.state().eligibility.epoch === 4;

/** Out of contact, and with a heartbeat of its own sent just now. */
function silentPrimary(): DrivenNode {
  const node = pairedPrimary();
  node.pass(400);
  return node;
}

test('a heartbeat that echoes one of mine sent at most D ago is contact', (t) => {
  const node = silentPrimary();
  t.false(hears(node));
  node.hears(wellStandby);
  t.true(hears(node));
});

const stale: Readonly<Record<string, (node: DrivenNode) => Beat>> = {
  'no echo': () => ({ echo: null }),
  'an echo of a former start of mine': (node) => ({
    echo: { agentStart: 'ffffffffffffffff', seq: node.said().seq },
  }),
  'an echo of one that was never sent': (node) => ({
    echo: { agentStart: startA, seq: node.said().seq + 5 },
  }),
  'an echo of one sent more than D ago': (node) => ({
    echo: { agentStart: startA, seq: node.said().seq - 6 },
  }),
  'an old number': () => ({ seq: 1 }),
};

for (const [what, beat] of Object.entries(stale)) {
  test(`a heartbeat with ${what} is no contact`, (t) => {
    const node = silentPrimary();
    const { heardAt, ackedAt } = node.state().contact;
    node.hears(wellStandby, beat(node));
    t.false(hears(node));
    t.is(node.state().contact.heardAt, heardAt);
    t.is(node.state().contact.ackedAt, ackedAt);
  });
}

test('only a heartbeat that the peer counts as contact moves ackedAt', (t) => {
  const node = silentPrimary();
  const { ackedAt } = node.state().contact;
  node.hears(wellStandby, { heard: null });
  t.true(hears(node));
  t.is(node.state().contact.ackedAt, ackedAt);
});

test('a node that is leaving is no contact, and nothing that it says counts', (t) => {
  const node = silentPrimary();
  const record = recordStatement({ mode: 'catchup', partner: null });
  node.hears({ ...wellStandby, record, leaving: true });
  t.false(hears(node));
  t.is(node.state().name, 'paired');
});

test('a node that is leaving says only that: no grant goes out with it', (t) => {
  const node = pairedPrimary();
  t.is(node.said().standing.grant?.type, 'eligibility');
  node.hears({ ...wellStandby, record: recordStatement({ mode: 'catchup', partner: null }) });
  t.is(node.state().name, 'leaving');
  t.like(node.said().standing, { leaving: true, grant: null });
});

test('another start of the peer waits until the one in contact is silent', (t) => {
  const node = pairedPrimary();
  node.hears(wellStandby, { agentStart: 'ffffffffffffffff' });
  t.is(node.state().contact.peerStart, startB);
  node.pass(300);
  node.hears(wellStandby, { agentStart: 'ffffffffffffffff' });
  t.is(node.state().contact.peerStart, 'ffffffffffffffff');
});

test('I2: a higher epoch is obeyed at once, also from a start of the peer that is not in contact yet', (t) => {
  const node = pairedPrimary();
  const record = recordStatement({ epoch: 5, holder: boxB, mode: 'solo', partner: null });
  node.hears({ ...wellStandby, record }, { agentStart: 'ffffffffffffffff' });
  t.is(node.state().name, 'steppingDown');
});

test('another node is not obeyed while the peer is in contact', (t) => {
  const node = pairedPrimary();
  const record = recordStatement({ epoch: 5, holder: boxB, mode: 'solo', partner: null });
  node.hears({ ...wellStandby, record }, { sender: 'c0'.repeat(16) });
  t.is(node.state().name, 'paired');
});

test('I9: a grant for this epoch, start and counter makes eligible', (t) => {
  const node = freshStandby();
  node.pass(10);
  node.hears(grantTo(node.state().eligibility.lossCounter));
  t.true(isEligible(node));
});

test('I9: a grant for another start of the agent gives nothing', (t) => {
  const node = freshStandby();
  node.pass(10);
  node.hears(grantTo(node.state().eligibility.lossCounter, startA));
  t.false(isEligible(node));
});

test('I9: a grant that was under way when eligibility was lost gives nothing', (t) => {
  const node = eligibleStandby();
  const before = node.state().eligibility.lossCounter;
  node.pass(380, { round: { serviceAnsweredBy: [macA] } });
  t.true(node.state().eligibility.lossCounter > before);
  node.hears(grantTo(before));
  t.false(isEligible(node));
  node.hears(grantTo(node.state().eligibility.lossCounter));
  t.true(isEligible(node));
});

test('a grant in a heartbeat that is not fresh gives nothing', (t) => {
  const node = freshStandby();
  node.pass(10);
  node.hears(grantTo(node.state().eligibility.lossCounter), { echo: null });
  t.false(isEligible(node));
});

test('a grant of an epoch that is paired with another node gives nothing', (t) => {
  const node = freshStandby();
  node.pass(10);
  const record = recordStatement({ partner: boxA });
  node.hears({ ...grantTo(node.state().eligibility.lossCounter), record });
  t.false(isEligible(node));
});

test('I1: a database that ends before what the record vouched for is not made eligible', (t) => {
  const node = freshStandby();
  node.observes(standbyDatabase({ lsn: 0x3000000n }));
  node.hears(grantTo(node.state().eligibility.lossCounter));
  t.false(isEligible(node));
});

test('a paired primary grants to the partner of its epoch only', (t) => {
  const node = pairedPrimary();
  node.pass(300);
  node.hears(wellStandby, { sender: 'c0'.repeat(16), agentStart: 'c1c2c3c4c5c6c7c8' });
  node.pass(50, { peer: wellStandby });
  t.is(node.said().standing.grant, null);
});

const consent = { ...wellStandby, record: recordStatement({ mode: 'catchup', partner: null }) };

test('consent of the partner gives the epoch at once', (t) => {
  const node = pairedPrimary();
  node.hears(consent);
  t.is(node.state().name, 'leaving');
  t.like(node.asked('writeRecord').record, { epoch: 5, mode: 'solo' });
});

test('consent of a node that was never the partner gives nothing', (t) => {
  const node = pairedPrimary();
  node.pass(300);
  node.hears(consent, { sender: 'c0'.repeat(16), agentStart: 'c1c2c3c4c5c6c7c8' });
  t.is(node.state().name, 'paired');
});

test('catchup of a lower epoch, or one that was handed, is no consent', (t) => {
  for (const changes of [{ epoch: 3 }, { handed: 'handed' }] as const) {
    const node = pairedPrimary();
    const record = recordStatement({ mode: 'catchup', partner: null, ...changes });
    node.hears({ ...wellStandby, record });
    t.is(node.state().name, 'paired');
  }
});

test('a standby that does not follow writes its consent before it says so', (t) => {
  const node = eligibleStandby();
  node.observes(standbyDatabase({ receiving: false }));
  node.pass(1060, {
    peer: grantTo(node.state().eligibility.lossCounter),
    round: { serviceAnsweredBy: [macA] },
  });
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 4 });
  t.is(node.said().standing.record?.mode, 'paired');
  t.false(isEligible(node));
  node.writes();
  t.is(node.said().standing.record?.mode, 'catchup');
});

test('having written catchup(n) a standby never becomes eligible for n', (t) => {
  const node = eligibleStandby();
  node.observes(standbyDatabase({ receiving: false }));
  node.pass(1060, { peer: grantTo(0) });
  node.writes();
  node.observes(standbyDatabase());
  node.pass(500, { peer: grantTo(node.state().eligibility.lossCounter) });
  t.false(isEligible(node));
  t.is(node.state().record?.mode, 'catchup');
});

test('while the giver stops, the silence of replication is no reason for a consent', (t) => {
  const node = eligibleStandby();
  node.observes(standbyDatabase({ receiving: false }));
  node.pass(3000, { peer: { handingOver: true } });
  t.is(node.all('writeRecord').length, 0);
});

test('I1: a standby whose log is longer than the primary says does not consent', (t) => {
  const node = eligibleStandby();
  node.observes(standbyDatabase({ receiving: false, lsn: 0x4000000n }));
  node.pass(3000, { peer: {} });
  t.is(node.all('writeRecord').length, 0);
});

test('a log that is longer only by a timeline which nobody else knows keeps no consent back', (t) => {
  const node = eligibleStandby();
  node.observes(standbyDatabase({ receiving: false, lsn: 0x4000000n, timeline: 9 }));
  node.pass(3000, { peer: {} });
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 4 });
});

test('a higher epoch, heard in one direction only, stops a primary: address off, database stopped, then catchup', (t) => {
  const node = pairedPrimary();
  node.pass(300);
  const record = recordStatement({ epoch: 5, holder: boxB, mode: 'solo', partner: null });
  node.hears({ record }, { echo: null, heard: null });
  t.is(node.state().name, 'steppingDown');
  t.true(node.waitsFor('lowerServicePort'));
  t.is(node.asked('stopDatabase').how, 'now');
  t.is(node.all('writeRecord').length, 0);
  const { port, database } = node.state();
  const { token } = node.asked('stopDatabase');
  node.happen({ type: 'databaseStopped', token, clean: false, lsn: database.lsn, timeline: 3 });
  t.is(node.all('writeRecord').length, 0);
  node.happen({ type: 'servicePortLowered', token: node.asked('lowerServicePort').token, port });
  t.like(node.asked('writeRecord').record, { epoch: 5, mode: 'catchup' });
});

test('a standby that hears a paired epoch above its own without a grant writes catchup before it says so', (t) => {
  const node = eligibleStandby();
  const record = recordStatement({ epoch: 6 });
  node.hears({ record });
  t.like(node.asked('writeRecord').record, { epoch: 6, mode: 'catchup' });
  t.false(isEligible(node));
  t.is(node.said().standing.record?.epoch, 4);
  node.writes();
  t.like(node.said().standing.record, { epoch: 6, mode: 'catchup' });
});

test('I5: a standby in catchup takes a higher paired epoch only with a grant of it, and is then eligible', (t) => {
  const node = eligibleStandby();
  node.hears({ record: recordStatement({ epoch: 5, mode: 'solo', partner: null }) });
  node.writes();
  t.like(node.state().record, { epoch: 5, mode: 'catchup' });
  const { lossCounter } = node.state().eligibility;
  const grant = { type: 'eligibility', epoch: 6, toStart: startB, lossCounter } as const;
  node.hears({ record: recordStatement({ epoch: 6 }), grant });
  t.like(node.asked('writeRecord').record, { epoch: 6, mode: 'paired' });
  t.is(node.state().eligibility.epoch, null);
  node.writes();
  t.is(node.state().eligibility.epoch, 6);
});

test('a primary that only opens its database is no reason for a consent, until it takes too long', (t) => {
  const node = eligibleStandby();
  node.observes(standbyDatabase({ receiving: false }));
  const opening = {
    ...grantTo(node.state().eligibility.lossCounter),
    stateName: 'opening',
  } as const;
  node.pass(node.settings.followDeadlineMs - 100, { peer: opening });
  t.is(node.all('writeRecord').length, 0);
  node.pass(200, { peer: opening });
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 4 });
});

test('the time in which the primary was not heard is no fault of the database', (t) => {
  const node = eligibleStandby();
  node.observes(standbyDatabase({ receiving: false }));
  node.pass(3000, { round: { referenceAnswered: false, referenceMacs: [] } });
  node.pass(node.settings.replicationDeadlineMs - 400, { peer: {} });
  t.is(node.all('writeRecord').length, 0);
  node.pass(500, { peer: {} });
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 4 });
});

test('a primary that hears, and whose heartbeats are not counted, suspects trouble', (t) => {
  for (const isCounted of [true, false]) {
    const node = pairedPrimary();
    for (let beat = 0; beat < 6; beat += 1) {
      node.pass(50);
      node.hears(wellStandby, isCounted ? {} : { heard: null });
    }
    t.is(isSuspicious(node.state(), node.settings), !isCounted);
  }
});

test('what the node before it had heard is no contact of a new one in its place', (t) => {
  const node = silentPrimary();
  t.not(node.state().contact.ackedAt, null);
  node.hears(wellStandby, { sender: 'd0'.repeat(16), agentStart: 'd1'.repeat(8), heard: null });
  t.is(node.state().contact.peer, 'd0'.repeat(16));
  t.is(node.state().contact.ackedAt, null);
});
