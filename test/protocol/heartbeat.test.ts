// The heartbeat datagram: golden vectors, refusals in their order, and properties over heartbeats drawn by chance.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { decodeHeartbeat, encodeHeartbeat, heartbeatLength } from '../../src/protocol/heartbeat.ts';
import type { HeartbeatProblem } from '../../src/protocol/heartbeat.ts';
import type { Heartbeat } from '../../src/core/standing.ts';
import { boxB, heartbeat, standing, thePair } from '../core/builders.ts';
import { Random } from '../simulator/random.ts';
import { drawnHeartbeat } from './drawnHeartbeat.ts';

const key = Buffer.alloc(32, 0x5a);
const foreignPair = '71'.repeat(16);
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

const silent: Heartbeat = heartbeat({
  sender: boxB,
  seq: 1,
  echo: null,
  heard: null,
  standing: standing({
    stateName: 'starting',
    record: null,
    grant: null,
    lossCounter: 0,
    database: {
      systemId: null,
      majorVersion: null,
      timeline: null,
      lsn: null,
      receiving: false,
      rewindable: false,
    },
    serviceMac: null,
  }),
});
const handover: Heartbeat = heartbeat({
  standing: standing({
    stateName: 'handingOver',
    handingOver: true,
    grant: { type: 'handover', epoch: 4, toStart: 'b1b2b3b4b5b6b7b8', lsn: 0x30001c0n },
  }),
});
const golden = { paired: heartbeat(), silent, handover };

type GoldenFile = Readonly<Record<keyof typeof golden, string>>;
const goldenHex = JSON.parse(
  readFileSync(new URL('../fixtures/heartbeat.json', import.meta.url), 'utf8'),
) as GoldenFile;

for (const [name, value] of Object.entries(golden)) {
  test(`the ${name} heartbeat is the golden datagram, both ways`, (t) => {
    const bytes = Buffer.from(goldenHex[name as keyof typeof golden], 'hex');
    t.is(encodeHeartbeat(value, thePair, key).toString('hex'), bytes.toString('hex'));
    t.deepEqual(decodeHeartbeat(bytes, thePair, key), { ok: true, heartbeat: value });
  });
}

test('any heartbeat comes back as it was sent', (t) => {
  t.log(`seed ${seed}`);
  const random = new Random(seed);
  for (let round = 0; round < 3000; round += 1) {
    const value = drawnHeartbeat(random);
    const bytes = encodeHeartbeat(value, thePair, key);
    if (bytes.length !== heartbeatLength) t.fail(`length ${bytes.length}`);
    const decoded = decodeHeartbeat(bytes, thePair, key);
    t.deepEqual(decoded, { ok: true, heartbeat: value });
  }
});

test('a datagram with any one bit flipped is refused', (t) => {
  const bytes = encodeHeartbeat(heartbeat(), thePair, key);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    t.false(decodeHeartbeat(flipped, thePair, key).ok, `bit ${bit}`);
  }
});

test('a datagram cut short anywhere is truncated, one with more behind it is malformed', (t) => {
  const bytes = encodeHeartbeat(heartbeat(), thePair, key);
  for (let length = 0; length < bytes.length; length += 1) {
    t.deepEqual(decodeHeartbeat(bytes.subarray(0, length), thePair, key), {
      ok: false,
      problem: 'truncated',
    });
  }
  t.deepEqual(decodeHeartbeat(Buffer.concat([bytes, Buffer.alloc(1)]), thePair, key), {
    ok: false,
    problem: 'malformed',
  });
});

function problemOf(bytes: Buffer, pairId = thePair): HeartbeatProblem | null {
  const decoded = decodeHeartbeat(bytes, pairId, key);
  return decoded.ok ? null : decoded.problem;
}

test('another pair on the same wire is told apart from a wrong key', (t) => {
  const otherKey = Buffer.alloc(32, 1);
  t.is(problemOf(encodeHeartbeat(heartbeat(), foreignPair, otherKey)), 'foreignPair');
  t.is(problemOf(encodeHeartbeat(heartbeat(), thePair, otherKey)), 'badKey');
});

