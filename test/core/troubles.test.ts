// What fails, hangs or is broken by hand: disks, effects of one resource while another one works, two primaries, and the
// operator who releases a box that waits for a peer that will not come back.
import test from 'ava';
import { boxA, boxB, durableRecord, recordStatement } from './builders.ts';
import type { DrivenNode } from './drivenNode.ts';
import {
  addressOn,
  drivenNode,
  eligibleStandby,
  grantTo,
  macA,
  pairedPrimary,
  primaryDatabase,
  referenceMac,
  standbyDatabase,
  startB,
  stoppedDatabase,
  wellStandby,
} from './drivenNode.ts';

const orderTakeover = (node: DrivenNode): void => {
  node.happen({ type: 'operatorCommanded', commandId: 9, command: { type: 'takeover' } });
};

test('I3: an operator at a box in catchup(n) goes beyond n+2, which the peer may have reached alone', (t) => {
  const record = durableRecord({ node: boxB, mode: 'catchup', partner: null });
  const node = drivenNode({ settings: { self: boxB }, record, database: stoppedDatabase() });
  node.pass(500);
  orderTakeover(node);
  t.like(node.asked('writeRecord').record, { mode: 'solo', epoch: 7, holder: boxB });
});

test('a standby whose catchup is late falls silent, gives up eligibility, and speaks again when it is on disk', (t) => {
  const node = eligibleStandby();
  node.observes(standbyDatabase({ receiving: false }));
  const counter = node.state().eligibility.lossCounter;
  node.pass(1060, { peer: grantTo(counter) });
  node.fails('writeRecord');
  const beats = node.all('sendHeartbeat').length;
  node.pass(900, { peer: grantTo(counter) });
  t.is(node.all('sendHeartbeat').length, beats);
  t.is(node.state().eligibility.epoch, null);
  node.pass(200, { peer: grantTo(counter) });
  node.writes();
  t.is(node.said().standing.record?.mode, 'catchup');
  t.true(node.state().eligibility.lossCounter > counter + 1);
});

test('so does one whose database is being started again: the primary must not wait for it without end', (t) => {
  const node = eligibleStandby();
  node.happen({ type: 'databaseExited' });
  t.is(node.state().name, 'rejoining');
  node.fails('startDatabase');
  node.pass(5100, { peer: {} });
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 4 });
  node.fails('writeRecord');
  const beats = node.all('sendHeartbeat').length;
  node.pass(900, { peer: {} });
  t.is(node.all('sendHeartbeat').length, beats);
});

test('and one whose follower record is late: it can neither follow nor consent', (t) => {
  const node = eligibleStandby();
  node.hears({ record: recordStatement({ epoch: 5, mode: 'solo', partner: null }) });
  node.writes();
  const { lossCounter } = node.state().eligibility;
  const grant = { type: 'eligibility', epoch: 6, toStart: startB, lossCounter } as const;
  node.hears({ record: recordStatement({ epoch: 6 }), grant });
  node.fails('writeRecord');
  const beats = node.all('sendHeartbeat').length;
  node.pass(900, { peer: { record: recordStatement({ epoch: 6 }), grant } });
  t.is(node.all('sendHeartbeat').length, beats);
});

test('a start that fails while the consent is being written is tried again', (t) => {
  const node = eligibleStandby();
  node.happen({ type: 'databaseExited' });
  node.pass(5100, { peer: {} });
  t.true(node.waitsFor('writeRecord') && node.waitsFor('startDatabase'));
  node.fails('startDatabase');
  node.writes();
  node.pass(2100, { peer: {} });
  t.is(node.all('startDatabase').length, 2);
});

/** An old primary whose log is being rewound. */
function rewinding(): DrivenNode {
  const solo = { record: recordStatement({ epoch: 5, holder: boxB, mode: 'solo', partner: null }) };
  const node = drivenNode({ record: durableRecord(), database: stoppedDatabase() });
  node.pass(100, { peer: solo });
  node.writes();
  node.pass(60, { peer: solo });
  node.writes();
  node.happen({ type: 'divergenceKept', token: node.asked('keepDivergence').token, kept: null });
  return node;
}

