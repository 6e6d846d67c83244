// What is done with datagrams: bad ones are counted and never obeyed, good ones are figures and an event.
import test from 'ava';
import { openHeartbeatPaths } from '../../src/daemon/heartbeatPaths.ts';
import type {
  HeartbeatPaths,
  PathName,
  PathStatistics,
  RefusedByPath,
} from '../../src/daemon/heartbeatPaths.ts';
import type { Happening } from '../../src/daemon/mailbox.ts';
import { encodeHeartbeat } from '../../src/protocol/heartbeat.ts';
import { monotonicMs } from '../../src/kernel/clock.ts';
import { encodePathProbe, largeProbeLength } from '../../src/protocol/pathProbe.ts';
import { boxA, boxB, heartbeat, thePair } from '../core/builders.ts';
import { until } from './until.ts';
import { aLog } from './aLog.ts';

const key = Buffer.alloc(32, 7);
const otherKey = Buffer.alloc(32, 8);

type Cable = {
  readonly paths: HeartbeatPaths;
  readonly events: Happening[];
  readonly sent: Buffer[];
  readonly receive: (datagram: Buffer, atMs?: number) => void;
  readonly figures: () => PathStatistics;
  takes: boolean;
  dropped: RefusedByPath;
};

/** Box A with one path whose other end is in the hands of the test. */
function aCable(t: { teardown(end: () => void): void }, name: PathName = 'eth1'): Cable {
  const events: Happening[] = [];
  const sent: Buffer[] = [];
  const { log } = aLog();
  const paths = openHeartbeatPaths({
    self: boxA,
    pairId: thePair,
    keys: { sending: () => key, accepted: () => [key], take: () => false },
    takePage: () => false,
    log,
    deliver: (event) => events.push(event),
  });
  const takers: ((datagram: Buffer, atMs: number) => void)[] = [];
  paths.add({ name, device: name, silenceMs: 1000 }, (taker) => {
    takers.push(taker);
    return {
      send(datagram) {
        if (cable.takes) sent.push(datagram);
        return cable.takes;
      },
      counts: () => cable.dropped,
      close: () => undefined,
    };
  });
  t.teardown(() => paths.close());
  const figures = (): PathStatistics => {
    const [first] = paths.statistics();
    if (first === undefined) throw new Error('the path is not there');
    return first;
  };
  const cable: Cable = {
    paths,
    events,
    sent,
    figures,
    takes: true,
    dropped: { foreign: 0, tooLong: 0 },
    receive: (datagram, atMs = 0) => takers[0]?.(datagram, atMs),
  };
  return cable;
}

function ofPeer(seq: number, change: Partial<Parameters<typeof encodeHeartbeat>[0]> = {}): Buffer {
  return encodeHeartbeat(heartbeat({ sender: boxB, seq, ...change }), thePair, key);
}

test('an authentic heartbeat of the peer is an event with its path', (t) => {
  const cable = aCable(t);
  cable.receive(ofPeer(5));
  t.like(cable.events, [
    { type: 'heartbeatReceived', path: 'eth1', heartbeat: { sender: boxB, seq: 5 } },
  ]);
  t.is(cable.figures().received, 1);
});

const signed = ofPeer(5);
const flipped = Buffer.from(signed);
flipped.writeUInt8(flipped.readUInt8(100) ^ 1, 100);
const garbage = {
  truncated: signed.subarray(0, 40),
  badKey: encodeHeartbeat(heartbeat({ sender: boxB }), thePair, otherKey),
  foreignPair: encodeHeartbeat(heartbeat({ sender: boxB }), 'f'.repeat(32), key),
} as const;

for (const [kind, datagram] of Object.entries(garbage)) {
  test(`a datagram that is ${kind} is counted as that and never obeyed`, (t) => {
    const cable = aCable(t);
    cable.receive(datagram);
    t.deepEqual(cable.events, [{ type: 'garbageReceived', path: 'eth1' }]);
    t.is(cable.figures().garbage[kind as keyof typeof garbage], 1);
    t.is(cable.figures().received, 0);
  });
}

test('a datagram with one bit changed is never obeyed', (t) => {
  const cable = aCable(t);
  cable.receive(flipped);
  t.deepEqual(cable.events, [{ type: 'garbageReceived', path: 'eth1' }]);
});

test('an own datagram that came back through a looped cable is counted and is no event', (t) => {
  const cable = aCable(t);
  cable.receive(encodeHeartbeat(heartbeat({ sender: boxA }), thePair, key));
  t.deepEqual(cable.events, []);
  t.is(cable.figures().looped, 1);
});

