// The start of the agent with a stopped PostgreSQL: every row of the table in protocol.md section 8, by name.
import test from 'ava';
import type { ReasonCode } from '../../src/core/reasons.ts';
import type { DurableRecord } from '../../src/core/record.ts';
import type { RecordStatement, Standing } from '../../src/core/standing.ts';
import type { StateName } from '../../src/core/stateName.ts';
import { boxA, boxB, durableRecord, recordStatement } from './builders.ts';
import type { DrivenNode } from './drivenNode.ts';
import { drivenNode, macB, stoppedDatabase } from './drivenNode.ts';

type Row = {
  readonly row: string;
  readonly record: Partial<DurableRecord> | null;
  /** What the peer says; null: nothing is heard. */
  readonly says: Partial<RecordStatement> | null;
  readonly state: StateName;
  readonly reason?: ReasonCode;
  /** The record asked for first; null: none is. */
  readonly writes?: Partial<DurableRecord>;
};

const mine = { holder: boxA, partner: boxB } as const;
const theirs = { holder: boxB, partner: boxA, pairedHolder: boxB } as const;
const solo = { ...mine, mode: 'solo', partner: null } as const;
const catchup = { ...theirs, mode: 'catchup', partner: null } as const;
const handed = { ...mine, mode: 'catchup', handed: 'handed' } as const;

const rows: readonly Row[] = [
  { row: 'none | anything: unpaired', record: null, says: mine, state: 'unpaired' },
  { row: 'solo(n, self) | nothing: serve alone', record: solo, says: null, state: 'opening' },
  {
    row: 'solo(n, self) | lower: serve',
    record: solo,
    says: { ...theirs, epoch: 3 },
    state: 'opening',
  },
  {
    row: 'solo(n, self) | catchup(n): serve',
    record: solo,
    says: { ...mine, mode: 'catchup' },
    state: 'opening',
  },
  { row: 'paired(n, self) | paired(n): the gate', record: mine, says: mine, state: 'opening' },
  {
    row: 'paired(n, self) | catchup(n) exactly: leave by consent',
    record: mine,
    says: { ...mine, mode: 'catchup', partner: null },
    state: 'leaving',
    writes: { mode: 'solo', epoch: 5 },
  },
  {
    row: 'paired(n, self) | paired(m < n): the peer catches up first',
    record: mine,
    says: { ...mine, epoch: 3 },
    state: 'starting',
    reason: 'waitingForPeerToCatchUp',
  },
  {
    row: 'paired(n, self) | catchup(m < n): no consent',
    record: mine,
    says: { ...mine, epoch: 3, mode: 'catchup', partner: null },
    state: 'starting',
    reason: 'waitingForPeerToCatchUp',
  },
  {
    row: 'solo(n, self) | higher: catch up',
    record: solo,
    says: { ...theirs, epoch: 6, mode: 'solo' },
    state: 'rejoining',
    writes: { mode: 'catchup', epoch: 6 },
  },
  {
    row: 'paired(n, self) | higher: catch up',
    record: mine,
    says: { ...theirs, epoch: 5, mode: 'solo' },
    state: 'rejoining',
    writes: { mode: 'catchup', epoch: 5 },
  },
  {
    row: 'catchup, not handed | higher: catch up',
    record: catchup,
    says: { ...theirs, epoch: 5 },
    state: 'rejoining',
    writes: { mode: 'catchup', epoch: 5 },
  },
  {
    row: 'paired(n, peer) | paired(n) of its holder: follow',
    record: theirs,
    says: theirs,
    state: 'rejoining',
  },
  {
    row: 'paired(n, peer) | catchup(n, handed): take the grant',
    record: theirs,
    says: { ...theirs, mode: 'catchup', handed: 'handed' },
    state: 'rejoining',
  },
  {
    row: 'paired(n, peer) | lower: wait for the operator',
    record: theirs,
    says: { ...theirs, epoch: 3 },
    state: 'starting',
    reason: 'waitingForHolder',
  },
  {
    row: 'paired(n, peer) | the holder holds nothing any more: wait for the operator',
    record: theirs,
    says: { ...theirs, mode: 'catchup' },
    state: 'starting',
    reason: 'waitingForHolder',
  },
  {
    row: 'paired(n, self) | nothing: wait (lan)',
    record: mine,
    says: null,
    state: 'starting',
    reason: 'waitingForPeer',
  },
  {
    row: 'paired(n, peer) | nothing: wait (lan)',
    record: theirs,
    says: null,
    state: 'starting',
    reason: 'waitingForPeer',
  },
  {
    row: 'catchup(n, handed, self) | paired(n): grant again',
    record: handed,
    says: mine,
    state: 'handingOver',
  },
  {
    row: 'catchup(n, handed, self) | catchup(n): take back',
    record: handed,
    says: { ...mine, mode: 'catchup', partner: null },
    state: 'handingOver',
    writes: { mode: 'solo', epoch: 5 },
  },
  {
    row: 'catchup(n, handed, self) | higher: catch up',
    record: handed,
    says: { ...theirs, epoch: 5, mode: 'solo' },
    state: 'rejoining',
    writes: { mode: 'catchup', epoch: 5 },
  },
  {
    row: 'catchup(n, handed, self) | nothing: grant again',
    record: handed,
    says: null,
    state: 'handingOver',
  },
  {
    row: 'both catchup(n), none handed: wait for the operator',
    record: catchup,
    says: { ...mine, mode: 'catchup', partner: null },
    state: 'starting',
    reason: 'waitingForOperator',
  },
  {
    row: 'catchup | nothing: wait, never serve',
    record: catchup,
    says: null,
    state: 'starting',
    reason: 'waitingForPrimary',
  },
  {
    row: 'catchup | lower: wait, never serve',
    record: catchup,
    says: { ...theirs, epoch: 3 },
    state: 'starting',
    reason: 'waitingForPeerToCatchUp',
  },
];