test('a probe that fails during a rewind neither ends it nor asks for a clone', (t) => {
  const node = rewinding();
  t.is(node.state().phase, 'rewinding');
  node.pass(2100, { round: 'unanswered' });
  node.fails('probe');
  t.is(node.state().phase, 'rewinding');
  t.false(node.state().plan.needsClone);
});

test('the position of a log that was rewound away is vouched for by no record', (t) => {
  const node = rewinding();
  const peer = { record: recordStatement({ epoch: 5, holder: boxB, mode: 'solo', partner: null }) };
  node.happen({ type: 'databaseRewound', token: node.asked('rewindDatabase').token });
  node.writes();
  node.happen({ type: 'databaseStarted', token: node.asked('startDatabase').token });
  node.pass(100, { peer: { record: { ...peer.record, epoch: 6 } } });
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 6, timeline: 0, lsn: 0n });
});

test('a rewind that fails is replaced by a clone', (t) => {
  const node = rewinding();
  node.fails('rewindDatabase');
  node.pass(2100, {
    peer: { record: recordStatement({ epoch: 5, holder: boxB, mode: 'solo', partner: null }) },
  });
  t.is(node.asked('writeRecord').record.job, 'cloning');
  node.writes();
  t.true(node.waitsFor('cloneDatabase'));
});

test('a database that fails to start again and again is rewound and then cloned, although the last look saw its server', (t) => {
  const node = rewinding();
  const peer = {
    record: recordStatement({ epoch: 5, holder: boxB, mode: 'solo', partner: null }),
  } as const;
  node.happen({ type: 'databaseRewound', token: node.asked('rewindDatabase').token });
  node.writes();
  const comingUp = stoppedDatabase({ running: true });
  for (let starts = 0; starts < 2; starts += 1) {
    t.true(node.waitsFor('startDatabase'));
    node.observes(comingUp);
    node.fails('startDatabase');
    node.observes(stoppedDatabase());
    node.pass(2100, { peer });
  }
  t.is(node.asked('writeRecord').record.job, 'rewinding');
  node.writes();
  node.happen({ type: 'divergenceKept', token: node.asked('keepDivergence').token, kept: null });
  node.happen({ type: 'databaseRewound', token: node.asked('rewindDatabase').token });
  node.writes();
  node.observes(comingUp);
  node.fails('startDatabase');
  node.observes(stoppedDatabase());
  node.pass(2100, { peer });
  t.is(node.asked('writeRecord').record.job, 'cloning');
});

test('a server that is late and recovers is waited for: its log is whole', (t) => {
  const node = rewinding();
  const peer = {
    record: recordStatement({ epoch: 5, holder: boxB, mode: 'solo', partner: null }),
  } as const;
  node.happen({ type: 'databaseRewound', token: node.asked('rewindDatabase').token });
  node.writes();
  for (let starts = 0; starts < 4; starts += 1) {
    node.observes(stoppedDatabase({ running: true }));
    node.fails('startDatabase');
    node.pass(2100, { peer });
    t.is(node.state().phase, 'starting');
    t.false(node.state().plan.needsRewind);
  }
});

test('a lone primary that nobody can rewind from asks for a checkpoint until one has reached the disk', (t) => {
  const record = durableRecord({ mode: 'solo', partner: null });
  const database = primaryDatabase({ synchronousSetting: false, rewindable: false });
  const node = drivenNode({ record, database, port: addressOn });
  node.pass(100);
  t.is(node.state().name, 'solo');
  t.is(node.all('checkpointDatabase').length, 1);
  node.fails('checkpointDatabase');
  node.pass(9000);
  t.is(node.all('checkpointDatabase').length, 1, 'not at once');
  node.pass(2000);
  t.is(node.all('checkpointDatabase').length, 2);
  node.happen({
    type: 'databaseCheckpointed',
    token: node.asked('checkpointDatabase').token,
  });
  node.observes(primaryDatabase({ synchronousSetting: false }));
  node.pass(30_000);
  t.is(node.all('checkpointDatabase').length, 2);
});

