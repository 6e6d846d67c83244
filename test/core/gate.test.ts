// A primary that opens its database: the gate of a paired epoch (I8), the position that a record vouched for (I1), and the
// service address.
import test from 'ava';
import type { DatabaseObservation } from '../../src/core/events.ts';
import type { Standing } from '../../src/core/standing.ts';
import { boxA, boxB, durableRecord, recordStatement, standing } from './builders.ts';
import type { DrivenNode } from './drivenNode.ts';
import {
  addressOff,
  addressOn,
  drivenNode,
  pairedPrimary,
  primaryDatabase,
  someLsn,
  stoppedDatabase,
  wellStandby,
} from './drivenNode.ts';

const closed = (changes: Partial<DatabaseObservation> = {}): DatabaseObservation =>
  primaryDatabase({ admitted: false, ...changes });

/** PostgreSQL of a paired primary crashed and was started again; nobody is let in yet. */
function inTheGate(): DrivenNode {
  const node = pairedPrimary();
  node.happen({ type: 'databaseExited' });
  const start = node.asked('startDatabase');
  node.happen({ type: 'databaseStarted', token: start.token });
  return node;
}

test('I8: after PostgreSQL was restarted clients wait until the standby holds the whole log', (t) => {
  const node = inTheGate();
  t.like(node.asked('startDatabase'), { role: 'primary', synchronous: true });
  t.false(node.waitsFor('admitClients'));
  node.observes(closed({ standbyStreaming: false, standbyFlushLsn: null }));
  t.false(node.waitsFor('admitClients'));
  node.observes(closed({ standbyFlushLsn: someLsn - 1n }));
  t.false(node.waitsFor('admitClients'));
  node.observes(closed());
  t.true(node.waitsFor('admitClients'));
});

test('I8: what was observed before the restart opens no gate', (t) => {
  const node = pairedPrimary();
  node.observes(primaryDatabase());
  node.happen({ type: 'databaseExited' });
  node.happen({ type: 'databaseStarted', token: node.asked('startDatabase').token });
  node.pass(100, { peer: wellStandby });
  t.false(node.waitsFor('admitClients'));
});

test('I8: a new box in the place of the partner opens no gate, whatever it holds', (t) => {
  const node = inTheGate();
  node.pass(300);
  node.hears(
    { record: recordStatement({ mode: 'catchup', partner: null }) },
    { sender: 'c0'.repeat(16), agentStart: 'c1c2c3c4c5c6c7c8' },
  );
  node.observes(closed());
  t.is(node.state().contact.peer, 'c0'.repeat(16));
  t.false(node.waitsFor('admitClients'));
});

test('I1: a log that ends before what the record vouched for is never served', (t) => {
  const node = inTheGate();
  node.observes(closed({ lsn: 0x3000000n, standbyFlushLsn: 0x3000000n }));
  node.pass(1000, { peer: wellStandby });
  t.false(node.waitsFor('admitClients'));
});

test('I1: neither is it after a consent, although the record is a new one', (t) => {
  const lost = stoppedDatabase({ lsn: 0x3000000n });
  const node = drivenNode({ record: durableRecord({ node: boxA }), database: lost });
  node.pass(100, { peer: { record: recordStatement({ mode: 'catchup', partner: null }) } });
  t.is(node.asked('writeRecord').record.lsn, durableRecord().lsn);
  node.writes();
  node.happen({ type: 'databaseStarted', token: node.asked('startDatabase').token });
  node.observes(closed({ synchronousSetting: false, lsn: 0x3000000n }));
  node.pass(1000);
  t.false(node.waitsFor('admitClients'));
});

test('a promoted log that ends a little before what was received is served after a restart', (t) => {
  // What was received may end in the middle of a record: recovery, and the new timeline, end before it.
  const record = durableRecord({ node: boxA, mode: 'solo', partner: null, lsn: someLsn });
  const node = drivenNode({ record, database: stoppedDatabase({ timeline: 4 }) });
  node.pass(700);
  node.happen({ type: 'databaseStarted', token: node.asked('startDatabase').token });
  node.observes(closed({ timeline: 4, lsn: someLsn - 8n, synchronousSetting: false }));
  t.true(node.waitsFor('admitClients'));
});

