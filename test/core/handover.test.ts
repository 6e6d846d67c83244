// The planned change as giver and as taker: the order of its steps, refusals, taking back, handing back
// (protocol.md section 7).
import test from 'ava';
import type { Standing } from '../../src/core/standing.ts';
import { boxA, boxB, durableRecord, recordStatement, standing } from './builders.ts';
import type { DrivenNode } from './drivenNode.ts';
import {
  addressOff,
  drivenNode,
  eligibleStandby,
  grantTo,
  macA,
  pairedPrimary,
  someLsn,
  standbyDatabase,
  startA,
  startB,
  stoppedDatabase,
  wellStandby,
} from './drivenNode.ts';

const ended = someLsn + 64n;
const caughtUp: Partial<Standing> = {
  ...wellStandby,
  database: { ...standing().database, receiving: true, lsn: ended },
};
const declined: Partial<Standing> = {
  ...caughtUp,
  record: recordStatement({ mode: 'catchup', partner: null }),
};

function ordered(): DrivenNode {
  const node = pairedPrimary();
  node.happen({ type: 'operatorCommanded', commandId: 7, command: { type: 'switchover' } });
  node.happen({ type: 'databaseCheckpointed', token: node.asked('checkpointDatabase').token });
  return node;
}

function stopped(): DrivenNode {
  const node = ordered();
  const port = { ...node.state().port, ...addressOff };
  node.happen({ type: 'servicePortLowered', token: node.asked('lowerServicePort').token, port });
  const { token } = node.asked('stopDatabase');
  node.happen({ type: 'databaseStopped', token, clean: true, lsn: ended, timeline: 3 });
  return node;
}

function granting(): DrivenNode {
  const node = stopped();
  node.hears(caughtUp);
  node.writes();
  return node;
}

test('a switchover: checkpoint, address off, clean stop, the peer has it all, record, grant', (t) => {
  const node = ordered();
  t.true(node.waitsFor('lowerServicePort'));
  t.is(node.asked('stopDatabase').how, 'clean');
  const later = stopped();
  later.hears(wellStandby);
  t.is(later.all('writeRecord').length, 0);
  later.hears(caughtUp);
  t.like(later.asked('writeRecord').record, {
    mode: 'catchup',
    handed: 'handed',
    epoch: 4,
    lsn: ended,
  });
  t.is(later.said().standing.grant, null);
  later.writes();
  t.deepEqual(later.said().standing.grant, {
    type: 'handover',
    epoch: 4,
    toStart: startB,
    lsn: ended,
  });
});

test('the record is not written before the address is off', (t) => {
  const node = ordered();
  const { token } = node.asked('stopDatabase');
  node.happen({ type: 'databaseStopped', token, clean: true, lsn: ended, timeline: 3 });
  node.hears(caughtUp);
  t.is(node.all('writeRecord').length, 0);
});

test('a switchover is refused while the standby is not fit, not eligible or not heard', (t) => {
  const reasons = [
    { ...wellStandby, eligible: false },
    { ...wellStandby, fitness: { ...standing().fitness, lan: false } },
    { ...wellStandby, database: { ...standing().database, receiving: false } },
  ];
  for (const peer of reasons) {
    const node = pairedPrimary();
    node.hears(peer);
    node.happen({ type: 'operatorCommanded', commandId: 7, command: { type: 'switchover' } });
    t.like(node.asked('answerCommand'), { ok: false, reason: { code: 'peerNotFit' } });
    t.is(node.state().name, 'paired');
  }
  const node = pairedPrimary();
  node.pass(300);
  node.happen({ type: 'operatorCommanded', commandId: 7, command: { type: 'switchover' } });
  t.like(node.asked('answerCommand'), { ok: false, reason: { code: 'notPaired' } });
});

test('until the record is written a giver that loses the peer serves on, behind the gate', (t) => {
  const node = stopped();
  node.pass(300);
  t.is(node.state().name, 'opening');
  t.like(node.asked('startDatabase'), { role: 'primary', synchronous: true });
  t.is(node.all('writeRecord').length, 0);
  t.like(node.asked('answerCommand'), { commandId: 7, ok: false });
});

