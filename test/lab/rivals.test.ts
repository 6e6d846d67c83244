// What two writers' acknowledgements say about who could acknowledge.
import test from 'ava';
import type { BoxName } from './layout.ts';
import { rivalry, type MonitorAck } from './rivals.ts';

let row = 0;
function ack(box: BoxName, sentMs: number, atMs: number): MonitorAck {
  row += 1;
  return { box, row, sentMs, atMs };
}

test('V2: one box that acknowledges has no rival', (t) => {
  t.deepEqual(rivalry([ack('box-a', 0, 5), ack('box-a', 40, 400)]), { changes: 0, late: 0 });
});

test('V2: a takeover is one change, and a row that was refused meanwhile none', (t) => {
  const acks = [ack('box-a', 0, 5), ack('box-b', 300, 305), ack('box-b', 340, 345)];
  t.deepEqual(rivalry(acks), { changes: 1, late: 0 });
});

test('V2: two boxes that acknowledge in turn show as many changes', (t) => {
  const acks = [0, 40, 80].flatMap((sentMs) => [
    ack('box-a', sentMs, sentMs + 5),
    ack('box-b', sentMs + 10, sentMs + 15),
  ]);
  t.is(rivalry(acks).changes, 5);
});

test('V2: a commit that is acknowledged after the other box has begun is late', (t) => {
  const acks = [ack('box-b', 200, 205), ack('box-b', 240, 245), ack('box-a', 0, 300)];
  t.deepEqual(rivalry(acks), { changes: 0, late: 1 });
});

test('V2: what was read in one turn of the loop is no proof', (t) => {
  t.deepEqual(rivalry([ack('box-b', 200, 205), ack('box-a', 0, 206)]), { changes: 0, late: 0 });
});

test('V2: the order of the list does not matter', (t) => {
  const acks = [ack('box-b', 300, 305), ack('box-a', 0, 5)];
  t.deepEqual(rivalry(acks), { changes: 1, late: 0 });
});
