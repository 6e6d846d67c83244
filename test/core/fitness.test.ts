// Changes of role without a death: a service that has failed for good, a LAN that was lost under a port kept down, failback
// (design.md 4.1).
import test from 'ava';
import type { Standing } from '../../src/core/standing.ts';
import { standing } from './builders.ts';
import {
  addressOff,
  addressOn,
  eligibleStandby,
  grantTo,
  macA,
  pairedPrimary,
  primaryDatabase,
  someLsn,
  wellStandby,
} from './drivenNode.ts';
import type { DrivenNode } from './drivenNode.ts';

const { fitness } = standing();

test('a primary on which a service has failed hands over to a standby on which none has', (t) => {
  const node = pairedPrimary();
  node.happen({ type: 'servicesObserved', fit: false });
  t.is(node.state().name, 'handingOver');
  t.is(node.state().reason.code, 'servicesUnfit');
  t.false(node.said().standing.fitness.services);
});

test('it keeps the service where the standby is marked as well, is not ready, or a maintenance is on', (t) => {
  const peers: readonly Partial<Standing>[] = [
    { ...wellStandby, fitness: { ...fitness, services: false } },
    { ...wellStandby, fitness: { ...fitness, lan: false } },
    { ...wellStandby, fitness: { ...fitness, maintenance: true } },
    { ...wellStandby, eligible: false },
  ];
  for (const peer of peers) {
    const node = pairedPrimary();
    node.hears(peer);
    node.happen({ type: 'servicesObserved', fit: false });
    node.pass(5000, { peer });
    t.is(node.state().name, 'paired');
  }
  const node = pairedPrimary();
  const command = { type: 'maintenance', untilMs: node.now() + 60_000 } as const;
  node.happen({ type: 'operatorCommanded', commandId: 1, command });
  node.happen({ type: 'servicesObserved', fit: false });
  node.pass(5000, { peer: wellStandby });
  t.is(node.state().name, 'paired');
});

/** The handover under way fails once the database was stopped for it, and the box serves again. */
function failHandover(node: DrivenNode): void {
  node.happen({ type: 'databaseCheckpointed', token: node.asked('checkpointDatabase').token });
  const port = { ...node.state().port, ...addressOff };
  node.happen({ type: 'servicePortLowered', token: node.asked('lowerServicePort').token, port });
  const { token } = node.asked('stopDatabase');
  node.happen({ type: 'databaseStopped', token, clean: false, lsn: someLsn, timeline: 3 });
  node.happen({ type: 'databaseStarted', token: node.asked('startDatabase').token });
  node.observes(primaryDatabase({ admitted: false }));
  node.hears(wellStandby);
  node.happen({ type: 'clientsAdmitted', token: node.asked('admitClients').token });
  node.hears(wellStandby);
  node.pass(20, { peer: wellStandby });
  const raised = { ...node.state().port, ...addressOn };
  const answered = node.asked('raiseServicePort').token;
  node.happen({ type: 'servicePortRaised', token: answered, port: raised });
  node.observes(primaryDatabase());
  node.pass(100, { peer: wellStandby });
}

test('a handover that came to nothing is not tried again at once, unless somebody orders it', (t) => {
  const node = pairedPrimary();
  const handovers = (): number =>
    node.steps.filter(
      ({ before, after }) => before.name !== 'handingOver' && after.name === 'handingOver',
    ).length;
  node.happen({ type: 'servicesObserved', fit: false });
  t.is(handovers(), 1);
  failHandover(node);
  t.is(node.state().name, 'paired');
  node.pass(50_000, { peer: wellStandby });
  t.is(handovers(), 1);
  node.happen({ type: 'operatorCommanded', commandId: 3, command: { type: 'switchover' } });
  t.is(handovers(), 2);
  failHandover(node);
  t.is(node.state().name, 'paired');
  node.pass(58_000, { peer: wellStandby });
  t.is(handovers(), 2);
  node.pass(3_000, { peer: wellStandby });
  t.is(handovers(), 3);
});

test('the wish of a standby is tried once', (t) => {
  const node = pairedPrimary();
  const wish = { ...wellStandby, switchoverEpoch: 4 };
  node.hears(wish);
  t.is(node.state().name, 'handingOver');
  failHandover(node);
  node.pass(9_000, { peer: wish });
  t.is(node.state().name, 'paired');
  node.pass(2_000, { peer: wish });
  t.is(node.state().name, 'handingOver');
});

