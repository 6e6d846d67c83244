// How late heartbeats were.
import test from 'ava';
import { latenessOf } from './heartbeatLateness.ts';

test('a heartbeat is late by what it came after its interval, and one that came early is not late', (t) => {
  t.deepEqual(latenessOf([0, 50, 130, 170], 50), { heartbeats: 4, p999Ms: 30, latestMs: 30 });
});

test('one late heartbeat among two thousand is the latest and not the p99.9', (t) => {
  const instants = Array.from({ length: 2000 }, (_unused, index) => index * 50);
  const { p999Ms, latestMs } = latenessOf([...instants, 2000 * 50 + 90], 50);
  t.deepEqual([p999Ms, latestMs], [0, 90]);
});
