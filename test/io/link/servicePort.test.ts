// The service port on real links: two boxes and a LAN in network namespaces, the kernel as the peer.

import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { PortState } from '../../../src/core/events.ts';
import { monotonicMs } from '../../../src/kernel/clock.ts';
import { openServicePort } from '../../../src/io/link/servicePort.ts';
import type { ServicePort } from '../../../src/io/link/servicePort.ts';
import type { ProbeRequest } from '../../../src/io/link/probeRound.ts';
import { until } from '../../kernel/until.ts';
import { buildPairSite } from './pairSite.ts';

const ADDRESSES = ['192.0.2.10/24', '2001:db8::10/64'];
const EVERYTHING: ProbeRequest = {
  askReferences: true,
  askService: true,
  askPeerOnHeartbeatPort: true,
  probes: 3,
  roundMs: 90,
};

type Claim = { readonly mac: string; readonly address: string; readonly kind: string };

const site = buildPairSite();
site.box.enter();
test.after.always('the site is removed', () => site.remove());

type Watched = { port: ServicePort; states: PortState[]; carriers: boolean[]; claims: Claim[] };

function openPort(t: ExecutionContext, onPeer = false): Watched {
  const states: PortState[] = [];
  const carriers: boolean[] = [];
  const claims: Claim[] = [];
  const open = (): ServicePort =>
    openServicePort({
      device: 'eth0',
      addresses: ADDRESSES,
      references: ['192.0.2.1', '192.0.2.2'],
      heartbeatDevice: 'eth1',
      heartbeatPeer: onPeer ? '169.254.69.1' : '169.254.69.2',
      onPortChange: (state) => states.push(state),
      onHeartbeatCarrier: (carrier) => carriers.push(carrier),
      onForeignClaim: (mac, address, kind) => claims.push({ mac, address, kind }),
    });
  const port = onPeer ? site.peer.run(open) : open();
  t.teardown(() => port.close());
  return { port, states, carriers, claims };
}

test.serial('raise puts the link up and all addresses on, twice as well as once', (t) => {
  site.box.ip('link set eth0 down');
  const { port } = openPort(t);
  t.like(port.state(), { present: true, up: false, carrier: false, anyAddressOn: false });
  const raised = port.raise({ address: true });
  t.like(raised, { up: true, carrier: true, addressesOn: true, mac: site.boxMac });
  t.true(port.raise({ address: true }).addressesOn);
  t.regex(site.box.ip('-4 addr show dev eth0'), /192\.0\.2\.10\/24 brd 192\.0\.2\.255/);
  t.regex(site.box.ip('-6 addr show dev eth0'), /2001:db8::10\/64 .*nodad/);
  t.notRegex(site.box.ip('-6 addr show dev eth0'), /2001:db8::10.*tentative/);
  const lowered = port.lower({ link: false });
  t.like(lowered, { up: true, addressesOn: false, anyAddressOn: false });
  t.like(port.lower({ link: true }), { up: false, carrier: false, anyAddressOn: false });
  t.like(port.lower({ link: true }), { up: false });
  site.box.ip('link set eth0 up');
});

test.serial('lower takes a service address off whatever prefix it was given, and no other', (t) => {
  const { port } = openPort(t);
  site.box.ip('addr add 192.0.2.10/32 dev eth0');
  site.box.ip('addr add 192.0.2.77/24 dev eth0');
  t.like(port.state(), { addressesOn: false, anyAddressOn: true });
  t.false(port.lower({ link: false }).anyAddressOn);
  t.regex(site.box.ip('addr show dev eth0'), /192\.0\.2\.77\/24/);
  site.box.ip('addr del 192.0.2.77/24 dev eth0');
});

test.serial('a permanent address of the same subnet outlives the service address', (t) => {
  const { port } = openPort(t);
  port.raise({ address: true });
  site.box.ip('addr add 192.0.2.77/24 dev eth0');
  port.lower({ link: false });
  t.regex(site.box.ip('addr show dev eth0'), /192\.0\.2\.77\/24/);
  site.box.ip('addr del 192.0.2.77/24 dev eth0');
});

test.serial('changes of link and address made by others arrive as events', async (t) => {
  const { port, states, carriers } = openPort(t);
  site.lan.ip('link set box down');
  await until('carrier lost', () => states.some(({ carrier }) => !carrier));
  site.lan.ip('link set box up');
  await until('carrier back', () => states.at(-1)?.carrier === true);
  t.true((states.at(-1)?.carrierChanges ?? 0) >= (states[0]?.carrierChanges ?? 0) + 1);
  site.box.ip('addr add 192.0.2.10/24 dev eth0');
  await until('address seen', () => states.at(-1)?.anyAddressOn === true);
  t.false(states.at(-1)?.addressesOn);
  site.box.ip('addr del 192.0.2.10/24 dev eth0');
  await until('address gone', () => states.at(-1)?.anyAddressOn === false);
  site.peer.ip('link set eth1 down');
  await until('heartbeat carrier lost', () => carriers.at(-1) === false);
  t.false(port.heartbeatCarrier());
  site.peer.ip('link set eth1 up');
  await until('heartbeat carrier back', () => carriers.at(-1) === true);
});