test('a stop that was not clean hands nothing over', (t) => {
  const node = ordered();
  const { token } = node.asked('stopDatabase');
  node.happen({ type: 'databaseStopped', token, clean: false, lsn: ended, timeline: 3 });
  t.is(node.state().name, 'opening');
});

test('from the record on no silence gives the epoch back', (t) => {
  const node = granting();
  node.pass(60_000);
  t.is(node.state().name, 'handingOver');
  t.is(node.all('writeRecord').length, 1);
  t.true(node.state().alarms.waitingForOperator !== undefined);
});

test('the peer that declines gives it back: the giver writes solo(n+1)', (t) => {
  const node = granting();
  node.hears(declined);
  t.like(node.asked('writeRecord').record, { mode: 'solo', epoch: 5, holder: boxA });
  node.writes();
  t.like(node.asked('startDatabase'), { role: 'primary', synchronous: false });
});

test('I2: a node that was never the partner cannot give a handed epoch back', (t) => {
  const node = granting();
  node.pass(300);
  node.hears(declined, { sender: 'c0'.repeat(16), agentStart: 'c1c2c3c4c5c6c7c8' });
  t.is(node.state().phase, 'granting');
  t.is(node.all('writeRecord').length, 1);
});

test('I2: neither can it after the agent of the giver was restarted', (t) => {
  const record = granting().state().record;
  const node = drivenNode({ record, database: stoppedDatabase({ lsn: ended }) });
  node.pass(10);
  node.hears(declined, { sender: 'c0'.repeat(16), agentStart: 'c1c2c3c4c5c6c7c8' });
  node.pass(50);
  t.is(node.all('writeRecord').length, 0);
});

test('a statement of the peer that is not fresh, or of another epoch, takes nothing back', (t) => {
  const node = granting();
  node.hears(declined, { echo: null });
  node.hears({
    ...declined,
    record: recordStatement({ epoch: 3, mode: 'catchup', partner: null }),
  });
  t.is(node.state().phase, 'granting');
});

const handedTo = (epoch = 4, toStart = startB, lsn = someLsn): Partial<Standing> => ({
  record: recordStatement({ mode: 'catchup', handed: 'handed', lsn }),
  handingOver: true,
  grant: { type: 'handover', epoch, toStart, lsn },
});

test('a standby takes the handover: record, promotion, address', (t) => {
  const node = eligibleStandby();
  node.hears(handedTo());
  t.like(node.asked('writeRecord').record, { mode: 'solo', epoch: 5, holder: boxB });
  t.false(node.waitsFor('promoteDatabase'));
  node.writes();
  const { token } = node.asked('promoteDatabase');
  t.is(node.all('raiseServicePort').length, 0);
  node.happen({ type: 'databasePromoted', token, timeline: 4, lsn: ended });
  t.true(node.asked('raiseServicePort').address);
});

const refused: Readonly<Record<string, Partial<Standing>>> = {
  'another epoch': handedTo(3),
  'another start of the agent': handedTo(4, startA),
  'a log that is longer than mine': handedTo(4, startB, ended),
  'a record that does not say handed': { ...handedTo(), record: recordStatement() },
};

for (const [what, said] of Object.entries(refused)) {
  test(`a handover grant of ${what} is not taken`, (t) => {
    const node = eligibleStandby();
    node.hears(said);
    t.is(node.state().name, 'standby');
    t.is(node.all('writeRecord').length, 0);
  });
}

test('a handover grant of another node than the holder is not taken', (t) => {
  const node = eligibleStandby();
  node.pass(300, { round: { serviceAnsweredBy: [macA], peerAnsweredOnHeartbeatPort: true } });
  node.hears(handedTo(), { sender: 'c0'.repeat(16), agentStart: 'c1c2c3c4c5c6c7c8' });
  t.is(node.state().name, 'standby');
});