test('a lone primary whose control file names its timeline is asked for no checkpoint', (t) => {
  const record = durableRecord({ mode: 'solo', partner: null });
  const database = primaryDatabase({ synchronousSetting: false });
  const node = drivenNode({ record, database, port: addressOn });
  node.pass(30_000);
  t.is(node.all('checkpointDatabase').length, 0);
});

test('a setting that cannot be cleared is cleared again after a pause, not at once', (t) => {
  const record = durableRecord({ mode: 'solo', partner: null });
  const database = primaryDatabase({ synchronousSetting: false });
  const node = drivenNode({ record, database, port: addressOn });
  const peer = { ...wellStandby, record: recordStatement({ mode: 'catchup', partner: null }) };
  node.pass(100, { peer });
  t.is(node.state().name, 'pairing');
  node.fails('setSynchronous');
  node.fails('clearSynchronous');
  t.is(node.all('clearSynchronous').length, 1);
  node.pass(600, { peer });
  t.is(node.all('clearSynchronous').length, 2);
});

test('I5: pairing asks for the setting, the proof, the barrier and the record, in this order, and grants last', (t) => {
  const record = durableRecord({ mode: 'solo', partner: null });
  const database = primaryDatabase({ synchronousSetting: false });
  const node = drivenNode({ record, database, port: addressOn });
  const peer = { ...wellStandby, record: recordStatement({ mode: 'catchup', partner: null }) };
  node.pass(100, { peer });
  const barrier = (database.lsn ?? 0n) + 8n;
  node.happen({
    type: 'synchronousProved',
    token: node.asked('setSynchronous').token,
    lsn: barrier,
  });
  node.observes(primaryDatabase({ standbyFlushLsn: barrier - 1n }));
  t.is(node.all('writeRecord').length, 0);
  node.observes(primaryDatabase({ standbyFlushLsn: barrier }));
  t.like(node.asked('writeRecord').record, { mode: 'paired', epoch: 5, partner: boxB });
  t.is(node.said().standing.record?.mode, 'solo');
  t.is(node.said().standing.grant, null);
  node.writes();
  t.is(node.said().standing.grant?.type, 'eligibility');
});

/** Whether this one of two lone primaries of epoch 4 goes on; each thinks that it held the last common epoch. */
function wins(self: string): boolean {
  const peer = self === boxA ? boxB : boxA;
  const alone = { mode: 'solo', partner: null } as const;
  const record = durableRecord({ ...alone, node: self, holder: self, pairedHolder: self });
  const database = primaryDatabase({ synchronousSetting: false, standbyStreaming: false });
  const node = drivenNode({ settings: { self }, record, database, port: addressOn });
  const theirs = recordStatement({ ...alone, holder: peer, pairedHolder: peer });
  node.pass(100, { peer: { record: theirs, acknowledgedAlone: true } });
  return node.all('writeRecord').length > 0;
}

test('I3: two lone primaries that disagree about the last common epoch still agree on one winner', (t) => {
  t.not(wins(boxA), wins(boxB));
});

test('a record that comes to the disk last does not keep a primary from stepping down', (t) => {
  const record = durableRecord({ mode: 'solo', partner: null });
  const database = primaryDatabase({ synchronousSetting: false, standbyStreaming: false });
  const node = drivenNode({ record, database, port: addressOn });
  const other = { holder: boxB, partner: null, mode: 'solo' } as const;
  node.pass(100, { peer: { record: recordStatement(other) } });
  t.true(node.waitsFor('writeRecord'));
  node.hears({ record: recordStatement({ ...other, epoch: 7 }) });
  t.is(node.state().name, 'steppingDown');
  const { token } = node.asked('stopDatabase');
  node.happen({ type: 'databaseStopped', token, clean: false, lsn: null, timeline: null });
  const { port } = node.state();
  node.happen({ type: 'servicePortLowered', token: node.asked('lowerServicePort').token, port });
  node.writes();
  node.pass(100);
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 7 });
});

