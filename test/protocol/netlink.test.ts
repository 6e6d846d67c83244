// Golden messages of route netlink; made independently of this code from linux/rtnetlink.h.

import test from 'ava';
import { parsePrefixedAddress } from '../../src/protocol/ipAddress.ts';
import {
  decodeNetlink,
  encodeAddressChange,
  encodeAddressList,
} from '../../src/protocol/netlink.ts';
import { encodeLinkQuery, encodeLinkSwitch } from '../../src/protocol/netlink.ts';

const ADDED =
  '3000000014000506070000000000000002180000030000000800020' +
  '0c000020a08000100c000020a08000400c00002ff';
const REMOVED =
  '480000001500050008000000000000000a400000030000001400020020010db8000000000000000000000010' +
  '1400010020010db80000000000000000000000100800080002000000';
const LINK_EVENT =
  '40000000100000000000000000000000000001000300000043100100000000000900030065746830000000000' +
  'a00010002005e10000100000800230005000000';
const ADDRESS_EVENT =
  '28000000150000000000000000000000021800000300000008000100c000020a08000200c000020a';
const RESULT = '24000000020000000c00000000000000efffffff00000000000000000000000000000000';

const hex = (bytes: Buffer): string => bytes.toString('hex');
const bytes = (text: string): Buffer => Buffer.from(text, 'hex');

test('an IPv4 address is added with its broadcast address, exclusively', (t) => {
  const address = parsePrefixedAddress('192.0.2.10/24');
  t.is(hex(encodeAddressChange(7, 3, address, true)), ADDED);
});

test('an IPv6 address never waits for duplicate detection', (t) => {
  const address = parsePrefixedAddress('2001:db8::10/64');
  t.is(hex(encodeAddressChange(8, 3, address, false)), REMOVED);
});

test('links are switched by index and asked for by name; addresses come as a list', (t) => {
  t.is(
    hex(encodeLinkSwitch(9, 3, true)),
    '2000000010000500090000000000000000000000030000000100000001000000',
  );
  t.is(
    hex(encodeLinkQuery(10, 'eth0')),
    '34000000120001000a000000000000000000000000000000000000000000000008001d0008000000' +
      '090003006574683000000000',
  );
  t.is(hex(encodeAddressList(11)), '18000000160001030b000000000000000000000000000000');
});

test('one datagram may hold several reports', (t) => {
  t.deepEqual(decodeNetlink(bytes(LINK_EVENT + ADDRESS_EVENT + RESULT)), [
    {
      type: 'link',
      index: 3,
      device: 'eth0',
      present: true,
      up: true,
      carrier: true,
      carrierChanges: 5,
      mac: '02:00:5e:10:00:01',
    },
    { type: 'address', index: 3, added: false, address: '192.0.2.10', prefixLength: 24 },
    { type: 'result', sequence: 12, errno: 17 },
  ]);
});

test('a link that is down has no carrier, whatever its flags say', (t) => {
  const down = bytes(LINK_EVENT);
  down.writeUInt8(0x42, 24);
  t.like(decodeNetlink(down)?.[0], { up: false, carrier: false });
});

test('lengths that do not fit together are refused, and never run past the end', (t) => {
  for (let length = 16; length < bytes(LINK_EVENT).length; length += 1) {
    t.is(decodeNetlink(bytes(LINK_EVENT).subarray(0, length)), null, `${length} bytes`);
  }
  const zero = bytes(RESULT);
  zero.writeUInt32LE(0, 0);
  t.is(decodeNetlink(zero), null);
});
