// Golden frames of ARP; made independently of this code from RFC 826 and RFC 5227.

import test from 'ava';
import { decodeArp, encodeArp, encodeArpAnnouncements } from '../../src/protocol/arp.ts';
import { encodeArpProbe } from '../../src/protocol/arp.ts';

const MAC = '02:00:5e:10:00:01';
const HEAD = 'ffffffffffff02005e1000010806000108000604';
const PROBE = `${HEAD}000102005e10000100000000000000000000c000020a`;
const ANNOUNCED = [
  `${HEAD}000102005e100001c000020a000000000000c000020a`,
  `${HEAD}000202005e100001c000020affffffffffffc000020a`,
];

test('a probe claims no address itself', (t) => {
  t.is(encodeArpProbe(MAC, '192.0.2.10').toString('hex'), PROBE);
});

test('an announcement goes out as a request and as a reply', (t) => {
  const frames = encodeArpAnnouncements(MAC, '192.0.2.10').map((frame) => frame.toString('hex'));
  t.deepEqual(frames, ANNOUNCED);
});

test('what is encoded is decoded, also with the padding of a short frame', (t) => {
  const packet = {
    operation: 'reply',
    senderMac: MAC,
    sender: '192.0.2.1',
    targetMac: '02:00:5e:10:00:02',
    target: '0.0.0.0',
  } as const;
  const frame = encodeArp('02:00:5e:10:00:02', packet);
  t.deepEqual(decodeArp(frame), packet);
  t.deepEqual(decodeArp(Buffer.concat([frame, Buffer.alloc(18)])), packet);
});

test('what is cut, not for IPv4 over Ethernet, or no question or answer, is refused', (t) => {
  const good = Buffer.from(PROBE, 'hex');
  for (let length = 0; length < good.length; length += 1) {
    t.is(decodeArp(good.subarray(0, length)), null, `${length} bytes`);
  }
  const spoiled = [12, 13, 14, 15, 16, 17, 18, 19, 20].map((at) => {
    const frame = Buffer.from(good);
    frame.writeUInt8(frame.readUInt8(at) ^ 0x40, at);
    return frame;
  });
  t.deepEqual(
    spoiled.map(decodeArp),
    Array.from(spoiled, () => null),
  );
});