function started(record: Partial<DurableRecord> | null): DrivenNode {
  return drivenNode({
    record: record === null ? null : durableRecord({ node: boxA, ...record }),
    database: stoppedDatabase(),
  });
}

const said = (record: Partial<RecordStatement>): Partial<Standing> => ({
  record: recordStatement(record),
});

for (const { row, record, says, state, reason, writes } of rows) {
  test(`start: ${row}`, (t) => {
    const node = started(record);
    node.pass(700, says === null ? {} : { peer: said(says) });
    t.is(node.state().name, state);
    if (reason !== undefined) t.is(node.state().reason.code, reason);
    const [first] = node.all('writeRecord');
    if (writes === undefined) t.is(first, undefined);
    else t.like(first?.record, writes);
    // Nothing of this can be seen on the LAN before it is decided.
    t.is(node.all('raiseServicePort').length, 0);
  });
}

test('start, manual: paired(n, self) | nothing: wait', (t) => {
  const node = drivenNode({
    settings: { arbiter: 'manual' },
    record: durableRecord({ arbiter: 'manual' }),
    database: stoppedDatabase(),
  });
  node.pass(20_000);
  t.is(node.state().name, 'starting');
});

const contradictions: Readonly<Record<string, (node: DrivenNode) => void>> = {
  'no reference answers': (node) => node.pass(700, { round: { referenceAnswered: false } }),
  'somebody answers for the address': (node) =>
    node.pass(700, { round: { serviceAnsweredBy: [macB] } }),
  'somebody asks for the address': (node) => {
    node.happen({ type: 'addressClaimed', mac: macB, how: 'probed' });
    node.pass(700);
  },
  'an undecodable datagram comes in': (node) => {
    node.happen({ type: 'garbageReceived', path: 'eth1' });
    node.pass(700);
  },
  'the peer is heard in one direction only': (node) => {
    for (let beat = 0; beat < 15; beat += 1) {
      node.pass(50);
      node.hears(said({ ...mine, mode: 'catchup' }), { echo: null, heard: null });
    }
  },
};

for (const [what, happens] of Object.entries(contradictions)) {
  test(`start: solo(n, self) does not serve when ${what}`, (t) => {
    const node = started(solo);
    happens(node);
    t.is(node.state().name, 'starting');
    t.is(node.state().reason.code, 'listening');
  });
}