test('the operator releases a paired primary whose standby will not come back: n+2, the record first', (t) => {
  const node = pairedPrimary({ arbiter: 'manual' });
  node.pass(20_000);
  t.true(node.state().alarms.waitingForOperator !== undefined);
  orderTakeover(node);
  t.is(node.state().name, 'leaving');
  t.like(node.asked('writeRecord').record, { mode: 'solo', epoch: 6, holder: boxA });
  node.writes();
  node.happen({ type: 'synchronousCleared', token: node.asked('clearSynchronous').token });
  t.is(node.state().name, 'solo');
  t.like(node.asked('answerCommand'), { commandId: 9, ok: true });
});

test('the operator releases a primary that waits in the gate', (t) => {
  const node = pairedPrimary();
  node.happen({ type: 'databaseExited' });
  node.happen({ type: 'databaseStarted', token: node.asked('startDatabase').token });
  node.observes(primaryDatabase({ admitted: false, standbyStreaming: false }));
  node.pass(10_000);
  t.is(node.state().name, 'opening');
  orderTakeover(node);
  node.writes();
  node.happen({ type: 'synchronousCleared', token: node.asked('clearSynchronous').token });
  node.observes(primaryDatabase({ admitted: false, synchronousSetting: false }));
  node.happen({ type: 'clientsAdmitted', token: node.asked('admitClients').token });
  t.is(node.state().name, 'solo');
  t.like(node.asked('answerCommand'), { commandId: 9, ok: true });
});

test('the operator releases a giver whose taker is gone', (t) => {
  const record = durableRecord({ mode: 'catchup', handed: 'handed' });
  const node = drivenNode({ record, database: stoppedDatabase() });
  node.pass(20_000);
  t.is(node.state().name, 'handingOver');
  orderTakeover(node);
  t.like(node.asked('writeRecord').record, { mode: 'solo', epoch: 6, holder: boxA });
  node.writes();
  t.like(node.asked('startDatabase'), { role: 'primary', synchronous: false });
});

test('a primary whose standby is in step is not released: there is nothing to decide', (t) => {
  const node = pairedPrimary();
  orderTakeover(node);
  t.is(node.state().name, 'paired');
  t.like(node.asked('answerCommand'), { ok: false, reason: { code: 'alreadyServes' } });
});

test('proxy ARP of a reference does not keep a primary from leaving', (t) => {
  const node = pairedPrimary();
  node.pass(200, { round: { serviceAnsweredBy: [referenceMac] } });
  node.happen({ type: 'addressClaimed', mac: referenceMac, how: 'answered' });
  node.pass(9000, { round: { serviceAnsweredBy: [referenceMac] } });
  t.is(node.state().name, 'leaving');
});

test('a port whose device is gone is asked to come up once it is there again, not before', (t) => {
  const node = eligibleStandby();
  const asked = (): number => node.all('raiseServicePort').length;
  const before = asked();
  node.port({ present: false, up: false, carrier: false });
  node.pass(1000, { round: 'unanswered' });
  t.is(asked(), before);
  node.port({ present: true, up: false, carrier: false });
  t.is(asked(), before + 1);
});

test('a primary that an agent adopted without its standby says that it waits', (t) => {
  const node = drivenNode({
    record: durableRecord(),
    database: primaryDatabase(),
    port: addressOn,
  });
  node.pass(12_000);
  t.is(node.state().name, 'paired');
  t.true(node.state().alarms.waitingForOperator !== undefined);
});

test('a database that was promoted by hand makes its standby ineligible and is rebuilt', (t) => {
  const node = eligibleStandby();
  node.observes(primaryDatabase({ synchronousSetting: false, admitted: false }));
  t.is(node.state().eligibility.epoch, null);
  t.is(node.state().name, 'rejoining');
  node.pass(450, { round: { serviceAnsweredBy: [macA], peerAnsweredOnHeartbeatPort: true } });
  t.is(node.all('promoteDatabase').length, 0);
  // It is stopped first: to start a standby beside it would fail again and again.
  t.is(node.asked('stopDatabase').how, 'clean');
  t.is(node.all('startDatabase').length, 0);
});

