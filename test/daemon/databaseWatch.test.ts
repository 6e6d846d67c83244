// Looking at the database: never two looks at once, and no news from before a change.
import test from 'ava';
import { openDatabaseWatch } from '../../src/daemon/databaseWatch.ts';
import type { DatabaseObservation } from '../../src/core/events.ts';
import { until } from './until.ts';

const stopped: DatabaseObservation = {
  present: true,
  running: false,
  answering: false,
  inRecovery: null,
  systemId: null,
  timeline: null,
  lsn: null,
  receiving: false,
  standbyStreaming: false,
  standbyFlushLsn: null,
  synchronousSetting: false,
  admitted: false,
  rewindable: false,
  majorVersion: 15,
  problem: null,
};

test('looks follow each other and never overlap', async (t) => {
  let under = 0;
  let most = 0;
  const seen: DatabaseObservation[] = [];
  const watch = openDatabaseWatch({
    intervalMs: 1,
    async observe() {
      under += 1;
      most = Math.max(most, under);
      await new Promise((resolve) => setTimeout(resolve, 3));
      under -= 1;
      return stopped;
    },
    deliver: (observation) => seen.push(observation),
    failed: (error) => t.fail(String(error)),
  });
  t.teardown(() => watch.stop());
  await until('five looks are done', () => seen.length >= 5);
  t.is(most, 1);
});

test('a look that began before a change is dropped, and the next one begins at once', async (t) => {
  const looks: PromiseWithResolvers<DatabaseObservation>[] = [];
  const seen: DatabaseObservation[] = [];
  const watch = openDatabaseWatch({
    intervalMs: 60_000,
    observe() {
      const look = Promise.withResolvers<DatabaseObservation>();
      looks.push(look);
      return look.promise;
    },
    deliver: (observation) => seen.push(observation),
    failed: (error) => t.fail(String(error)),
  });
  t.teardown(() => watch.stop());
  watch.changed();
  t.is(looks.length, 1);
  watch.changed();
  looks[0]?.resolve(stopped);
  await until('the second look has begun', () => looks.length === 2);
  t.deepEqual(seen, []);
  looks[1]?.resolve({ ...stopped, running: true });
  await until('the second look is delivered', () => seen.length === 1);
  t.true(seen[0]?.running);
});

test('a look that fails is told of, and looking goes on', async (t) => {
  let looks = 0;
  const failures: unknown[] = [];
  const watch = openDatabaseWatch({
    intervalMs: 1,
    observe() {
      looks += 1;
      return looks === 1 ? Promise.reject(new Error('odd')) : Promise.resolve(stopped);
    },
    deliver: () => undefined,
    failed: (error) => failures.push(error),
  });
  t.teardown(() => watch.stop());
  await until('it has looked again', () => looks >= 3);
  t.is(failures.length, 1);
});

test('a shorter interval counts at once', async (t) => {
  const seen: DatabaseObservation[] = [];
  const watch = openDatabaseWatch({
    intervalMs: 600_000,
    observe: () => Promise.resolve(stopped),
    deliver: (observation) => seen.push(observation),
    failed: (error) => t.fail(String(error)),
  });
  t.teardown(() => watch.stop());
  watch.setInterval(1);
  await until('it has looked', () => seen.length > 0);
  t.pass();
});