/** The taker of a handover whose promotion failed as often as is tried. */
function failedTaker(): DrivenNode {
  const node = eligibleStandby();
  const giver = handedTo();
  node.hears(giver);
  node.writes();
  node.fails('promoteDatabase');
  node.pass(1100, { peer: giver });
  node.fails('promoteDatabase');
  return node;
}

test('a handback is never taken back, also not from a peer that has noted its epoch', (t) => {
  const node = failedTaker();
  const { token } = node.asked('stopDatabase');
  node.hears(handedTo());
  node.happen({ type: 'databaseStopped', token, clean: true, lsn: someLsn, timeline: 3 });
  node.writes();
  const written = node.all('writeRecord').length;
  const noted = recordStatement({ epoch: 5, mode: 'catchup', partner: null });
  node.pass(3000, { peer: { record: noted } });
  t.is(node.all('writeRecord').length, written);
  t.is(node.said().standing.grant?.type, 'handover');
});

test('a taker that cannot be promoted stops its database and hands back what the giver holds', (t) => {
  const node = failedTaker();
  const stop = node.asked('stopDatabase');
  t.is(stop.how, 'clean');
  node.hears(handedTo());
  node.happen({
    type: 'databaseStopped',
    token: stop.token,
    clean: true,
    lsn: someLsn,
    timeline: 3,
  });
  t.like(node.asked('writeRecord').record, { mode: 'catchup', handed: 'handedBack', epoch: 5 });
  node.writes();
  t.like(node.said().standing.grant, { type: 'handover', epoch: 5, toStart: startA });
});

test('I1: a taker that wrote something of its own hands nothing back', (t) => {
  const node = failedTaker();
  const { token } = node.asked('stopDatabase');
  node.hears(handedTo());
  node.happen({ type: 'databaseStopped', token, clean: true, lsn: ended + 1n, timeline: 4 });
  t.is(node.state().name, 'takingOver');
  t.is(node.all('writeRecord').length, 1);
});

test('a link that fails to come up is no failed promotion', (t) => {
  const node = eligibleStandby();
  node.port({ up: false });
  node.hears(handedTo());
  node.writes();
  node.fails('raiseServicePort');
  t.is(node.state().phase, 'promoting');
  t.is(node.state().plan.attempts, 0);
});

const handedBack = (lsn: bigint, toStart: string | null = startA): Partial<Standing> => ({
  record: recordStatement({
    epoch: 5,
    holder: boxB,
    partner: null,
    mode: 'catchup',
    handed: 'handedBack',
    lsn,
  }),
  grant: toStart === null ? null : { type: 'handover', epoch: 5, toStart, lsn },
});

test('I6: a handback of exactly its log is the one promotion out of catchup: solo(n+2)', (t) => {
  const node = granting();
  node.hears(handedBack(ended));
  t.like(node.asked('writeRecord').record, { mode: 'solo', epoch: 6, holder: boxA });
});

test('a handback waits for its grant, and is not taken for another log or another start', (t) => {
  const node = granting();
  node.hears(handedBack(ended, null));
  t.is(node.state().phase, 'granting');
  node.hears(handedBack(ended, startB));
  node.hears(handedBack(ended + 1n));
  t.is(node.all('writeRecord').length, 1);
});

test('a giver whose taker serves in a higher epoch follows it', (t) => {
  const node = granting();
  node.hears({ record: recordStatement({ epoch: 5, holder: boxB, partner: null, mode: 'solo' }) });
  t.is(node.state().name, 'rejoining');
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 5, handed: 'none' });
});

test('a disk that hangs under a handover resets the box while the standby can take over', (t) => {
  const node = stopped();
  node.hears(caughtUp);
  node.fails('writeRecord');
  t.is(node.all('resetBox').length, 1);
});

test('without an eligible standby in contact a reset would help nobody: the record is tried again', (t) => {
  const node = stopped();
  node.hears({ ...caughtUp, eligible: false });
  node.fails('writeRecord');
  t.is(node.all('resetBox').length, 0);
  node.pass(1100);
  t.is(node.all('writeRecord').length, 2);
});