test('a link that refuses to come up is asked again in a while, not at every event', (t) => {
  const node = eligibleStandby();
  const asked = (): number => node.all('raiseServicePort').length;
  node.port({ up: false, carrier: false });
  const first = asked();
  for (let count = 0; count < 20; count += 1) {
    if (node.waitsFor('raiseServicePort')) node.fails('raiseServicePort');
    node.pass(10, { round: 'unanswered' });
  }
  t.is(asked(), first + 1);
});

test('a takeover whose record fails again and again resets its box before the primary may leave alone', (t) => {
  const node = eligibleStandby();
  const ackedAt = node.state().contact.ackedAt ?? 0;
  node.pass(600);
  t.like(node.asked('writeRecord').record, { mode: 'solo', epoch: 5 });
  const { takeoverLimitMs, watchdogMs, recordDeadlineMs } = node.settings;
  while (node.all('resetBox').length === 0 && node.now() - ackedAt < node.settings.soloMs) {
    if (node.waitsFor('writeRecord')) node.fails('writeRecord');
    node.pass(100);
  }
  t.is(node.all('resetBox').length, 1);
  t.true(node.now() - ackedAt < takeoverLimitMs + watchdogMs + recordDeadlineMs);
});

test('a database whose promotion hung is stopped and started anew', (t) => {
  const node = eligibleStandby();
  node.pass(600);
  node.writes();
  node.fails('promoteDatabase');
  node.observes(standbyDatabase({ answering: false, inRecovery: null, lsn: null }));
  node.pass(node.settings.followDeadlineMs + 2000);
  t.true(node.waitsFor('stopDatabase'));
});

test('a standby in step again forgets how often its database was started in vain', (t) => {
  const record = durableRecord({ node: boxB, mode: 'catchup', partner: null });
  const node = drivenNode({ settings: { self: boxB }, record, database: stoppedDatabase() });
  const solo = { stateName: 'solo', record: recordStatement({ mode: 'solo' }) } as const;
  node.pass(500, { peer: solo });
  node.fails('startDatabase');
  node.pass(2100, { peer: solo });
  node.happen({ type: 'databaseStarted', token: node.asked('startDatabase').token });
  node.observes(standbyDatabase());
  t.deepEqual([node.state().name, node.state().plan.attempts], ['standby', 1]);
  const grant = { epoch: 5, type: 'eligibility', toStart: startB } as const;
  const { lossCounter } = node.state().eligibility;
  const paired = { record: recordStatement({ epoch: 5 }), grant: { ...grant, lossCounter } };
  node.pass(100, { peer: paired });
  node.writes();
  node.pass(100, { peer: paired });
  t.deepEqual([node.state().eligibility.epoch, node.state().plan.attempts], [5, 0]);
});

test('only a primary that serves is cloned: one that has lost its database may not be', (t) => {
  const record = durableRecord({ node: boxB, mode: 'catchup', partner: null, job: 'cloning' });
  const node = drivenNode({ settings: { self: boxB }, record, database: stoppedDatabase() });
  node.pass(1000, { peer: { stateName: 'solo', record: recordStatement({ mode: 'solo' }) } });
  t.is(node.asked('writeRecord').record.job, 'cloning');
  const other = drivenNode({ settings: { self: boxB }, record, database: stoppedDatabase() });
  other.pass(1000, { peer: { stateName: 'starting', record: recordStatement({ mode: 'solo' }) } });
  t.is(other.all('writeRecord').length, 0);
});

test('a database that somebody started by hand beside a rejoining agent is stopped and rewound', (t) => {
  const record = durableRecord({ node: boxA, mode: 'catchup', holder: boxB, partner: null });
  const node = drivenNode({ record, database: stoppedDatabase() });
  const primary = {
    stateName: 'solo',
    record: recordStatement({ holder: boxB, mode: 'solo', partner: null }),
  } as const;
  node.pass(200, { peer: primary });
  t.true(node.waitsFor('startDatabase'));
  // The start is refused, because it runs already, and as a primary.
  node.observes(primaryDatabase({ standbyStreaming: false }));
  node.fails('startDatabase');
  node.pass(3000, { peer: primary });
  t.true(node.waitsFor('stopDatabase'));
  t.is(node.state().name, 'rejoining');
});