test('a box whose guardian has said nothing yet does not call its services fit, and hands nothing over', (t) => {
  const node = pairedPrimary();
  t.false(node.said().standing.fitness.services);
  t.is(node.state().name, 'paired');
  node.happen({ type: 'servicesObserved', fit: true });
  t.true(node.said().standing.fitness.services);
  t.is(node.state().name, 'paired');
});

test('a mark is told at once, not with the next heartbeat only', (t) => {
  const node = eligibleStandby();
  node.happen({ type: 'servicesObserved', fit: true });
  const sent = node.all('sendHeartbeat').length;
  node.happen({ type: 'servicesObserved', fit: false });
  t.is(node.all('sendHeartbeat').length, sent + 1);
});

test('a port that is kept down counts as fit after its test, and no more when its LAN was lost in service', (t) => {
  const tested = eligibleStandby({ standbyPort: 'down' });
  tested.port({ up: false, carrier: false });
  tested.pass(50, { peer: grantTo(tested.state().eligibility.lossCounter) });
  t.true(tested.said().standing.fitness.lan);
  const node = pairedPrimary({ standbyPort: 'down' });
  t.true(node.said().standing.fitness.lan);
  node.port({ carrier: false });
  t.is(node.state().lan.selfTestedAt, null);
  node.pass(60, { peer: { ...wellStandby, fitness: { ...fitness, lan: false } } });
  t.false(node.said().standing.fitness.lan);
});

const afterMs = 20_000;

/** A standby on which all is well, heard and granted all the time. */
function preferredStandby(preferred = true): DrivenNode {
  const node = eligibleStandby({ preferred, failbackAfterMs: preferred ? afterMs : null });
  node.happen({ type: 'servicesObserved', fit: true });
  return node;
}

function passFor(node: DrivenNode, ms: number, peer: Partial<Standing> = {}): void {
  const granted = { ...grantTo(node.state().eligibility.lossCounter), ...peer };
  node.pass(ms, { peer: granted, round: { serviceAnsweredBy: [macA] } });
}

test('a preferred standby asks for the service when it was fit for long enough, and again if nothing comes of it', (t) => {
  const node = preferredStandby();
  passFor(node, afterMs - 200);
  t.is(node.said().standing.switchoverEpoch, null);
  passFor(node, 400);
  t.is(node.said().standing.switchoverEpoch, 4);
  passFor(node, afterMs - 1000);
  t.is(node.said().standing.switchoverEpoch, null);
  passFor(node, afterMs);
  t.is(node.said().standing.switchoverEpoch, 4);
});

test('what makes it unfit meanwhile begins the time anew', (t) => {
  const interruptions: readonly ((node: DrivenNode) => void)[] = [
    (node) => {
      node.happen({ type: 'servicesObserved', fit: false });
      node.happen({ type: 'servicesObserved', fit: true });
    },
    (node) => {
      node.port({ carrier: false });
      node.port({ carrier: true });
    },
    (node) => passFor(node, 100, { fitness: { ...fitness, maintenance: true } }),
    (node) => passFor(node, 100, { preferred: true }),
  ];
  for (const [index, interrupt] of interruptions.entries()) {
    const node = preferredStandby();
    passFor(node, afterMs / 2);
    interrupt(node);
    passFor(node, afterMs / 2 + 500);
    t.is(node.said().standing.switchoverEpoch, null, `interruption ${index}`);
    passFor(node, afterMs / 2);
    t.is(node.said().standing.switchoverEpoch, 4, `interruption ${index}`);
  }
});

test('a box that is not preferred never asks, nor does one whose peer is preferred too', (t) => {
  const plain = preferredStandby(false);
  passFor(plain, 3 * afterMs);
  t.is(plain.said().standing.switchoverEpoch, null);
  const both = preferredStandby();
  passFor(both, 3 * afterMs, { preferred: true });
  t.is(both.said().standing.switchoverEpoch, null);
});

test('nobody asks a primary that is alone or opens its gate', (t) => {
  for (const stateName of ['opening', 'solo'] as const) {
    const node = preferredStandby();
    passFor(node, 3 * afterMs, { stateName });
    t.is(node.said().standing.switchoverEpoch, null);
  }
});
