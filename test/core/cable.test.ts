// The heartbeat port as the way of replication: a consent comes soon where it is known to be cut and the peer is heard over
// another path, never while a handover is under way, and a cable that flaps is not trusted at once again.
import test from 'ava';
import type { DatabaseObservation } from '../../src/core/events.ts';
import type { Standing } from '../../src/core/standing.ts';
import { recordStatement } from './builders.ts';
import {
  eligibleStandby,
  grantTo,
  macA,
  pairedPrimary,
  primaryDatabase,
  someLsn,
  startB,
  standbyDatabase,
  wellStandby,
} from './drivenNode.ts';
import type { DrivenNode } from './drivenNode.ts';

/** So long the peer is heard over one path only. */
function passOver(node: DrivenNode, path: string, ms: number, said: Partial<Standing> = {}): void {
  for (const end = node.now() + ms; node.now() < end;) {
    node.pass(50, { round: { serviceAnsweredBy: [macA] } });
    node.hears(said, { path });
  }
}

/** The same, with a look at the database before each word. */
function lookAndListen(
  node: DrivenNode,
  ms: number,
  said: Partial<Standing>,
  database = standbyDatabase(),
): void {
  for (const end = node.now() + ms; node.now() < end;) {
    node.observes(database);
    passOver(node, 'lan', 50, said);
  }
}

function darken(node: DrivenNode): void {
  node.happen({ type: 'heartbeatCarrierChanged', carrier: false });
}

test('a standby consents within D_fast and two heartbeats where Eth1 is dark and the primary is heard another way', (t) => {
  const node = eligibleStandby();
  const atMs = node.now();
  darken(node);
  passOver(node, 'serial', 50);
  t.false(node.waitsFor('writeRecord'));
  while (!node.waitsFor('writeRecord') && node.now() - atMs < 1000) passOver(node, 'serial', 50);
  t.true(node.now() - atMs <= 200, `${node.now() - atMs} ms`);
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 4 });
  t.is(node.state().eligibility.epoch, null);
  t.is(node.said().standing.record?.mode, 'paired');
});

test('what was still on its way when Eth1 went dark is no sign that the primary lives: it takes over instead', (t) => {
  const node = eligibleStandby();
  node.hears({});
  darken(node);
  // The slower path brings the same words once more, and one that Eth1 had lost.
  node.hears({}, { path: 'serial', seq: node.state().contact.lastSeq });
  node.pass(20);
  node.hears({}, { path: 'serial' });
  node.pass(600);
  t.like(node.asked('writeRecord').record, { mode: 'solo', epoch: 5 });
});

/** The primary has written on, and nothing of it arrives. */
const ahead = {
  database: { ...wellStandby.database, lsn: someLsn + 0x100n, rewindable: true },
} as Partial<Standing>;

test('Eth1 that keeps its carrier and falls silent brings a consent only where the log stands still for long', (t) => {
  const node = eligibleStandby();
  passOver(node, 'lan', 3000);
  t.false(node.waitsFor('writeRecord'), 'the log holds all that the primary says it has');
  t.is(node.asked('watchDatabase').intervalMs, node.settings.heartbeatIntervalMs);
  lookAndListen(node, 200, ahead);
  t.false(node.waitsFor('writeRecord'));
  lookAndListen(node, 150, ahead);
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 4 });
});

test('a log that nobody has looked at since does not stand still', (t) => {
  const node = eligibleStandby();
  passOver(node, 'lan', 1000);
  node.observes(standbyDatabase());
  passOver(node, 'lan', 2000, ahead);
  t.false(node.waitsFor('writeRecord'));
});

/** A standby whose log ends there. */
function holding(lsn: bigint): Partial<Standing> {
  return { ...wellStandby, database: { ...wellStandby.database, lsn } } as Partial<Standing>;
}

/** What the standby has flushed, as the primary is told over Eth1. */
function confirmed(lsn: bigint): DatabaseObservation {
  return primaryDatabase({ synchronousSetting: true, standbyFlushLsn: lsn });
}

test('a primary that does not hear Eth1, and whose standby has more than it confirms, says that replication is cut', (t) => {
  const node = pairedPrimary({ replicationDeadlineMs: 700 });
  const said = holding(someLsn + 0x100n);
  lookAndListen(node, 600, said, confirmed(someLsn));
  t.false(node.said().standing.replicationCut);
  lookAndListen(node, 200, said, confirmed(someLsn));
  t.true(node.said().standing.replicationCut);
  t.is(node.state().name, 'paired', 'it waits for the consent all the same');
  lookAndListen(node, 50, said, confirmed(someLsn + 0x100n));
  t.false(node.said().standing.replicationCut);
});

test('confirmations that arrive while heartbeats alone are lost on Eth1 are no cut', (t) => {
  const node = pairedPrimary({ replicationDeadlineMs: 700 });
  for (let round = 1n; round <= 40n; round += 1n) {
    const said = holding(someLsn + 8n * round);
    lookAndListen(node, 50, said, confirmed(someLsn + 8n * (round - 1n)));
    t.false(node.said().standing.replicationCut);
  }
});

test('a standby consents where its primary says that replication is cut, though Eth1 brings it everything', (t) => {
  const node = eligibleStandby();
  node.hears({ replicationCut: true });
  t.like(node.asked('writeRecord').record, { mode: 'catchup', epoch: 4 });
  t.is(node.state().eligibility.epoch, null);
});

test('heartbeats alone that are lost on Eth1 end nothing while the log moves', (t) => {
  const node = eligibleStandby();
  for (let round = 1n; round <= 60n; round += 1n) {
    const lsn = someLsn + 0x100n * round;
    const database = { ...wellStandby.database, lsn, rewindable: true } as Standing['database'];
    passOver(node, 'lan', 50, { database });
    node.observes(standbyDatabase({ lsn: lsn - 0x80n }));
  }
  t.false(node.waitsFor('writeRecord'));
});