test('a standby with a broken database declines what it was handed', (t) => {
  const record = durableRecord({ node: boxB });
  const node = drivenNode({ settings: { self: boxB }, record, database: stoppedDatabase() });
  node.pass(100, { peer: handedTo() });
  t.is(node.state().name, 'rejoining');
  node.fails('startDatabase');
  node.pass(5100, { peer: handedTo() });
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 4, handed: 'none' });
});

test('a standby that is configured for another arbiter meanwhile declines: it may not take', (t) => {
  const record = durableRecord({ node: boxB });
  const database = standbyDatabase({ receiving: false, lsn: record.lsn });
  const node = drivenNode({ settings: { self: boxB, arbiter: 'manual' }, record, database });
  node.pass(4000, { peer: handedTo() });
  t.is(node.all('writeRecord').length, 0);
  node.pass(1100, { peer: handedTo() });
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 4, handed: 'none' });
});

test('I1: a standby whose log is longer than the giver says never declines: nobody else could serve', (t) => {
  const record = durableRecord({ node: boxB });
  const database = stoppedDatabase({ lsn: ended });
  const node = drivenNode({ settings: { self: boxB }, record, database });
  node.pass(100, { peer: handedTo() });
  node.fails('startDatabase');
  node.pass(10_000, { peer: handedTo() });
  t.is(node.all('writeRecord').length, 0);
  t.true(node.all('startDatabase').length > 1);
});

test('a grant of eligibility does not outlive a handover: the taker asks with its own record', (t) => {
  const node = eligibleStandby();
  node.hears(handedTo());
  node.writes();
  node.hears(grantTo(node.state().eligibility.lossCounter));
  t.is(node.state().eligibility.epoch, null);
  t.is(node.state().name, 'takingOver');
  node.observes(standbyDatabase());
});

const lanBad = { ...wellStandby, fitness: { ...standing().fitness, lan: false } };
const badRound = { referenceAnswered: false, referenceMacs: [] } as const;

test('a primary whose LAN is lost hands over when three rounds found it bad, or at once without carrier', (t) => {
  const node = pairedPrimary();
  node.pass(4000, { peer: wellStandby, round: badRound });
  t.is(node.state().reason.code, 'primaryUnfit');
  const unplugged = pairedPrimary();
  unplugged.port({ carrier: false, carrierChanges: 2 });
  unplugged.pass(150, { peer: wellStandby, round: { carrier: false } });
  t.is(unplugged.state().name, 'handingOver');
});

test('a LAN that both had lost gives no role away when it comes back for the standby first', (t) => {
  const node = pairedPrimary();
  node.pass(10_000, { peer: lanBad, round: badRound });
  node.pass(900, { peer: wellStandby, round: badRound });
  node.pass(5000, { peer: wellStandby });
  t.is(node.state().name, 'paired');
});

test('neither does carrier that both had lost', (t) => {
  const node = pairedPrimary();
  node.hears({ ...lanBad, fitness: { ...lanBad.fitness, carrier: false } });
  node.port({ carrier: false, carrierChanges: 2 });
  node.pass(10_000, { peer: lanBad, round: { carrier: false } });
  node.pass(900, { peer: wellStandby, round: { carrier: false } });
  node.port({ carrier: true, carrierChanges: 3 });
  node.pass(5000, { peer: wellStandby });
  t.is(node.state().name, 'paired');
});

test('a LAN that comes back for the standby only gives it the role', (t) => {
  const node = pairedPrimary();
  node.pass(10_000, { peer: lanBad, round: badRound });
  node.pass(1500, { peer: wellStandby, round: badRound });
  t.is(node.state().name, 'handingOver');
});

test('what the standby said of its LAN before it fell silent does not count', (t) => {
  const node = pairedPrimary();
  node.pass(300);
  node.pass(3000, { round: badRound });
  node.pass(900, { peer: wellStandby, round: badRound });
  t.is(node.state().name, 'paired');
});
