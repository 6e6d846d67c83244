// Packets of Crystalfontz panels: checksums that a real panel sent, and packets that are found again behind any noise.
import test from 'ava';
import type { ExecutionContext } from 'ava';
import {
  encodePanelPacket,
  longestPanelData,
  panelCrc,
  PanelPacketReader,
} from '../../src/protocol/panelPacket.ts';
import type { PanelPacket } from '../../src/protocol/panelPacket.ts';
import {
  crystalfontzCharacters,
  lightCommand,
  pingCommand,
  readCrystalfontzNews,
  textCommand,
} from '../../src/protocol/panelCrystalfontz.ts';
import { Random } from '../simulator/random.ts';

function reader(): { readonly line: PanelPacketReader; readonly heard: PanelPacket[] } {
  const heard: PanelPacket[] = [];
  return { heard, line: new PanelPacketReader((packet) => heard.push(packet)) };
}

function drawnPacket(random: Random): PanelPacket {
  return {
    kind: random.pick(['command', 'response', 'report', 'error']),
    code: random.below(64),
    data: Buffer.from(Array.from({ length: random.below(23) }, () => random.below(256))),
  };
}

function seeded(t: ExecutionContext): Random {
  const seed = Number(process.env['SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
  t.log(`SEED=${seed}`);
  return new Random(seed);
}

test('the checksum is CRC-16/X-25', (t) => {
  t.is(panelCrc(Buffer.from('123456789')), 0x906e);
});

test('the reports of a real CFA-633 are read', (t) => {
  // Published by its owner: forum.crystalfontz.com, thread 1207.
  const published = '80010171C2 800102EAF0 80010363E1 800106CEB6 80010747A7 800108B05F 800109394E';
  const { line, heard } = reader();
  for (const hex of published.split(' ')) line.push(Buffer.from(hex, 'hex'));
  t.deepEqual(
    heard.map(({ data }) => data[0]),
    [1, 2, 3, 6, 7, 8, 9],
  );
  t.is(line.dropped, 0);
  t.deepEqual(heard.map(readCrystalfontzNews), [
    { type: 'key', key: 'up' },
    { type: 'key', key: 'down' },
    { type: 'key', key: 'left' },
    { type: 'key', key: 'cancel' },
    { type: 'other' },
    { type: 'other' },
    { type: 'other' },
  ]);
});

test('commands have the bytes that LCDd sends', (t) => {
  t.is(lightCommand(0, 'green', true).toString('hex'), '22020b64c93e');
  t.is(lightCommand(0, 'red', true).toString('hex'), '22020c64c173');
  t.is(lightCommand(0, 'green', false).toString('hex'), '22020b00eb1b');
  t.is(pingCommand(Buffer.alloc(0)).subarray(0, 2).toString('hex'), '0000');
  const text = textCommand(0, 0, crystalfontzCharacters('hotpair', '635'));
  t.is(text.toString('hex'), '1f090000686f74706169726d38');
});

test('what is encoded is read again, in pieces of any length', (t) => {
  const random = seeded(t);
  for (let round = 0; round < 300; round += 1) {
    const packets = Array.from({ length: 1 + random.below(6) }, () => drawnPacket(random));
    const bytes = Buffer.concat(packets.map(encodePanelPacket));
    const { line, heard } = reader();
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + random.below(9);
      line.push(bytes.subarray(at, end));
      at = end;
    }
    t.deepEqual(heard, packets);
    t.is(line.dropped, 0);
  }
});

test('behind noise that begins a packet the next whole one is found at the latest when the line is silent', (t) => {
  const random = seeded(t);
  const packet = drawnPacket(random);
  for (const noise of ['00', '0016', '4016aabb', '00ff', 'ffffffff', '80', '1f05aabbccddee']) {
    const { line, heard } = reader();
    line.push(Buffer.from(noise, 'hex'));
    line.push(encodePanelPacket(packet));
    line.settle();
    t.deepEqual(heard, [packet], noise);
  }
});

test('a damaged packet costs itself alone', (t) => {
  const random = seeded(t);
  for (let round = 0; round < 300; round += 1) {
    const packets = Array.from({ length: 3 }, () => drawnPacket(random));
    const damaged = encodePanelPacket(drawnPacket(random));
    const at = random.below(damaged.length);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << random.below(8));
    const { line, heard } = reader();
    line.push(damaged);
    for (const packet of packets) line.push(encodePanelPacket(packet));
    line.settle();
    t.deepEqual(heard.slice(-packets.length), packets);
  }
});

test('a length that no packet has is noise at once, and the longest one is none', (t) => {
  const { line, heard } = reader();
  line.push(Buffer.from([0x40, longestPanelData + 1, 0x40, 0x00, 0x35, 0x5c]));
  t.true(line.dropped >= 2);
  const longest = { kind: 'response', code: 1, data: Buffer.alloc(longestPanelData, 7) } as const;
  line.settle();
  line.push(encodePanelPacket(longest));
  t.deepEqual(heard.at(-1), longest);
  t.throws(() => encodePanelPacket({ ...longest, data: Buffer.alloc(longestPanelData + 1) }));
});

test('any bytes whatever are read without an error, and no key is made of noise but by chance', (t) => {
  const random = seeded(t);
  const { line, heard } = reader();
  const pieces = 1000;
  for (let round = 0; round < pieces; round += 1)
    line.push(Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256))));
  // 65,536 checksums are wrong for each that is right by chance, and of these few are keys.
  t.true(heard.map(readCrystalfontzNews).filter(({ type }) => type === 'key').length <= 1);
  t.true(line.dropped > 0);
});
