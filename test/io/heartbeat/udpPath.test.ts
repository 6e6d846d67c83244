// The UDP path between two network namespaces that are one cable apart.

import test from 'ava';
import type { ExecutionContext } from 'ava';
import { openUdpPath } from '../../../src/io/heartbeat/udpPath.ts';
import type { DatagramPath } from '../../../src/io/heartbeat/deviceSocket.ts';
import { bindSocket, closeDescriptor, FAMILY, KIND } from '../../../src/kernel/socket.ts';
import { openSocket, sendBytesTo } from '../../../src/kernel/socket.ts';
import { ipv4SocketAddress } from '../../../src/kernel/socketAddress.ts';
import { makeNamespace } from '../../kernel/networkNamespace.ts';
import { until } from '../../kernel/until.ts';

const box = makeNamespace('udpbox');
const peer = makeNamespace('udppeer');
test.after.always('the namespaces are removed', () => {
  box.remove();
  peer.remove();
});
box.enter();

function plugCable(): void {
  box.ip(`link add eth1 type veth peer name eth1 netns ${peer.name}`);
  box.ip('addr add 169.254.69.1/30 dev eth1');
  peer.ip('addr add 169.254.69.2/30 dev eth1');
  box.ip('link set eth1 up');
  peer.ip('link set eth1 up');
}
plugCable();

type End = {
  readonly path: DatagramPath;
  readonly heard: Buffer[];
  readonly errors: (string | null)[];
};

function openEnd(
  t: ExecutionContext,
  localAddress: string,
  peerAddress: string,
  device = 'eth1',
): End {
  const heard: Buffer[] = [];
  const errors: (string | null)[] = [];
  const path = openUdpPath({
    device,
    localAddress,
    peerAddress,
    port: 694,
    onDatagram: (bytes) => heard.push(bytes),
    onError: (errno) => errors.push(errno),
  });
  t.teardown(() => path.close());
  return { path, heard, errors };
}
const openBox = (t: ExecutionContext): End => openEnd(t, '169.254.69.1', '169.254.69.2');
const openPeer = (t: ExecutionContext): End =>
  peer.run(() => openEnd(t, '169.254.69.2', '169.254.69.1'));

const contact = (from: End, to: End): (() => boolean) => {
  const before = to.heard.length;
  return () => {
    from.path.send(Buffer.from('beat'));
    return to.heard.length > before;
  };
};

test.serial('datagrams pass both ways, whole and up to 1452 bytes', async (t) => {
  const a = openBox(t);
  const b = openPeer(t);
  // The kernel may take a second to notice a link that came up just now, and drops what is sent meanwhile.
  await until('the cable carries', contact(a, b));
  await until('the cable carries back', contact(b, a));
  const bytes = Buffer.alloc(1452, 0x5a);
  const { sent, sendFailures } = a.path.counts();
  t.true(a.path.send(bytes));
  t.true(b.path.send(Buffer.from('x')));
  await until('both heard', () => b.heard.at(-1)?.length === 1452 && a.heard.at(-1)?.length === 1);
  t.deepEqual(b.heard.at(-1), bytes);
  t.deepEqual(a.heard.at(-1), Buffer.from('x'));
  t.false(a.path.send(Buffer.alloc(1453)));
  t.like(a.path.counts(), { sent: sent + 1, sendFailures: sendFailures + 1 });
});

test.serial('what is too long or from somebody else is dropped and counted', async (t) => {
  const a = openBox(t);
  const other = peer.run(() => openSocket(FAMILY.ipv4, KIND.datagram, 0));
  const same = peer.run(() => openSocket(FAMILY.ipv4, KIND.datagram, 0));
  bindSocket(same, ipv4SocketAddress('169.254.69.2', 694), 'the port of the peer');
  const to = ipv4SocketAddress('169.254.69.1', 694);
  sendBytesTo(other, Buffer.from('from another port'), to);
  sendBytesTo(same, Buffer.alloc(1453), to);
  sendBytesTo(same, Buffer.from('good'), to);
  await until('the good one', () => a.heard.length === 1);
  t.like(a.path.counts(), { received: 1, tooLong: 1, foreign: 1 });
  closeDescriptor(other);
  closeDescriptor(same);
});

