// The four conditions of a primary that goes on alone (protocol.md section 6): with all of them it leaves, and each of
// them missing keeps it from it.
import test from 'ava';
import { primaryHindrance } from '../../src/core/permission.ts';
import type { Hindrance } from '../../src/core/permission.ts';
import { boxA, durableRecord } from './builders.ts';
import type { DrivenNode } from './drivenNode.ts';
import {
  addressOff,
  addressOn,
  drivenNode,
  macB,
  pairedPrimary,
  primaryDatabase,
  wellStandby,
} from './drivenNode.ts';

const hindrance = (node: DrivenNode): Hindrance | null =>
  primaryHindrance(node.state(), node.settings);

/** Longer than D_solo, with the cable's carrier still up. */
const longMs = 9000;

test('lan: a primary with all four conditions leaves after D_solo, its record first (I4)', (t) => {
  const node = pairedPrimary();
  node.pass(8500);
  t.is(hindrance(node), 'soloTimeNotReached');
  node.pass(200);
  t.is(node.state().name, 'leaving');
  t.like(node.asked('writeRecord').record, { mode: 'solo', epoch: 5, holder: boxA });
  t.false(node.waitsFor('clearSynchronous'));
  node.writes();
  t.true(node.waitsFor('clearSynchronous'));
});

test('I7: contact with a new box in the place of the partner permits nothing', (t) => {
  const node = pairedPrimary();
  node.pass(300);
  node.hears({}, { sender: 'c0'.repeat(16), agentStart: 'c1c2c3c4c5c6c7c8' });
  t.is(node.state().contact.peer, 'c0'.repeat(16));
  node.pass(12_000);
  t.is(hindrance(node), 'neverHeard');
  t.is(node.all('writeRecord').length, 0);
});

test('lan 1: D_solo_fast is enough where Eth1 has no carrier', (t) => {
  const node = pairedPrimary();
  node.happen({ type: 'heartbeatCarrierChanged', carrier: false });
  node.pass(990);
  t.is(node.state().name, 'paired');
  node.pass(20);
  t.is(node.state().name, 'leaving');
});

test('lan 1: carrier that came back within the last F does not count as gone', (t) => {
  const node = pairedPrimary();
  node.happen({ type: 'heartbeatCarrierChanged', carrier: false });
  node.pass(500);
  node.happen({ type: 'heartbeatCarrierChanged', carrier: true });
  node.happen({ type: 'heartbeatCarrierChanged', carrier: false });
  node.pass(700);
  t.is(hindrance(node), 'soloTimeNotReached');
});

test('lan 1: there is no D_solo_fast where the port of the standby is kept down', (t) => {
  const node = pairedPrimary({ standbyPort: 'down' });
  node.happen({ type: 'heartbeatCarrierChanged', carrier: false });
  node.pass(4000);
  t.is(hindrance(node), 'soloTimeNotReached');
});

test('lan 1: a standby that is heard is never left', (t) => {
  const node = pairedPrimary();
  node.pass(longMs, { peer: wellStandby });
  t.is(node.state().name, 'paired');
});

test('lan 2, I7: an agent that started after the last contact never leaves', (t) => {
  const node = drivenNode({
    record: durableRecord({ node: boxA }),
    database: primaryDatabase(),
    port: addressOn,
  });
  node.pass(longMs);
  t.is(node.state().name, 'paired');
  t.is(hindrance(node), 'neverHeard');
});

test('lan 3: carrier lost for a moment since the last contact is a break', (t) => {
  const node = pairedPrimary();
  node.pass(1000);
  node.port({ carrier: false, carrierChanges: 2 });
  node.port({ carrier: true, carrierChanges: 3 });
  node.pass(longMs, { round: { carrierChanges: 3 } });
  t.is(hindrance(node), 'lanWasBroken');
});

test('lan 3: an agent that was blocked for nearly D since the last contact has a break', (t) => {
  const node = pairedPrimary();
  node.sleep(200);
  node.happen({ type: 'heartbeatCarrierChanged', carrier: false });
  node.pass(longMs);
  t.is(hindrance(node), 'lanWasBroken');
});

test('lan 3: a flap that was over before anybody looked is a break', (t) => {
  const node = pairedPrimary();
  node.pass(1000);
  node.port({ carrierChanges: 3 });
  node.pass(longMs, { round: { carrierChanges: 3 } });
  t.is(hindrance(node), 'lanWasBroken');
});

test('lan 3: references that did not answer once since the last contact are a break', (t) => {
  const node = pairedPrimary();
  node.pass(1000);
  node.pass(200, { round: { referenceAnswered: false } });
  node.pass(longMs);
  t.is(hindrance(node), 'lanWasBroken');
});