test('I8: a standby whose log is longer gets the epoch, and this log is marked to be cloned', (t) => {
  const node = inTheGate();
  const { database } = standing(wellStandby);
  node.hears({ ...wellStandby, database: { ...database, receiving: false, lsn: someLsn + 100n } });
  node.observes(closed({ standbyStreaming: false, standbyFlushLsn: null }));
  const stop = node.asked('stopDatabase');
  t.is(stop.how, 'now');
  node.happen({ type: 'databaseStopped', token: stop.token, clean: false, lsn: null, timeline: 3 });
  t.like(node.asked('writeRecord').record, { mode: 'catchup', handed: 'handed', job: 'cloning' });
  node.writes();
  node.hears(wellStandby);
  t.is(node.said().standing.grant, null, 'not before the address is off');
  const { token } = node.asked('lowerServicePort');
  const port = { ...node.state().port, ...addressOff };
  node.happen({ type: 'servicePortLowered', token, port });
  node.hears(wellStandby);
  t.is(node.said().standing.grant?.type, 'handover');
});

test('I8: a standby is not ahead of a log that clients still write to, whatever was seen of it last', (t) => {
  const node = pairedPrimary();
  node.happen({ type: 'operatorCommanded', commandId: 1, command: { type: 'switchover' } });
  const { database } = standing(wellStandby);
  node.hears({ ...wellStandby, eligible: false });
  node.happen({
    type: 'databaseCheckpointed',
    token: node.asked('checkpointDatabase').token,
  });
  t.is(node.state().name, 'opening');
  node.hears({ ...wellStandby, database: { ...database, receiving: false, lsn: someLsn + 100n } });
  t.false(node.waitsFor('stopDatabase'));
});

test('I8: such a giver never takes the epoch back', (t) => {
  const record = durableRecord({ mode: 'catchup', handed: 'handed', job: 'cloning' });
  const node = drivenNode({ record, database: stoppedDatabase() });
  node.pass(1000, { peer: { record: recordStatement({ mode: 'catchup', partner: null }) } });
  t.is(node.state().name, 'handingOver');
  t.is(node.all('writeRecord').length, 0);
});

test('the service address stays on in the gate, and tells the truth to a standby that probes', (t) => {
  const node = inTheGate();
  t.is(node.all('lowerServicePort').length, 0);
});

test('lan 3: a paired primary whose address was off puts it on in contact only', (t) => {
  const node = inTheGate();
  node.port(addressOff);
  node.observes(closed());
  node.sleep(300);
  node.happen({ type: 'clientsAdmitted', token: node.asked('admitClients').token });
  node.pass(2000);
  t.is(node.all('raiseServicePort').length, 0);
  node.hears(wellStandby);
  t.true(node.waitsFor('raiseServicePort'));
});

test('a lone primary puts its address on when its database is open', (t) => {
  const record = durableRecord({ mode: 'solo', partner: null });
  const node = drivenNode({ record, database: stoppedDatabase() });
  node.pass(700);
  node.happen({ type: 'databaseStarted', token: node.asked('startDatabase').token });
  node.observes(closed({ synchronousSetting: false }));
  t.is(node.all('raiseServicePort').length, 0);
  node.happen({ type: 'clientsAdmitted', token: node.asked('admitClients').token });
  t.true(node.asked('raiseServicePort').address);
});

test('a database that is found stopped in the gate is started again', (t) => {
  const node = inTheGate();
  node.observes(stoppedDatabase());
  node.pass(600, { peer: wellStandby });
  t.is(node.all('startDatabase').length, 2);
});

test('a probe that fails while PostgreSQL starts does not start it twice', (t) => {
  const node = drivenNode({
    record: durableRecord({ mode: 'solo', partner: null }),
    database: stoppedDatabase(),
  });
  node.pass(700);
  node.pass(2100, { round: 'unanswered' });
  node.fails('probe');
  node.pass(1000);
  t.is(node.all('startDatabase').length, 1);
});

test('a lone primary puts its address back after one silent round, also while the peer is heard', (t) => {
  const record = durableRecord({ mode: 'solo', partner: null });
  const database = primaryDatabase({ synchronousSetting: false, standbyStreaming: false });
  const node = drivenNode({ record, database, port: addressOn });
  const peer = { record: recordStatement({ mode: 'catchup', partner: null }) };
  node.pass(1000, { peer });
  node.port(addressOff);
  t.is(node.all('raiseServicePort').length, 0);
  node.pass(600, { peer });
  t.true(node.waitsFor('raiseServicePort'));
});