test('paths that do not come back in the same instant are no reason: Eth1 has its time from the first word on', (t) => {
  const node = eligibleStandby();
  node.pass(700, { round: { serviceAnsweredBy: [macA], peerAnsweredOnHeartbeatPort: true } });
  passOver(node, 'serial', 900);
  t.is(node.all('writeRecord').length, 0);
});

test('while the giver stops or starts, a dark Eth1 is no reason for a consent', (t) => {
  for (const stateName of ['handingOver', 'opening'] as const) {
    const node = eligibleStandby();
    darken(node);
    passOver(node, 'serial', 900, { stateName, handingOver: stateName === 'handingOver' });
    t.is(node.all('writeRecord').length, 0, stateName);
  }
});

test('a standby whose log is longer than the primary says waits until it has looked, and a primary in the dark looks often', (t) => {
  const node = eligibleStandby();
  node.observes(standbyDatabase({ lsn: someLsn + 8n }));
  darken(node);
  passOver(node, 'serial', 400);
  t.is(node.all('writeRecord').length, 0);
  const primary = pairedPrimary();
  darken(primary);
  passOver(primary, 'serial', 100, wellStandby);
  t.is(primary.asked('watchDatabase').intervalMs, primary.settings.heartbeatIntervalMs);
  primary.happen({ type: 'heartbeatCarrierChanged', carrier: true });
  passOver(primary, 'eth1', 50, wellStandby);
  t.is(primary.asked('watchDatabase').intervalMs, 10 * primary.settings.heartbeatIntervalMs);
});

test('a standby in catchup is not rebuilt while Eth1 is dark: nothing could be fetched', (t) => {
  const node = eligibleStandby();
  darken(node);
  passOver(node, 'serial', 300);
  node.writes();
  node.observes(standbyDatabase({ receiving: false }));
  const solo = { stateName: 'solo', record: recordStatement({ mode: 'solo', epoch: 4 }) } as const;
  passOver(node, 'serial', 8000, solo);
  t.is(node.state().name, 'standby');
  node.happen({ type: 'heartbeatCarrierChanged', carrier: true });
  passOver(node, 'eth1', 100, solo);
  t.is(node.state().name, 'rejoining');
});

const consent = { ...wellStandby, replicationCut: true };

/** Eth1 is dark for so long, the standby consents, and the primary goes on alone. */
function consentInTheDark(node: DrivenNode, epoch: number): void {
  darken(node);
  const record = recordStatement({ mode: 'catchup', partner: null, epoch });
  passOver(node, 'serial', 200, { ...consent, record });
  node.writes();
  node.happen({ type: 'synchronousCleared', token: node.asked('clearSynchronous').token });
}

test('after a consent that Eth1 caused, commits wait for it again only when it was good for a second', (t) => {
  const node = pairedPrimary();
  const held: number[] = [];
  let epoch = 4;
  for (let turn = 0; turn < 3; turn += 1) {
    consentInTheDark(node, epoch);
    t.is(node.state().name, 'solo');
    node.observes(primaryDatabase({ synchronousSetting: false }));
    const follows = {
      ...wellStandby,
      record: recordStatement({ mode: 'catchup', epoch: epoch + 1 }),
    };
    passOver(node, 'serial', 3000, { ...follows, replicationCut: true });
    t.is(node.state().name, 'solo', 'never while it is dark');
    node.happen({ type: 'heartbeatCarrierChanged', carrier: true });
    const backAtMs = node.now();
    while (node.state().name === 'solo' && node.now() - backAtMs < 30_000)
      passOver(node, 'eth1', 50, follows);
    held.push(Math.round((node.now() - backAtMs) / 1000));
    node.happen({
      type: 'synchronousProved',
      token: node.asked('setSynchronous').token,
      lsn: someLsn,
    });
    node.writes();
    epoch += 2;
    t.like(node.state(), { name: 'paired', record: { epoch } });
  }
  t.deepEqual(held, [1, 1, 1]);
});

test('I2: a primary that is heard over another path and hears nothing itself ends eligibility once only the LAN answers', (t) => {
  const node = eligibleStandby();
  // Ahead of what the primary says, so that it does not consent.
  node.observes(standbyDatabase({ lsn: someLsn + 8n }));
  darken(node);
  const stale = { agentStart: startB, seq: node.said().seq - 1 };
  for (let beat = 0; beat < 30; beat += 1) {
    node.pass(20, { round: { serviceAnsweredBy: [macA] } });
    node.hears({}, { path: 'lan', echo: stale, heard: null });
  }
  t.is(node.state().eligibility.epoch, null);
  const causes = node.all('report').map(({ report }) => report.reason.detail?.['cause']);
  t.deepEqual(
    causes.filter((cause) => cause !== undefined),
    ['answeredOnLanOnly'],
  );
});

/** How long a standby waits in the dark before it takes over. */
function silenceBefore(dropped: boolean): number {
  const node = eligibleStandby({ serialSilenceMs: 240 });
  node.hears(grantTo(node.state().eligibility.lossCounter));
  darken(node);
  node.happen({ type: 'serialLinesChanged', dropped });
  const atMs = node.now();
  while (!node.waitsFor('writeRecord') && node.now() - atMs < 1000) node.pass(10);
  return node.now() - atMs;
}

test('D_fast: a serial path is given its own time to speak, unless its lines have dropped', (t) => {
  const [slow, fast] = [silenceBefore(false), silenceBefore(true)];
  t.true(slow >= 240 && slow < 350, `${slow} ms`);
  t.true(fast < 200, `${fast} ms`);
});
