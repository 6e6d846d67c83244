// The LAN path between two boxes on a bridge, with strangers beside them: no address is configured anywhere.
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { DatagramPath } from '../../../src/io/heartbeat/deviceSocket.ts';
import { lanGroupOf, openLanPath } from '../../../src/io/heartbeat/lanPath.ts';
import { bindToDevice, closeDescriptor, deviceIndex } from '../../../src/kernel/socket.ts';
import { FAMILY, KIND, openSocket, OPTION } from '../../../src/kernel/socket.ts';
import { sendBytesTo, setOption } from '../../../src/kernel/socket.ts';
import { ipv6SocketAddress } from '../../../src/kernel/socketAddress.ts';
import { setPortSetting } from '../../../src/kernel/sysctl.ts';
import { makeNamespace } from '../../kernel/networkNamespace.ts';
import { until } from '../../kernel/until.ts';

const pairId = 'c0ffee00'.padEnd(32, '0');
const otherPair = 'decade00'.padEnd(32, '0');
const box = makeNamespace('lanbox');
const peer = makeNamespace('lanpeer');
const stranger = makeNamespace('lanstranger');
const wire = makeNamespace('lanwire');
test.after.always('the namespaces are removed', () => {
  for (const namespace of [box, peer, stranger, wire]) namespace.remove();
});

wire.ip('link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0');
wire.ip('link set br0 up');
for (const [index, namespace] of [box, peer, stranger].entries()) {
  wire.ip(`link add port${index} type veth peer name eth0 netns ${namespace.name}`);
  wire.ip(`link set port${index} master br0`);
  wire.ip(`link set port${index} up`);
  namespace.ip('link set eth0 up');
}

type End = { readonly path: DatagramPath; readonly heard: Buffer[]; readonly errors: unknown[] };

function openEnd(t: ExecutionContext, id = pairId): End {
  const heard: Buffer[] = [];
  const errors: (string | null)[] = [];
  const path = openLanPath({
    device: 'eth0',
    port: 694,
    pairId: id,
    onDatagram: (bytes) => heard.push(bytes),
    onError: (errno) => errors.push(errno),
  });
  t.teardown(() => path.close());
  return { path, heard, errors };
}

/** Begins as a datagram of this pair does: magic, version, length, pair. */
function datagram(text: string, id = pairId): Buffer {
  return Buffer.concat([Buffer.alloc(8), Buffer.from(id, 'hex'), Buffer.from(text)]);
}

const texts = ({ heard }: End): string[] => heard.map((bytes) => bytes.toString('latin1', 24));

async function inContact(a: End, b: End): Promise<void> {
  await until('contact', () => {
    box.run(() => a.path.send(datagram('hello')));
    peer.run(() => b.path.send(datagram('hello')));
    return a.heard.length > 0 && b.heard.length > 0;
  });
}

test.serial(
  'two boxes of a pair hear each other without any address, and not themselves',
  async (t) => {
    const a = box.run(() => openEnd(t));
    const b = peer.run(() => openEnd(t));
    await inContact(a, b);
    a.path.send(datagram('from a'));
    await until('b heard', () => texts(b).includes('from a'));
    t.false(texts(a).includes('from a'));
    t.notRegex(box.ip('addr show dev eth0'), /scope global/);
  },
);

test.serial('a probe of 1400 bytes passes', async (t) => {
  const a = box.run(() => openEnd(t));
  const b = peer.run(() => openEnd(t));
  await inContact(a, b);
  const large = Buffer.concat([datagram(''), Buffer.alloc(1376, 1)]);
  t.true(a.path.send(large));
  await until('it arrived', () => b.heard.some((bytes) => bytes.equals(large)));
});