test('gaps of the sequence count as lost, repeated numbers as repeated', (t) => {
  const cable = aCable(t);
  for (const seq of [1, 2, 5, 5, 4, 6]) cable.receive(ofPeer(seq));
  t.like(cable.figures(), { received: 4, lost: 2, repeated: 2 });
});

test('what was played before is counted and is no event, whoever of the last speakers it is from', (t) => {
  const cable = aCable(t);
  const before = ofPeer(900);
  cable.receive(before);
  cable.receive(ofPeer(1, { agentStart: 'c1c2c3c4c5c6c7c8' }));
  const heard = cable.events.length;
  cable.receive(before);
  t.is(cable.events.length, heard);
  t.like(cable.figures(), { received: 2, repeated: 1 });
});

test('a flood of garbage is an event once in 100 ms, and counted to the last', (t) => {
  const cable = aCable(t);
  for (let atMs = 0; atMs < 1000; atMs += 1) cable.receive(flipped, atMs);
  t.is(cable.events.length, 10);
  t.is(cable.figures().garbage.badKey, 1000);
});

test('what the path itself dropped is told with its figures', (t) => {
  const cable = aCable(t);
  t.like(cable.figures(), { foreign: 0, tooLong: 0 });
  cable.dropped = { foreign: 3, tooLong: 2 };
  t.like(cable.figures(), { foreign: 3, tooLong: 2 });
});

test('a new start of the peer begins a new sequence without any loss', (t) => {
  const cable = aCable(t);
  cable.receive(ofPeer(900));
  cable.receive(ofPeer(1, { agentStart: 'c1c2c3c4c5c6c7c8' }));
  t.like(cable.figures(), { received: 2, lost: 0, repeated: 0 });
});

test('jitter is zero for an even rhythm and grows with an uneven one', (t) => {
  const cable = aCable(t);
  for (let seq = 1; seq < 50; seq += 1) cable.receive(ofPeer(seq), seq * 50);
  const even = cable.figures().jitterMs;
  for (let seq = 50; seq < 100; seq += 1) cable.receive(ofPeer(seq), seq * 50 + (seq % 2) * 30);
  t.true(even < 4);
  t.true(cable.figures().jitterMs > 20);
  t.is(cable.figures().lastReceivedAt, 99 * 50 + 30);
});

test('what the path does not take is counted as not sent', (t) => {
  const cable = aCable(t);
  cable.paths.send(heartbeat({ sender: boxA }));
  cable.takes = false;
  cable.paths.send(heartbeat({ sender: boxA }));
  t.is(cable.sent.length, 1);
  t.like(cable.figures(), { sent: 1, sendFailed: 1 });
});

/** Adds another path to the same agent and gives what takes its datagrams. */
function second(cable: Cable, name: PathName): { receive(datagram: Buffer): void; sent: Buffer[] } {
  const sent: Buffer[] = [];
  let take: ((datagram: Buffer, atMs: number) => void) | null = null;
  cable.paths.add({ name, device: name, silenceMs: 1000 }, (taker) => {
    take = taker;
    return { send: (datagram) => sent.push(datagram) > 0, close: () => undefined };
  });
  return { sent, receive: (datagram) => take?.(Buffer.from(datagram), monotonicMs()) };
}

const figuresOf = (cable: Cable, name: PathName): PathStatistics => {
  const found = cable.paths.statistics().find((path) => path.name === name);
  if (found === undefined) throw new Error(`no path ${name}`);
  return found;
};

test('the same heartbeat over a second path is counted there and told once', (t) => {
  const cable = aCable(t);
  const lan = second(cable, 'lan');
  cable.receive(ofPeer(1));
  lan.receive(ofPeer(1));
  lan.receive(ofPeer(2));
  cable.receive(ofPeer(2));
  t.deepEqual(
    cable.events.map((event) => ('path' in event ? event.path : '')),
    ['eth1', 'lan', 'eth1'],
    'over the cable a copy says that the cable carries',
  );
  t.is(figuresOf(cable, 'lan').received, 2);
  t.is(figuresOf(cable, 'eth1').received, 2);
});

test('a copy with one bit changed is no copy', (t) => {
  const cable = aCable(t);
  const lan = second(cable, 'lan');
  cable.receive(ofPeer(5));
  lan.receive(flipped);
  t.is(figuresOf(cable, 'lan').garbage.badKey, 1);
  t.is(figuresOf(cable, 'lan').received, 0);
});

test('recordings of earlier starts are heard once each and never again', (t) => {
  const cable = aCable(t);
  const old = [1, 2, 3].map((seq) => ofPeer(seq, { agentStart: 'c1c2c3c4c5c6c7c8' }));
  for (const datagram of old) cable.receive(datagram);
  cable.receive(ofPeer(1));
  for (let round = 0; round < 100; round += 1) for (const datagram of old) cable.receive(datagram);
  cable.receive(ofPeer(2));
  t.is(cable.events.length, 5);
  t.like(cable.figures(), { repeated: 300, received: 5 });
});