test.serial('carrier of the heartbeat port that was gone between two looks is told', (t) => {
  const { port, carriers } = openPort(t);
  const before = carriers.length;
  // Nothing is heard meanwhile: the calls block this process.
  site.peer.ip('link set eth1 down');
  site.peer.ip('link set eth1 up');
  port.refresh();
  t.deepEqual(carriers.slice(before), [false, true]);
});

test.serial('a probe without an own address is answered by the kernel that holds it', async (t) => {
  const { port } = openPort(t);
  site.peer.ip('addr add 192.0.2.10/24 dev eth0');
  const result = await port.probe(EVERYTHING);
  t.deepEqual(result.serviceAnsweredBy, [site.peerMac]);
  t.deepEqual(result.answeredReferences, ['192.0.2.1']);
  t.deepEqual(result.referenceMacs, [site.bridgeMac]);
  t.true(result.referenceAnswered && result.carrier && result.peerAnsweredOnHeartbeatPort);
  t.is(result.sendFailed, null);
  const tookMs = result.endedAtMs - result.startedAtMs;
  t.true(tookMs >= 90 && tookMs < 150, `${tookMs} ms`);
  site.peer.ip('addr del 192.0.2.10/24 dev eth0');
});

test.serial('an IPv6 holder answers alone', async (t) => {
  const { port } = openPort(t);
  site.peer.ip('addr add 2001:db8::10/64 dev eth0 nodad');
  const result = await port.probe(EVERYTHING);
  t.deepEqual(result.serviceAnsweredBy, [site.peerMac]);
  site.peer.ip('addr del 2001:db8::10/64 dev eth0');
});

test.serial('nobody answers where nobody holds the address, the own kernel included', async (t) => {
  const { port } = openPort(t);
  t.deepEqual((await port.probe(EVERYTHING)).serviceAnsweredBy, []);
  port.raise({ address: true });
  const raised = await port.probe(EVERYTHING);
  t.deepEqual(raised.serviceAnsweredBy, []);
  t.true(raised.referenceAnswered);
  port.lower({ link: false });
});

test.serial('what is not asked is not counted', async (t) => {
  const { port } = openPort(t);
  site.peer.ip('addr add 192.0.2.10/24 dev eth0');
  const nothing = { askReferences: false, askService: false, askPeerOnHeartbeatPort: false };
  const [silent, asking] = await Promise.all([
    port.probe({ ...EVERYTHING, ...nothing }),
    port.probe(EVERYTHING),
  ]);
  t.like(silent, { referenceAnswered: false, peerAnsweredOnHeartbeatPort: false });
  t.deepEqual(silent.serviceAnsweredBy, []);
  t.deepEqual(asking.serviceAnsweredBy, [site.peerMac]);
  site.peer.ip('addr del 192.0.2.10/24 dev eth0');
});

test.serial("the peer's Eth1 address is answered on Eth1 only, never on the LAN", async (t) => {
  const guarded = openPort(t, true);
  const asLan = openServicePort({
    device: 'eth0',
    addresses: ['169.254.69.2/32'],
    references: [],
    heartbeatDevice: 'eth1',
    heartbeatPeer: '169.254.69.2',
    onPortChange: () => {},
    onHeartbeatCarrier: () => {},
    onForeignClaim: () => {},
  });
  t.teardown(() => asLan.close());
  const result = await asLan.probe(EVERYTHING);
  t.deepEqual(result.serviceAnsweredBy, []);
  t.true(result.peerAnsweredOnHeartbeatPort);
  t.deepEqual(guarded.port.refusedSettings(), []);
});

test.serial('a cut cable leaves the LAN answering and Eth1 silent', async (t) => {
  const { port } = openPort(t);
  site.peer.ip('addr add 192.0.2.10/24 dev eth0');
  site.peer.ip('link set eth1 down');
  const result = await port.probe(EVERYTHING);
  t.deepEqual(result.serviceAnsweredBy, [site.peerMac]);
  t.false(result.peerAnsweredOnHeartbeatPort);
  t.is(result.sendFailed, null);
  site.peer.ip('link set eth1 up');
  site.peer.ip('addr del 192.0.2.10/24 dev eth0');
});

