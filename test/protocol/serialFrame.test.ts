// Frames of a serial line: whole datagrams come out of any pieces and through any noise, and never more than was sent.
import test from 'ava';
import { serialFrameBytes } from '../../src/config/serialTimes.ts';
import { heartbeatLength } from '../../src/protocol/heartbeat.ts';
import {
  encodeSerialFrame,
  longestSerialDatagram,
  SerialFrameReader,
} from '../../src/protocol/serialFrame.ts';
import { Random } from '../simulator/random.ts';

function reader(): { readonly line: SerialFrameReader; readonly heard: Buffer[] } {
  const heard: Buffer[] = [];
  return { heard, line: new SerialFrameReader((datagram) => heard.push(Buffer.from(datagram))) };
}

/** Bytes of which many are zero, or none. */
function drawn(random: Random, length: number): Buffer {
  const zeros = random.pick([0, 0.02, 0.5, 1]);
  return Buffer.from(
    Array.from({ length }, () => (random.chance(zeros) ? 0 : 1 + random.below(255))),
  );
}

test('what is framed is read again, whatever its bytes and its length', (t) => {
  const random = new Random(1);
  const lengths = [1, 2, 249, 250, 251, 252, 253, 254, 255, 268, 503, 504, 505, 508, 509, 512];
  for (let round = 0; round < 400; round += 1) {
    const datagram = drawn(random, random.pick(lengths));
    const frame = encodeSerialFrame(datagram);
    t.is(frame.subarray(1, -1).indexOf(0), -1, 'a zero is a boundary only');
    t.is(frame[0], 0);
    t.is(frame.at(-1), 0);
    const { line, heard } = reader();
    line.push(frame);
    t.deepEqual(heard, [datagram]);
  }
});

test('a heartbeat in its frame is as long as the times of the configuration assume', (t) => {
  const random = new Random(2);
  for (let round = 0; round < 50; round += 1)
    t.true(encodeSerialFrame(drawn(random, heartbeatLength)).length <= serialFrameBytes);
  t.is(encodeSerialFrame(Buffer.alloc(heartbeatLength, 1)).length, serialFrameBytes);
});

test('frames come out of pieces of any length', (t) => {
  const random = new Random(3);
  const datagrams = Array.from({ length: 50 }, () => drawn(random, 1 + random.below(300)));
  const stream = Buffer.concat(datagrams.map(encodeSerialFrame));
  const { line, heard } = reader();
  for (let at = 0; at < stream.length;) {
    const end = at + 1 + random.below(40);
    line.push(stream.subarray(at, end));
    at = end;
  }
  t.deepEqual(heard, datagrams);
  t.deepEqual(line.faults, { damaged: 0, overlong: 0 });
});

test('after noise of any kind the next frame is read, and no noise passes for a datagram', (t) => {
  const random = new Random(4);
  const { line, heard } = reader();
  const sent: Buffer[] = [];
  for (let round = 0; round < 500; round += 1) {
    const datagram = drawn(random, 1 + random.below(300));
    const noise = Buffer.from(
      Array.from({ length: random.below(random.pick([3, 60, 2000])) }, () => random.below(256)),
    );
    const broken = encodeSerialFrame(datagram);
    const at = 1 + random.below(broken.length - 2);
    broken.writeUInt8(broken.readUInt8(at) ^ (1 << random.below(8)), at);
    line.push(Buffer.concat([random.chance(0.5) ? broken : noise, encodeSerialFrame(datagram)]));
    sent.push(datagram);
  }
  t.deepEqual(heard, sent);
  t.true(line.faults.damaged > 100);
  t.true(line.faults.overlong > 10);
});

test('a frame that was cut is lost alone', (t) => {
  const { line, heard } = reader();
  const [first, second] = [Buffer.alloc(20, 1), Buffer.alloc(20, 2)];
  line.push(encodeSerialFrame(first).subarray(0, 12));
  line.push(encodeSerialFrame(second));
  t.deepEqual(heard, [second]);
});

test('a line that was opened anew begins without the rest of before', (t) => {
  const { line, heard } = reader();
  line.push(encodeSerialFrame(Buffer.alloc(20, 1)).subarray(0, 12));
  line.reset();
  line.push(encodeSerialFrame(Buffer.alloc(20, 2)));
  t.is(heard.length, 1);
  t.is(line.faults.damaged, 0);
});

test('what does not fit is refused before it is sent', (t) => {
  t.throws(() => encodeSerialFrame(Buffer.alloc(longestSerialDatagram + 1)), {
    instanceOf: RangeError,
  });
  t.throws(() => encodeSerialFrame(Buffer.alloc(0)), { instanceOf: RangeError });
});
