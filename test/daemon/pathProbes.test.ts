// Questions about a path: what their answers and their silence say.
import test from 'ava';
import { PathProbes } from '../../src/daemon/pathProbes.ts';
import { encodePathProbe, largeProbeLength } from '../../src/protocol/pathProbe.ts';
import { Random } from '../simulator/random.ts';
import { boxA, boxB, thePair } from '../core/builders.ts';

const key = Buffer.alloc(32, 7);

type Passing = (datagram: Buffer, from: 'a' | 'b') => boolean;

const passesAll: Passing = () => true;

/** Two ends of a path that passes what it is told to. */
function aPath(asksLarge = true): {
  readonly a: PathProbes;
  readonly sent: Buffer[];
  readonly run: (ms: number, passes: Passing) => void;
} {
  const sent: Buffer[] = [];
  let now = 0;
  let passing: Passing = passesAll;
  const end = (self: string, from: 'a' | 'b'): PathProbes =>
    new PathProbes({
      self,
      pairId: thePair,
      keys: { sending: () => key, accepted: () => [key] },
      now: 0,
      asksLarge,
      send(datagram) {
        if (from === 'a') sent.push(datagram);
        const to = from === 'a' ? b : a;
        if (passing(datagram, from)) to.take(datagram, now);
        return true;
      },
    });
  const a: PathProbes = end(boxA, 'a');
  const b: PathProbes = end(boxB, 'b');
  return {
    a,
    sent,
    run(ms, passes) {
      passing = passes;
      for (const stop = now + ms; now < stop; now += 100) a.look(now, true);
    },
  };
}

test('a path that passes everything is asked every ten seconds, small and large', (t) => {
  const { a, sent, run } = aPath();
  run(60_000, () => true);
  t.is(sent.length, 12);
  t.is(sent.filter(({ length }) => length === largeProbeLength).length, 6);
  t.false(a.reachesNobody);
  t.false(a.passesOnlySmall);
  t.true(a.everAnswered);
});

test('a path that passes only small datagrams is found, and so is its recovery', (t) => {
  const { a, run } = aPath();
  run(30_000, () => true);
  run(25_000, ({ length }) => length < 600);
  t.true(a.passesOnlySmall);
  t.false(a.reachesNobody);
  run(1000, () => true);
  t.false(a.passesOnlySmall);
});

test('a path on which the peer is heard and not reached is found', (t) => {
  const { a, run } = aPath();
  run(15_000, () => true);
  run(25_000, (_datagram, from) => from === 'b');
  t.true(a.reachesNobody);
  t.false(a.passesOnlySmall);
  run(1100, () => true);
  t.false(a.reachesNobody);
});

test('a third lost each way is neither', (t) => {
  const { a, run } = aPath();
  const random = new Random(1);
  for (let second = 0; second < 600; second += 1) {
    run(1000, () => !random.chance(0.3));
    t.false(a.reachesNobody || a.passesOnlySmall);
  }
});

test('a serial path is asked small questions only', (t) => {
  const { sent, run } = aPath(false);
  run(25_000, () => true);
  t.is(sent.filter(({ length }) => length === largeProbeLength).length, 0);
  t.is(sent.length, 3);
});

test('an answer counts once, and only to the question that is open', (t) => {
  const { a, run } = aPath();
  const answers: Buffer[] = [];
  run(1000, (datagram, from) => {
    if (from === 'b') answers.push(Buffer.from(datagram));
    return true;
  });
  run(25_000, () => false);
  for (const answer of answers) a.take(answer, 30_000);
  t.true(a.reachesNobody, 'recordings answer nothing');
});

const question = (nonce: string): Buffer =>
  encodePathProbe({ sender: boxB, kind: 'question', nonce, length: 100 }, thePair, key);

test('a question that somebody recorded and plays again is answered once, and costs nobody an answer', (t) => {
  const sent: Buffer[] = [];
  const probes = new PathProbes({
    self: boxA,
    pairId: thePair,
    keys: { sending: () => key, accepted: () => [key] },
    now: 0,
    asksLarge: true,
    send: (datagram) => sent.push(datagram) > 0,
  });
  const recorded = question('00'.repeat(8));
  for (let times = 0; times < 500; times += 1) t.true(probes.take(recorded, times));
  t.is(sent.length, 1);
  probes.take(question('11'.repeat(8)), 501);
  t.is(sent.length, 2);
});

test('a peer whose agent is another one may not know the question: it is no one-way path', (t) => {
  const { a, run } = aPath();
  run(10_000, () => true);
  t.true(a.everAnswered);
  run(60_000, (_datagram, from) => from === 'b');
  t.true(a.reachesNobody);
  a.forgetAnswers();
  t.false(a.everAnswered || a.reachesNobody);
});