test('lan 3: references that are silent now keep the primary waiting', (t) => {
  const node = pairedPrimary();
  node.pass(longMs, { round: { referenceAnswered: false } });
  t.true(node.waitsFor('lowerServicePort'));
  t.is(hindrance(node), 'lanNotGood');
});

test('lan 3: a span in which nobody looked is a break', (t) => {
  const node = pairedPrimary();
  node.pass(1000);
  node.sleep(700);
  node.pass(longMs);
  t.is(hindrance(node), 'lanWasBroken');
});

test('lan 3: a round that does not end is no look', (t) => {
  const node = pairedPrimary();
  node.pass(longMs, { round: 'unanswered' });
  t.is(hindrance(node), 'nobodyLooked');
});

test('lan 3: without the service address on the port a primary does not leave', (t) => {
  const node = pairedPrimary();
  node.port(addressOff);
  node.pass(longMs);
  t.is(hindrance(node), 'addressOff');
});

test('lan 3, I2: an address that was off after the last contact is a break, although it is back', (t) => {
  const node = pairedPrimary();
  node.port(addressOff);
  node.pass(500, { peer: wellStandby });
  node.pass(100);
  // Put back in contact still, but the standby may have probed before and heard nobody.
  node.port(addressOn);
  node.happen({ type: 'heartbeatCarrierChanged', carrier: false });
  node.pass(longMs);
  t.is(hindrance(node), 'lanWasBroken');
  node.pass(200, { peer: wellStandby });
  node.pass(longMs);
  t.is(node.state().name, 'leaving');
});

for (const how of ['announced', 'answered'] as const) {
  test(`lan 4: a service address that somebody else ${how} keeps the primary waiting`, (t) => {
    const node = pairedPrimary();
    node.pass(1000);
    node.happen({ type: 'addressClaimed', mac: macB, how });
    node.pass(longMs);
    t.is(hindrance(node), 'addressClaimed');
  });
}

test('lan 4: somebody who answers the probe of the primary keeps it waiting', (t) => {
  const node = pairedPrimary();
  node.pass(400, { round: { serviceAnsweredBy: [macB] } });
  node.pass(longMs);
  t.is(hindrance(node), 'addressClaimed');
});

test('lan 4: a standby that only asks for the address takes nothing away', (t) => {
  const node = pairedPrimary();
  node.pass(1000);
  node.happen({ type: 'addressClaimed', mac: macB, how: 'probed' });
  node.pass(longMs);
  t.is(node.state().name, 'leaving');
});

test('a lone primary that is in contact again announces its address, once in a while', (t) => {
  const node = pairedPrimary();
  node.pass(longMs);
  node.writes();
  node.happen({ type: 'synchronousCleared', token: node.asked('clearSynchronous').token });
  t.is(node.state().name, 'solo');
  const before = node.all('announce').length;
  node.pass(200, { peer: wellStandby });
  t.is(node.all('announce').length, before + 1);
  node.pass(1000);
  node.pass(1000, { peer: wellStandby });
  t.is(node.all('announce').length, before + 1, 'the first one is still repeated');
  node.pass(10_000);
  node.pass(200, { peer: wellStandby });
  t.is(node.all('announce').length, before + 2);
});

test('a paired primary that is in contact again has nothing to announce: nobody else may have served', (t) => {
  const node = pairedPrimary();
  node.pass(500);
  node.pass(200, { peer: wellStandby });
  t.is(node.all('announce').length, 0);
});

test('a primary of arbiter manual waits for the operator', (t) => {
  const node = pairedPrimary({ arbiter: 'manual' });
  node.pass(longMs);
  t.is(hindrance(node), 'arbiterIsManual');
});

test('a primary configured otherwise than its record does not leave', (t) => {
  const node = drivenNode({
    record: durableRecord({ node: boxA, arbiter: 'manual' }),
    database: primaryDatabase(),
    port: addressOn,
  });
  node.pass(1000, { peer: wellStandby });
  node.pass(longMs);
  t.is(hindrance(node), 'arbiterDiffers');
});

test('a paired primary that lost every path and its LAN takes the address off, and puts it back in contact only', (t) => {
  const node = pairedPrimary();
  const unfit = { ...wellStandby, eligible: false };
  node.hears(unfit);
  node.port({ carrier: false, carrierChanges: 2 });
  node.pass(300, { round: { carrier: false } });
  t.true(node.waitsFor('lowerServicePort'));
  node.happen({
    type: 'servicePortLowered',
    token: node.asked('lowerServicePort').token,
    port: { ...node.state().port, ...addressOff },
  });
  node.port({ carrier: true, carrierChanges: 3 });
  node.pass(3000, { round: { carrierChanges: 3 } });
  t.is(node.all('raiseServicePort').length, 0);
  node.hears(unfit);
  t.true(node.waitsFor('raiseServicePort'));
});