test('another version is told apart before its length is judged', (t) => {
  const bytes = Buffer.from(encodeHeartbeat(heartbeat(), thePair, key));
  bytes.writeUInt16BE(2, 4);
  t.is(problemOf(bytes), 'version');
  t.is(problemOf(Buffer.concat([bytes, Buffer.alloc(40)])), 'version');
});

/** What an authentic sender with a fault could say: the bytes are changed before they are signed. */
function signedAfter(change: (bytes: Buffer) => void, value = heartbeat()): Buffer {
  const bytes = Buffer.from(encodeHeartbeat(value, thePair, key));
  change(bytes);
  createHmac('sha256', key).update(bytes.subarray(0, 236)).digest().copy(bytes, 236);
  return bytes;
}

const outOfRange: Readonly<Record<string, (bytes: Buffer) => void>> = {
  'a sequence number above 2^53 - 1': (bytes) => bytes.writeUInt8(0xff, 48),
  'an unknown state': (bytes) => bytes.writeUInt8(200, 92),
  'an unknown mode': (bytes) => bytes.writeUInt8(3, 93),
  'an unknown handed value': (bytes) => bytes.writeUInt8(3, 94),
  'an unknown grant': (bytes) => bytes.writeUInt8(3, 95),
  'an unknown flag': (bytes) => bytes.writeUInt8(0x80, 88),
  'an epoch above 2^53 - 1': (bytes) => bytes.writeUInt8(0xff, 96),
  'a switchover epoch that is absent but not zero': (bytes) => bytes.writeUInt8(1, 203),
  'an unknown arbiter': (bytes) => bytes.writeUInt8(4, 234),
  'padding that is not zero': (bytes) => bytes.writeUInt8(1, 235),
  'another length in the header': (bytes) => bytes.writeUInt16BE(267, 6),
};
for (const [claim, change] of Object.entries(outOfRange)) {
  test(`${claim} is malformed although the signature is right`, (t) => {
    t.is(problemOf(signedAfter(change)), 'malformed');
  });
}

test('parts of a record without a record are malformed although the signature is right', (t) => {
  t.is(problemOf(signedAfter((bytes) => bytes.writeUInt8(1, 93), silent)), 'malformed');
  t.is(problemOf(signedAfter((bytes) => bytes.writeUInt32BE(1 << 3, 88), silent)), 'malformed');
  t.is(problemOf(signedAfter((bytes) => bytes.writeUInt8(1, 120), silent)), 'malformed');
  t.is(problemOf(signedAfter(() => undefined, silent)), null);
});

test('a value that does not fit its field is never sent', (t) => {
  const misfits: readonly Partial<Heartbeat>[] = [
    { sender: 'A0'.repeat(16) },
    { sender: 'a0' },
    { seq: -1 },
    { seq: 1.5 },
    { standing: standing({ serviceMac: '02:00:00:00:0A:00' }) },
    { standing: standing({ database: { ...standing().database, systemId: '-1' } }) },
  ];
  for (const misfit of misfits) {
    t.throws(() => encodeHeartbeat(heartbeat(misfit), thePair, key), { instanceOf: RangeError });
  }
});

test('random datagrams are refused and never throw', (t) => {
  const rounds = Number(process.env['DATAGRAMS'] ?? 100_000);
  t.log(`seed ${seed}, ${rounds} datagrams`);
  const random = new Random(seed);
  const start = encodeHeartbeat(heartbeat(), thePair, key);
  let accepted = 0;
  for (let round = 0; round < rounds; round += 1) {
    const length = random.chance(0.5) ? heartbeatLength : random.below(400);
    const bytes = Buffer.alloc(length);
    for (let offset = 0; offset + 4 <= length; offset += 4)
      bytes.writeUInt32BE(random.uint32(), offset);
    start.copy(bytes, 0, 0, random.pick([0, 4, 6, 8, 24]));
    if (random.chance(0.3) && length === heartbeatLength) sign(bytes);
    if (decodeHeartbeat(bytes, thePair, key).ok) accepted += 1;
  }
  t.is(accepted, 0);
});

function sign(bytes: Buffer): void {
  createHmac('sha256', key).update(bytes.subarray(0, 236)).digest().copy(bytes, 236);
}
