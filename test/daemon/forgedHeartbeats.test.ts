// Forged datagrams as somebody without the key could send them, in large numbers, between true heartbeats: only the true ones
// are believed. More of them: DATAGRAMS=1000000, and SEED for the same ones again.
import test from 'ava';
import { openHeartbeatPaths } from '../../src/daemon/heartbeatPaths.ts';
import type { Happening } from '../../src/daemon/mailbox.ts';
import { encodeHeartbeat, speakerOf } from '../../src/protocol/heartbeat.ts';
import { decodeKeyStatement } from '../../src/protocol/keyStatement.ts';
import { boxA, boxB, heartbeat, thePair } from '../core/builders.ts';
import { drawForgery } from '../lab/forgeries.ts';
import { mulberry32 } from '../lab/random.ts';
import { aLog } from './aLog.ts';

const key = Buffer.alloc(32, 7);
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const datagrams = Number(process.env['DATAGRAMS'] ?? 50_000);
/** One true heartbeat among so many forged ones. */
const trueOneIn = 500;
/** What the program may hold more at the end; a million datagrams are some 600 MB. */
const mostGrowthBytes = 64 << 20;

test('of forged datagrams none is believed, all are counted, and every true one is', (t) => {
  t.log(`seed ${seed}, ${datagrams} datagrams`);
  const random = mulberry32(seed);
  const heard: Happening[] = [];
  let garbageNews = 0;
  let take: (datagram: Buffer, receivedAtMs: number) => void = () => t.fail('no path');
  const paths = openHeartbeatPaths({
    self: boxA,
    pairId: thePair,
    keys: {
      sending: () => key,
      accepted: () => [key],
      take: (bytes) => decodeKeyStatement(bytes, thePair, [key]) !== null,
    },
    takePage: () => false,
    log: aLog().log,
    deliver: (event) => {
      if (event.type === 'garbageReceived') garbageNews += 1;
      else heard.push(event);
    },
  });
  t.teardown(() => paths.close());
  paths.add({ name: 'eth1', device: 'eth1', silenceMs: 1000 }, (taker) => {
    take = taker;
    return { send: () => true, close: () => undefined };
  });
  let seq = 1;
  take(said(boxB, seq), 0);
  const recordings = {
    ofPeer: [said(boxB, seq)],
    ofVictim: [said(boxA, 1), said(boxA, 2)],
  };
  const begin = memory();
  for (let index = 1; index <= datagrams; index += 1) {
    const nowMs = index / 10;
    if (index % trueOneIn === 0) {
      seq += 1;
      const bytes = said(boxB, seq);
      take(bytes, nowMs);
      recordings.ofPeer = [...recordings.ofPeer.slice(-9), bytes];
    } else {
      take(drawForgery(random, recordings).bytes, nowMs);
    }
  }
  const [figures] = paths.statistics();
  t.deepEqual(
    heard.map((event) => (event.type === 'heartbeatReceived' ? event.heartbeat.seq : event)),
    Array.from({ length: seq }, (_unused, index) => index + 1),
  );
  const { received, lost, repeated, looped, garbage } = figures ?? t.fail('no figures');
  t.log({ received, lost, repeated, looped, ...garbage, garbageNews });
  t.is(received, seq);
  t.is(lost, 0);
  const dropped = Object.values(garbage).reduce((sum, count) => sum + count, repeated + looped);
  t.is(dropped + received, datagrams + 1);
  for (const [reason, count] of Object.entries(garbage)) t.true(count > 0, reason);
  t.true(garbageNews <= datagrams / 1000 + 1, `${garbageNews} news of garbage`);
  t.true(memory() - begin < mostGrowthBytes, `${memory() - begin} bytes more`);
});

test('a datagram of any length has a speaker only if it could be a heartbeat', (t) => {
  const whole = encodeHeartbeat(heartbeat({ sender: boxB, seq: 2 ** 40 }), thePair, key);
  for (let length = 0; length < whole.length; length += 1)
    t.is(speakerOf(whole.subarray(0, length)), null);
  t.is(speakerOf(whole)?.seq, 2 ** 40);
});

function said(sender: string, seq: number): Buffer {
  return encodeHeartbeat(heartbeat({ sender, seq }), thePair, key);
}

/** What is in use, garbage that was not collected yet included. */
function memory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