test('a lone primary does not put its address back where somebody answers for it', (t) => {
  const record = durableRecord({ mode: 'solo', partner: null });
  const database = primaryDatabase({ synchronousSetting: false, standbyStreaming: false });
  const node = drivenNode({ record, database, port: addressOff });
  node.pass(3000, { round: { serviceAnsweredBy: ['02:00:00:00:0c:00'] } });
  t.is(node.all('raiseServicePort').length, 0);
});

/** PostgreSQL of a paired primary ended, and its start failed so often while the standby said `peer`. */
function startFailed(times: number, peer: Partial<Standing> = wellStandby): DrivenNode {
  const node = pairedPrimary();
  node.happen({ type: 'databaseExited' });
  node.observes(stoppedDatabase({ lsn: someLsn + 64n }));
  for (let failed = 0; failed < times; failed += 1) {
    node.fails('startDatabase');
    node.pass(520, { peer });
  }
  return node;
}

test('a database that cannot be started gives the epoch to the standby, with what the record vouched for', (t) => {
  const node = startFailed(2);
  const stop = node.asked('stopDatabase');
  t.is(stop.how, 'now');
  t.is(node.all('writeRecord').length, 0);
  node.happen({ type: 'databaseStopped', token: stop.token, clean: true, lsn: null, timeline: 3 });
  const { lsn } = durableRecord();
  const handed = { mode: 'catchup', handed: 'handed', job: 'rewinding', lsn } as const;
  t.like(node.asked('writeRecord').record, handed);
  t.true(node.waitsFor('lowerServicePort'));
});

const consents = { ...wellStandby, eligible: false, record: recordStatement({ mode: 'catchup' }) };

test('a consent that comes while the database is stopped for the standby is taken instead', (t) => {
  const node = startFailed(2);
  const { token } = node.asked('stopDatabase');
  node.hears(consents);
  node.happen({ type: 'databaseStopped', token, clean: true, lsn: null, timeline: 3 });
  node.hears(consents);
  t.like(node.asked('writeRecord').record, { mode: 'solo', epoch: 5, holder: boxA });
});

test('a consent that crossed such a grant gives the epoch back: this log is whole', (t) => {
  const node = startFailed(2);
  const { token } = node.asked('stopDatabase');
  node.happen({ type: 'databaseStopped', token, clean: true, lsn: null, timeline: 3 });
  node.hears(consents);
  node.writes();
  node.port({ addressesOn: false, anyAddressOn: false });
  node.hears(consents);
  t.like(node.asked('writeRecord').record, { mode: 'solo', epoch: 5, holder: boxA, job: 'none' });
});

test('a giver whose database did not start is cloned, whatever its record says, also by its next agent', (t) => {
  const record = durableRecord({ mode: 'catchup', handed: 'handed', job: 'rewinding' });
  const node = drivenNode({ record, database: stoppedDatabase() });
  const solo = recordStatement({ mode: 'solo', epoch: 5, holder: boxB, partner: null });
  const database = { ...standing().database, rewindable: true };
  node.pass(500, { peer: { stateName: 'solo', record: solo, database } });
  node.writes();
  node.pass(500, { peer: { stateName: 'solo', record: solo, database } });
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 5, job: 'cloning' });
});

test('a start that failed once is tried again', (t) => {
  const node = startFailed(1);
  t.is(node.all('startDatabase').length, 2);
  t.false(node.waitsFor('stopDatabase'));
});

const unableToTake: Readonly<Record<string, Partial<Standing>>> = {
  'is not eligible': { ...wellStandby, eligible: false },
  'has no LAN': { ...wellStandby, fitness: { ...standing().fitness, lan: false } },
  'is under maintenance': { ...wellStandby, fitness: { ...standing().fitness, maintenance: true } },
};

for (const [what, peer] of Object.entries(unableToTake)) {
  test(`a standby that ${what} is given nothing by a database that cannot be started`, (t) => {
    const node = startFailed(4, peer);
    t.false(node.waitsFor('stopDatabase'));
    t.true(node.waitsFor('startDatabase'));
  });
}

test('a full disk under such a handover resets the box', (t) => {
  const node = startFailed(2);
  const { token } = node.asked('stopDatabase');
  node.happen({ type: 'databaseStopped', token, clean: true, lsn: null, timeline: 3 });
  node.hears(wellStandby);
  node.fails('writeRecord');
  t.is(node.all('resetBox').length, 1);
});
