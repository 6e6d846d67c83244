// Golden frames of neighbour discovery; made independently of this code from RFC 4861.

import test from 'ava';
import { decodeNeighbour, encodeNeighbourAnnouncement } from '../../src/protocol/neighbour.ts';
import { encodeNeighbourProbe, solicitedNodeMac } from '../../src/protocol/neighbour.ts';

const MAC = '02:00:5e:10:00:01';
const ADDRESS = '2001:db8::10';
const PROBE =
  '3333ff00001002005e10000186dd6000000000183aff00000000000000000000000000000000' +
  'ff0200000000000000000001ff00001087004ccf0000000020010db8000000000000000000000010';
const ANNOUNCEMENT =
  '33330000000102005e10000186dd6000000000203aff20010db8000000000000000000000010' +
  'ff02000000000000000000000000000188009afc2000000020010db8000000000000000000000010' +
  '020102005e100001';

test('a probe has the form of duplicate address detection', (t) => {
  t.is(encodeNeighbourProbe(MAC, ADDRESS).toString('hex'), PROBE);
  t.deepEqual(decodeNeighbour(Buffer.from(PROBE, 'hex')), {
    type: 'solicitation',
    source: '::',
    target: ADDRESS,
    mac: MAC,
  });
});

test('an announcement overrides what neighbours know', (t) => {
  t.is(encodeNeighbourAnnouncement(MAC, ADDRESS).toString('hex'), ANNOUNCEMENT);
  t.deepEqual(decodeNeighbour(Buffer.from(ANNOUNCEMENT, 'hex')), {
    type: 'advertisement',
    source: ADDRESS,
    target: ADDRESS,
    mac: MAC,
  });
});

test('the group of an address is made of its last three bytes', (t) => {
  t.is(solicitedNodeMac('2001:db8::12:3456'), '33:33:ff:12:34:56');
});

test('the link-layer option names the claimant, not the sender of the frame', (t) => {
  const proxied = Buffer.from(ANNOUNCEMENT, 'hex');
  proxied.writeUInt8(0x99, 11);
  t.is(decodeNeighbour(proxied)?.mac, MAC);
});

test('a cut, altered or routed frame is refused', (t) => {
  const good = Buffer.from(ANNOUNCEMENT, 'hex');
  for (let length = 0; length < good.length; length += 1) {
    t.is(decodeNeighbour(good.subarray(0, length)), null, `${length} bytes`);
  }
  const altered = (at: number, value: number): Buffer => {
    const frame = Buffer.from(good);
    frame.writeUInt8(value, at);
    return frame;
  };
  t.is(decodeNeighbour(altered(21, 254)), null, 'hop limit');
  t.is(decodeNeighbour(altered(70, 1)), null, 'checksum');
  t.is(decodeNeighbour(altered(54, 134)), null, 'router advertisement');
  t.is(decodeNeighbour(altered(20, 17)), null, 'not ICMPv6');
});
