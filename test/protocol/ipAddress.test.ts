// Addresses as text and as bytes.

import test from 'ava';
import { formatIpAddress, formatMac, parseIpAddress } from '../../src/protocol/ipAddress.ts';
import { parseMac, parsePrefixedAddress } from '../../src/protocol/ipAddress.ts';

const CASES = [
  ['192.0.2.10', 'c000020a', '192.0.2.10'],
  ['::', '00000000000000000000000000000000', '::'],
  ['::1', '00000000000000000000000000000001', '::1'],
  ['2001:DB8:0:0:0:0:0:10', '20010db8000000000000000000000010', '2001:db8::10'],
  ['fe80::', 'fe800000000000000000000000000000', 'fe80::'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008', '1:2:3:4:5:6:7:8'],
  ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
] as const;

for (const [text, hex, canonical] of CASES) {
  test(`${text} is ${hex} and is written ${canonical}`, (t) => {
    t.is(parseIpAddress(text).toString('hex'), hex);
    t.is(formatIpAddress(Buffer.from(hex, 'hex')), canonical);
  });
}

for (const text of ['', '192.0.2', '192.0.2.256', '2001:db8::1::2', 'fe80::1%eth0', 'box-a']) {
  test(`"${text}" is no address`, (t) => {
    t.throws(() => parseIpAddress(text), { code: 'ADDRESS_MALFORMED' });
  });
}

test('a prefix length belongs to its family', (t) => {
  t.like(parsePrefixedAddress('192.0.2.10/24'), { family: 4, prefixLength: 24 });
  t.like(parsePrefixedAddress('2001:db8::10/64'), { family: 6, address: '2001:db8::10' });
  for (const text of ['192.0.2.10', '192.0.2.10/33', '2001:db8::1/129', '192.0.2.10/', '/24']) {
    t.throws(() => parsePrefixedAddress(text), { code: 'ADDRESS_MALFORMED' }, text);
  }
});

test('MAC addresses go both ways', (t) => {
  t.is(formatMac(parseMac('02:00:5E:10:00:01')), '02:00:5e:10:00:01');
  t.throws(() => parseMac('02:00:5e:10:00'), { code: 'ADDRESS_MALFORMED' });
});