test.serial('a round on a port that is down, or flaps, ends on time and says so', async (t) => {
  const { port, claims } = openPort(t);
  site.box.ip('link set eth0 down');
  const down = await port.probe(EVERYTHING);
  t.false(down.carrier);
  t.is(down.sendFailed, 'ENETDOWN');
  site.box.ip('link set eth0 up');
  await until('carrier back', () => port.state().carrier);
  const flapping = port.probe(EVERYTHING);
  site.lan.ip('link set box down');
  site.lan.ip('link set box up');
  t.false((await flapping).carrier);
  // The packet sockets had an error pending; they hear again.
  const after = await port.probe(EVERYTHING);
  t.true(after.carrier && after.referenceAnswered);
  const heard = claims.length;
  openPort(t, true).port.announce();
  await until('an announcement is heard between rounds', () => claims.length > heard);
});

test.serial('a device that disappears is reported, and works again when it is back', async (t) => {
  const { port, states } = openPort(t);
  site.lan.ip('link del box');
  await until('gone', () => states.at(-1)?.present === false);
  const gone = await port.probe(EVERYTHING);
  t.like(gone, { carrier: false, sendFailed: 'ENODEV', referenceAnswered: false });
  t.throws(() => port.raise({ address: true }), { code: 'PORT_MISSING' });
  t.false(port.lower({ link: true }).present);
  site.plugService();
  await until('back', () => states.at(-1)?.carrier === true);
  const back = await port.probe(EVERYTHING);
  t.true(back.carrier && back.referenceAnswered);
});

test.serial('an announcement is heard by the LAN and moves what the neighbours know', async (t) => {
  const peer = openPort(t, true);
  const { port } = openPort(t);
  site.lan.ip('neigh replace 192.0.2.10 lladdr 02:00:00:00:0d:00 nud stale dev br0');
  site.lan.ip('addr add 2001:db8::1/64 dev br0 nodad');
  site.lan.ip('neigh replace 2001:db8::10 lladdr 02:00:00:00:0d:00 nud stale dev br0');
  port.announce();
  const announced = { mac: site.boxMac, kind: 'announced' };
  await until('both addresses claimed', () => peer.claims.length >= 3);
  t.deepEqual(peer.claims, [
    { ...announced, address: '192.0.2.10' },
    { ...announced, address: '192.0.2.10' },
    { ...announced, address: '2001:db8::10' },
  ]);
  const known = site.lan.ip('neigh show dev br0');
  t.regex(known, new RegExp(`192\\.0\\.2\\.10 lladdr ${site.boxMac}`));
  t.regex(known, new RegExp(`2001:db8::10 lladdr ${site.boxMac}`));
  site.lan.ip('addr del 2001:db8::1/64 dev br0');
});

test.serial(
  'a probe of somebody else for our address is a claim, the answer to ours too',
  async (t) => {
    const peer = openPort(t, true);
    const { port, claims } = openPort(t);
    port.raise({ address: true });
    await peer.port.probe(EVERYTHING);
    t.true(claims.some(({ mac, kind }) => mac === site.peerMac && kind === 'probed'));
    t.true(claims.every(({ kind }) => kind === 'probed'));
    t.true(peer.claims.some(({ mac, kind }) => mac === site.boxMac && kind === 'answered'));
    t.deepEqual(
      new Set(claims.map(({ address }) => address)),
      new Set(['192.0.2.10', '2001:db8::10']),
    );
    port.lower({ link: false });
  },
);

test.serial('answers that waited while the process was held up are counted', async (t) => {
  const { port } = openPort(t);
  // From here the event loop serves timers before it looks at sockets.
  await setImmediate();
  const round = port.probe({ ...EVERYTHING, askService: false, probes: 1 });
  const until90 = monotonicMs() + 120;
  while (monotonicMs() < until90); // a main thread that is busy, as garbage collection would be
  t.true((await round).referenceAnswered);
});

test.serial(
  'I2: a round says how often it asked, and leaves out what it was held up for',
  async (t) => {
    const { port } = openPort(t);
    t.is((await port.probe({ ...EVERYTHING, probes: 3 })).asked, 3);
    await setImmediate();
    const round = port.probe({ ...EVERYTHING, probes: 3 });
    const until80 = monotonicMs() + 80;
    while (monotonicMs() < until80); // asked at 0, and next when it is over
    t.true((await round).asked < 3);
  },
);

test.serial('close ends an open round at once and says so', async (t) => {
  const { port } = openPort(t);
  const round = port.probe({ ...EVERYTHING, roundMs: 60_000 });
  port.close();
  t.is((await round).sendFailed, 'closed');
});