test('a forger who names the true peer and a number far ahead changes nothing for the true one', (t) => {
  const cable = aCable(t);
  cable.receive(ofPeer(1));
  const forged = encodeHeartbeat(heartbeat({ sender: boxB, seq: 1_000_000 }), thePair, otherKey);
  for (let round = 0; round < 100; round += 1) cable.receive(forged);
  cable.receive(ofPeer(2));
  t.is(cable.events.filter(({ type }) => type === 'heartbeatReceived').length, 2);
  t.is(
    cable.events.filter(({ type }) => type === 'garbageReceived').length,
    1,
    'news, not a flood',
  );
});

test('what cannot be read on the LAN is counted and is no news: anybody can speak there', (t) => {
  const cable = aCable(t, 'lan');
  cable.receive(garbage.badKey);
  cable.receive(garbage.foreignPair);
  t.deepEqual(cable.events, []);
  t.like(cable.figures().garbage, { badKey: 1, foreignPair: 1 });
});

test('a question of the peer is answered over the path it came by, and is no heartbeat', (t) => {
  const cable = aCable(t);
  const lan = second(cable, 'lan');
  const probe = { sender: boxB, nonce: '00'.repeat(8), length: largeProbeLength };
  const question = encodePathProbe({ ...probe, kind: 'question' }, thePair, key);
  lan.receive(question);
  const answer = { ...probe, sender: boxA, kind: 'answer' } as const;
  t.deepEqual(lan.sent, [encodePathProbe(answer, thePair, key)]);
  t.deepEqual([cable.sent.length, cable.events.length], [0, 0]);
  for (let round = 0; round < 50; round += 1) lan.receive(question);
  t.true(lan.sent.length <= 8, 'repeated questions cost little');
});

test('a path that is silent beside one that works is an alarm, and no more when it works again', async (t) => {
  const cable = aCable(t);
  const serial = second(cable, 'serial');
  let seq = 0;
  const beat = setInterval(() => {
    seq += 1;
    cable.receive(ofPeer(seq), monotonicMs());
  }, 20);
  t.teardown(() => clearInterval(beat));
  await until('the alarm', () => figuresOf(cable, 'serial').alarms.includes('pathSilent'));
  t.is(figuresOf(cable, 'eth1').state, 'working');
  t.deepEqual(figuresOf(cable, 'eth1').alarms, []);
  serial.receive(ofPeer(seq + 1));
  await until('its end', () => figuresOf(cable, 'serial').alarms.length === 0);
});

test('a path is called silent also beside one that is called flapping and is heard', async (t) => {
  const cable = aCable(t);
  second(cable, 'serial');
  let seq = 0;
  const beat = setInterval(() => {
    seq += 1;
    cable.receive(ofPeer(seq), monotonicMs());
    // Its link comes and goes at first.
    if (seq <= 12) cable.paths.noteCarrier('eth1', seq % 2 === 0);
  }, 20);
  t.teardown(() => clearInterval(beat));
  await until('eth1 flaps', () => figuresOf(cable, 'eth1').state === 'flapping');
  await until('the alarm', () => figuresOf(cable, 'serial').alarms.includes('pathSilent'));
  t.deepEqual(figuresOf(cable, 'eth1').alarms, ['pathFlapping']);
});

test('a flood on the LAN costs so many signatures in a moment, and the true peer is heard after it', (t) => {
  const cable = aCable(t, 'lan');
  const forged = encodeHeartbeat(heartbeat({ sender: boxB, seq: 1_000_000 }), thePair, otherKey);
  const beganAt = monotonicMs() + 1000;
  for (let index = 0; index < 5000; index += 1) cable.receive(forged, beganAt);
  cable.receive(ofPeer(1), beganAt + 50);
  t.is(cable.events.length, 0, 'within that moment nothing more is looked at');
  cable.receive(ofPeer(2), beganAt + 150);
  t.is(cable.events.length, 1);
  t.is(cable.figures().garbage.badKey, 5001);
});

test('recorded questions do not make a silent path a working one', async (t) => {
  const cable = aCable(t);
  const lan = second(cable, 'lan');
  const probe = { sender: boxB, nonce: '00'.repeat(8), length: largeProbeLength };
  lan.receive(encodePathProbe({ ...probe, kind: 'question' }, thePair, key));
  cable.receive(ofPeer(1), monotonicMs());
  await until('the paths were looked at', () => figuresOf(cable, 'eth1').state === 'working');
  t.is(figuresOf(cable, 'lan').state, 'silent');
});