test.serial(
  'another pair, and what came from behind a router, is dropped by the kernel',
  async (t) => {
    const a = box.run(() => openEnd(t));
    const b = peer.run(() => openEnd(t));
    const other = stranger.run(() => openEnd(t, otherPair));
    await inContact(a, b);
    // Its port came up before its path was opened: for a second the kernel looks for a duplicate of its address.
    await until('the other pair speaks', () =>
      stranger.run(() => other.path.send(datagram('of another pair', otherPair))),
    );
    const forger = stranger.run(() => openSocket(FAMILY.ipv6, KIND.datagram, 0));
    stranger.run(() => bindToDevice(forger, 'eth0'));
    const index = deviceIndex(forger, 'eth0');
    const to = ipv6SocketAddress(lanGroupOf(pairId), 694, index);
    const hops = (limit: number, text: string, id = pairId): void => {
      setOption(forger, OPTION.level.ipv6, OPTION.ipv6.multicastHops, limit);
      t.true(sendBytesTo(forger, datagram(text, id), to) > 0);
    };
    hops(64, 'routed');
    hops(254, 'routed');
    hops(255, 'foreign', otherPair);
    hops(255, 'a neighbour');
    await until('the neighbour is heard', () => texts(a).includes('a neighbour'));
    t.deepEqual(
      texts(a).filter((text) => text !== 'hello'),
      ['a neighbour'],
    );
    t.deepEqual(texts(other), []);
    closeDescriptor(forger);
  },
);

test.serial(
  'a port that goes down and comes back, and one that is replaced, is used again',
  async (t) => {
    const a = box.run(() => openEnd(t));
    const b = peer.run(() => openEnd(t));
    await inContact(a, b);
    box.ip('link set eth0 down');
    await until('sending fails', () => !box.run(() => a.path.send(datagram('lost'))));
    t.true(a.errors.length > 0);
    box.ip('link set eth0 up');
    const isBack = (text: string) => () => {
      box.run(() => a.path.send(datagram(text)));
      return texts(b).includes(text);
    };
    await until('it works again', isBack('back'));
    box.ip('link del eth0');
    await until('sending fails', () => !box.run(() => a.path.send(datagram('lost'))));
    wire.ip(`link add port9 type veth peer name eth0 netns ${box.name}`);
    wire.ip('link set port9 master br0');
    wire.ip('link set port9 up');
    box.ip('link set eth0 up');
    await until('the new device works', isBack('replaced'));
    b.path.send(datagram('answer'));
    await until('both ways', () => texts(a).includes('answer'));
    t.is(a.errors.at(-1), null);
  },
);

test.serial(
  'IPv6 that was switched off, and an MTU that was too small for it, are put right',
  async (t) => {
    const a = box.run(() => openEnd(t));
    const b = peer.run(() => openEnd(t));
    await inContact(a, b);
    const troubles = [
      {
        take: () => box.run(() => setPortSetting('ipv6', 'eth0', 'disable_ipv6', '1')),
        give: () => undefined,
      },
      {
        take: () => box.ip('link set eth0 mtu 1000'),
        give: () => box.ip('link set eth0 mtu 1500'),
      },
    ];
    for (const [round, { take, give }] of troubles.entries()) {
      take();
      await until('sending fails', () => !box.run(() => a.path.send(datagram('lost'))));
      give();
      const text = `after trouble ${round}`;
      await until('it works again both ways', () => {
        box.run(() => a.path.send(datagram(text)));
        peer.run(() => b.path.send(datagram(text)));
        return texts(a).includes(text) && texts(b).includes(text);
      });
      t.is(a.errors.at(-1), null);
    }
  },
);

test.serial(
  'a datagram that is too large for the MTU is refused, and says nothing of the path',
  async (t) => {
    const a = box.run(() => openEnd(t));
    const b = peer.run(() => openEnd(t));
    await inContact(a, b);
    box.ip('link set eth0 mtu 1400');
    t.teardown(() => box.ip('link set eth0 mtu 1500'));
    const told = a.errors.length;
    t.false(box.run(() => a.path.send(Buffer.concat([datagram(''), Buffer.alloc(1376, 1)]))));
    t.true(box.run(() => a.path.send(datagram('small'))));
    t.is(a.errors.length, told);
  },
);

test.serial('the group follows from the pair: transient, of link-local scope, dynamic', (t) => {
  t.is(lanGroupOf('00000001'.padEnd(32, '0')), 'ff12::8000:1');
  t.is(lanGroupOf('ffffffff'.padEnd(32, '0')), 'ff12::ffff:ffff');
});