test('start: without carrier on Eth1 "nothing" takes the link-up deadline', (t) => {
  const node = started(solo);
  node.happen({ type: 'heartbeatCarrierChanged', carrier: false });
  node.pass(2900);
  t.is(node.state().name, 'starting');
  node.pass(300);
  t.is(node.state().name, 'opening');
});

test('start: consent of a node that was never the partner releases nothing', (t) => {
  const node = started({ ...mine, partner: 'c0'.repeat(16) });
  node.pass(700, { peer: said({ ...mine, mode: 'catchup', partner: null }) });
  t.is(node.state().name, 'starting');
  t.is(node.all('writeRecord').length, 0);
});

test('start, I7: a paired record and a late consent lead to a record first, never to a start before it', (t) => {
  const node = started(mine);
  node.pass(100, { peer: said({ ...mine, mode: 'catchup', partner: null }) });
  t.false(node.waitsFor('startDatabase'));
  node.writes();
  t.like(node.asked('startDatabase'), { role: 'primary', synchronous: false });
});

test('start: two boxes that hold the same epoch agree who goes on, and the winner writes a higher one', (t) => {
  const node = started(solo);
  node.pass(100, { peer: { ...said({ ...theirs, mode: 'solo', pairedHolder: boxA }) } });
  t.like(node.asked('writeRecord').record, { mode: 'solo', epoch: 5 });
  node.writes();
  t.is(node.state().name, 'opening');
});

test('start: the loser of such a conflict waits', (t) => {
  const node = started({ ...solo, pairedHolder: boxB });
  node.pass(700, { peer: { ...said({ ...theirs, mode: 'solo', pairedHolder: boxB }) } });
  t.is(node.state().name, 'starting');
  t.is(node.state().reason.code, 'twoPrimaries');
  t.is(node.all('writeRecord').length, 0);
});

test('start: a standby without its database releases the primary that waits for it', (t) => {
  const node = drivenNode({
    record: durableRecord({ node: boxA, ...theirs }),
    database: stoppedDatabase({ present: false, systemId: null, timeline: null, lsn: null }),
  });
  node.pass(4000, { peer: said(theirs) });
  t.is(node.state().reason.code, 'databaseUnusable');
  t.is(node.all('writeRecord').length, 0);
  node.pass(1500, { peer: said(theirs) });
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 4 });
  node.writes();
  t.is(node.state().name, 'rejoining');
});

test('start: a standby without its database declines what was handed over to it', (t) => {
  const node = drivenNode({
    record: durableRecord({ node: boxA, ...theirs }),
    database: stoppedDatabase({ present: false, systemId: null, timeline: null, lsn: null }),
  });
  const giver = { ...theirs, mode: 'catchup', handed: 'handed' } as const;
  node.pass(5500, { peer: said(giver) });
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 4, handed: 'none' });
});

test('start: an empty box does not clone a standby whose primary is gone', (t) => {
  const node = drivenNode({
    record: durableRecord({ node: boxA, ...catchup, holder: 'c0'.repeat(16) }),
    database: stoppedDatabase({ present: false, systemId: null, timeline: null, lsn: null }),
  });
  const orphan = { ...theirs, holder: 'c0'.repeat(16), partner: boxB };
  node.pass(8000, { peer: said(orphan) });
  t.is(node.state().reason.code, 'databaseUnusable');
  t.is(node.all('writeRecord').length, 0);
});

test('start: a database of another cluster never serves', (t) => {
  const node = drivenNode({
    record: durableRecord(solo),
    database: stoppedDatabase({ systemId: '7300000000000000009' }),
  });
  node.pass(20_000);
  t.is(node.state().name, 'starting');
  t.is(node.state().reason.code, 'databaseUnusable');
});

test('a giver whose database was started by hand stops it and grants again', (t) => {
  const node = drivenNode({
    record: durableRecord({ ...handed }),
    database: stoppedDatabase({ running: true, answering: true, inRecovery: true }),
  });
  t.is(node.asked('stopDatabase').how, 'now');
  const { token } = node.asked('stopDatabase');
  node.happen({ type: 'databaseStopped', token, clean: false, lsn: null, timeline: 3 });
  node.pass(4000);
  t.deepEqual([node.state().name, node.state().phase], ['handingOver', 'granting']);
});
