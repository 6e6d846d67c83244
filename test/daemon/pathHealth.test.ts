// What people are told of a path: silence, work, and flapping that is damped for longer and longer.
import test from 'ava';
import { PathHealth } from '../../src/daemon/pathHealth.ts';

/** Heard every 50 ms for so long. */
function hears(path: PathHealth, from: number, ms: number): number {
  for (let now = from; now < from + ms; now += 50) {
    path.heard(now);
    path.look(now);
  }
  return from + ms;
}

function waits(path: PathHealth, from: number, ms: number): number {
  for (let now = from; now <= from + ms; now += 50) path.look(now);
  return from + ms;
}

test('a path works from the first word on, and is silent when nothing came for its time', (t) => {
  const path = new PathHealth(1000, 0);
  t.is(path.state, 'silent');
  const end = hears(path, 500, 2000);
  t.like(path, { state: 'working', since: 500 });
  waits(path, end, 900);
  t.is(path.state, 'working');
  waits(path, end + 900, 200);
  t.is(path.state, 'silent');
});

test('a link without carrier is silent at once, and what was heard before says nothing of its return', (t) => {
  const path = new PathHealth(1000, 0);
  const end = hears(path, 0, 500);
  path.noteCarrier(false, end);
  path.look(end);
  t.is(path.state, 'silent');
  path.noteCarrier(true, end + 100);
  path.look(end + 100);
  t.is(path.state, 'silent');
  hears(path, end + 200, 100);
  t.is(path.state, 'working');
});

/** Comes and goes every 700 ms. */
function flaps(path: PathHealth, from: number, times: number): number {
  let now = from;
  for (let turn = 0; turn < times; turn += 1) {
    now = hears(path, now, 350);
    path.noteCarrier(false, now);
    now = waits(path, now, 350);
    path.noteCarrier(true, now);
  }
  return now;
}

test('a path that flaps is called that once, and believed only after it was quiet', (t) => {
  const path = new PathHealth(1000, 0);
  let now = flaps(path, 0, 3);
  t.is(path.state, 'flapping');
  const { since } = path;
  now = flaps(path, now, 80);
  t.like(path, { state: 'flapping', since, holdMs: 10_000 });
  now = hears(path, now, 9000);
  t.is(path.state, 'flapping');
  now = hears(path, now, 1100);
  t.is(path.state, 'working');
});

test('one that begins again is held longer each time, to a limit, and forgiven after long peace', (t) => {
  const path = new PathHealth(1000, 0);
  let now = 0;
  const holds: number[] = [];
  for (let turn = 0; turn < 7; turn += 1) {
    now = flaps(path, now, 4);
    holds.push(path.holdMs / 1000);
    now = hears(path, now, path.holdMs + 100);
    t.is(path.state, 'working');
  }
  t.deepEqual(holds, [10, 20, 40, 80, 160, 300, 300]);
  now = hears(path, now, 700_000);
  flaps(path, now, 4);
  t.is(path.holdMs, 10_000);
});

test('a path that ends its flapping in silence is silent', (t) => {
  const path = new PathHealth(1000, 0);
  const now = flaps(path, 0, 5);
  waits(path, now, 10_100);
  t.is(path.state, 'silent');
});

test('three outages in an hour are no flapping', (t) => {
  const path = new PathHealth(1000, 0);
  let now = 0;
  for (let turn = 0; turn < 6; turn += 1) now = waits(path, hears(path, now, 30_000), 2000);
  t.is(path.state, 'silent');
});