test.serial(
  'a link that goes down makes send false, and the path works when it is back',
  async (t) => {
    const a = openBox(t);
    const b = openPeer(t);
    await until('contact', contact(a, b));
    box.ip('link set eth1 down');
    t.false(a.path.send(Buffer.from('lost')));
    t.truthy(a.errors.at(-1));
    box.ip('link set eth1 up');
    await until('contact again', contact(a, b));
    await until('and back', contact(b, a));
    t.is(a.errors.at(-1), null);
  },
);

test.serial('an address that leaves and returns needs no new path', async (t) => {
  const b = openPeer(t);
  box.ip('addr del 169.254.69.1/30 dev eth1');
  const a = openBox(t);
  t.false(a.path.send(Buffer.from('no address')));
  box.ip('addr add 169.254.69.1/30 dev eth1');
  await until('contact', contact(a, b));
  await until('and back', contact(b, a));
  box.ip('addr del 169.254.69.1/30 dev eth1');
  t.false(a.path.send(Buffer.from('no address')));
  box.ip('addr add 169.254.69.1/30 dev eth1');
  await until('contact again', contact(a, b));
  await until('and back again', contact(b, a));
  t.pass();
});

test.serial('a device that disappears is bound anew when it is back', async (t) => {
  const a = openBox(t);
  box.ip('link del eth1');
  t.false(a.path.send(Buffer.from('gone')));
  plugCable();
  const b = openPeer(t);
  await until('contact', contact(a, b));
  await until('and back', contact(b, a));
  t.true(a.errors.includes('ENODEV'));
  t.is(a.errors.at(-1), null);
});

test.serial(
  'what comes in by another device is not heard, even with the right addresses',
  async (t) => {
    box.ip(`link add eth2 type veth peer name eth2 netns ${peer.name}`);
    box.ip('addr add 169.254.70.1/30 dev eth2');
    peer.ip('addr add 169.254.70.2/30 dev eth2');
    box.ip('link set eth2 up');
    peer.ip('link set eth2 up');
    peer.ip('route add 169.254.69.1/32 dev eth2');
    const a = openBox(t);
    const onEth2 = openEnd(t, '169.254.69.1', '169.254.70.2', 'eth2');
    const other = peer.run(() => openSocket(FAMILY.ipv4, KIND.datagram, 0));
    t.teardown(() => closeDescriptor(other));
    bindSocket(other, ipv4SocketAddress('169.254.70.2', 694), 'the port of the peer');
    const to = ipv4SocketAddress('169.254.69.1', 694);
    await until('heard on eth2', () => {
      sendBytesTo(other, Buffer.from('wrong way'), to);
      return onEth2.heard.length > 0;
    });
    t.like(a.path.counts(), { received: 0, foreign: 0 });
    box.ip('link del eth2');
  },
);

test.serial('a flood leaves a turn of the event loop to everybody else', async (t) => {
  const a = openBox(t);
  const flooder = peer.run(() => openSocket(FAMILY.ipv4, KIND.datagram, 0));
  t.teardown(() => closeDescriptor(flooder));
  const to = ipv4SocketAddress('169.254.69.1', 694);
  const garbage = Buffer.alloc(64);
  for (let count = 0; count < 200; count += 1) sendBytesTo(flooder, garbage, to);
  const perTurn: number[] = [];
  await until('all of it dropped', () => {
    const { foreign } = a.path.counts();
    perTurn.push(foreign - perTurn.reduce((sum, count) => sum + count, 0));
    return foreign === 200;
  });
  t.true(Math.max(...perTurn) <= 64, perTurn.join(' '));
});
