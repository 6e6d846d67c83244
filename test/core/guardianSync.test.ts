// When sets of files are copied and how far behind the copies are, and what a pull does with what it has seen.
import test from 'ava';
import { copyAges, initialSync, stepSync, syncSummary } from '../../src/core/guardian/sync.ts';
import type { PullEnd, SyncEvent, SyncState } from '../../src/core/guardian/sync.ts';
import { losses, planPull } from '../../src/core/guardian/syncPlan.ts';
import type { ListedFile, Listing } from '../../src/core/guardian/syncPlan.ts';

/** Feeds events one after the other; every effect with the time of its event, as `1000 pull prompts`. */
function run(events: readonly SyncEvent[], start = initialSync(sets)): [SyncState, string[]] {
  let state = start;
  const told: string[] = [];
  for (const event of events) {
    const next = stepSync(state, event);
    state = next.state;
    for (const { type, set } of next.effects) told.push(`${event.at} ${type} ${set}`);
  }
  return [state, told];
}

const sets = [{ name: 'prompts', intervalMs: 5_000 }];

function tick(at: number): SyncEvent {
  return { type: 'tick', at };
}

function ended(at: number, changes: Partial<PullEnd & { type: 'done' }> = {}): SyncEvent {
  const end = { ...nothingNew, wholeAt: at - 100, ...changes };
  return { type: 'pullEnded', at, set: 'prompts', end };
}

const nothingNew = {
  type: 'done',
  files: 0,
  bytes: 0,
  wholeAt: null,
  heldBack: 0,
  againMs: null,
  hasNoRoomToKeep: false,
} as const;

const standby: SyncEvent = { type: 'roleChanged', at: 1_000, role: 'standby' };

test('a standby copies at once, then at each interval, one copy at a time', (t) => {
  const [, told] = run([
    tick(0),
    standby,
    tick(2_000),
    tick(7_000),
    ended(7_100),
    tick(7_200),
    ended(7_300),
    tick(12_000),
    tick(12_100),
  ]);
  t.deepEqual(told, ['1000 pull prompts', '7100 pull prompts', '12100 pull prompts']);
});

test('a set whose files were seen for the first time is looked at again sooner', (t) => {
  const [, told] = run([standby, ended(1_200, { againMs: 2_000 }), tick(3_100), tick(3_200)]);
  t.deepEqual(told, ['1000 pull prompts', '3200 pull prompts']);
  const [, late] = run([standby, ended(5_900, { againMs: 2_000 }), tick(6_000)]);
  t.deepEqual(late, ['1000 pull prompts', '6000 pull prompts']);
});

test('a copy under way is cut off when the box is no standby any more, and none begins then', (t) => {
  for (const role of ['primary', 'none'] as const) {
    const cut: SyncEvent = {
      type: 'pullEnded',
      at: 2_050,
      set: 'prompts',
      end: { type: 'cancelled' },
    };
    const [state, told] = run([
      standby,
      { type: 'roleChanged', at: 2_000, role },
      cut,
      tick(9_000),
    ]);
    t.deepEqual(told, ['1000 pull prompts', '2000 cancelPull prompts']);
    t.is(syncSummary(state, 9_000)[0]?.lagMs, null);
    const [, again] = run([{ type: 'roleChanged', at: 9_500, role: 'standby' }], state);
    t.deepEqual(again, ['9500 pull prompts']);
  }
});

test('a box that is standby again while its cut copy still ends waits for that end', (t) => {
  const [, told] = run([
    standby,
    { type: 'roleChanged', at: 2_000, role: 'none' },
    { type: 'roleChanged', at: 2_010, role: 'standby' },
    tick(2_020),
    { type: 'pullEnded', at: 2_030, set: 'prompts', end: { type: 'cancelled' } },
  ]);
  t.deepEqual(told, ['1000 pull prompts', '2000 cancelPull prompts', '2030 pull prompts']);
});

test('the lag counts from the begin of the last whole copy, and before one from the begin of following', (t) => {
  const [never] = run([standby]);
  t.is(syncSummary(never, 4_000)[0]?.lagMs, 3_000);
  const [whole] = run([standby, ended(1_200, { files: 3, bytes: 30 })]);
  t.like(syncSummary(whole, 4_000)[0], {
    lagMs: 2_900,
    lastFiles: 3,
    lastBytes: 30,
    problem: null,
  });
  const failed = { type: 'failed', text: 'SYNC_FAILED: x' } as const;
  const [broken, told] = run(
    [
      tick(6_000),
      { type: 'pullEnded', at: 6_500, set: 'prompts', end: failed },
      tick(11_400),
      tick(11_500),
    ],
    whole,
  );
  t.deepEqual(told, ['6000 pull prompts', '11500 pull prompts']);
  t.like(syncSummary(broken, 12_000)[0], { lagMs: 10_900, problem: 'SYNC_FAILED: x' });
  t.deepEqual(copyAges(broken, 12_000), [{ name: 'prompts', ageMs: 10_900 }]);
});

test('ten intervals and a minute without a whole copy are trouble', (t) => {
  const [state] = run([standby, ended(1_100)]);
  t.false(syncSummary(state, 111_000)[0]?.isBehind);
  t.true(syncSummary(state, 111_001)[0]?.isBehind);
  const [primary] = run([{ type: 'roleChanged', at: 2_000, role: 'primary' }], state);
  t.like(syncSummary(primary, 999_999)[0], { state: 'source', isBehind: false, lagMs: null });
});

test('a copy that could only add does not make the set whole', (t) => {
  const [state] = run([standby, ended(1_200, { wholeAt: null, hasNoRoomToKeep: true })]);
  t.like(syncSummary(state, 5_000)[0], { lagMs: 4_000, hasNoRoomToKeep: true });
});

test('a primary that is back is asked again within ten seconds, however long the interval', (t) => {
  const [, told] = run(
    [
      standby,
      { type: 'pullEnded', at: 2_000, set: 'daily', end: { type: 'failed', text: 'x' } },
      tick(11_999),
      tick(12_000),
    ],
    initialSync([{ name: 'daily', intervalMs: 86_400_000 }]),
  );
  t.deepEqual(told, ['1000 pull daily', '12000 pull daily']);
});

function aListing(changes: Partial<Listing> = {}): Listing {
  return {
    files: [],
    extra: [],
    others: [],
    hasDirectories: false,
    replacedLinks: [],
    isCut: false,
    filesThere: 100,
    ...changes,
  };
}

function aFile(path: string, version = '1 x', isNew = true): ListedFile {
  return { path, size: 10, version, isNew };
}

const copied = { settleMs: 2_000, isCopy: true };

test('a file waits until it was seen unchanged for the time that it needs', (t) => {
  const look = (at: number, before: number | null, file: ListedFile, seen = new Map()) =>
    planPull(aListing({ files: [file] }), seen, { lookedAt: at, before }, copied);
  const first = look(1_000, null, aFile('a'));
  t.like(first, { copies: [], heldBack: ['a'], isNews: true, wholeAt: null });
  const changed = planPull(
    aListing({ files: [aFile('a', '2 y')] }),
    first.sightings,
    { lookedAt: 4_000, before: 1_000 },
    copied,
  );
  t.like(changed, { heldBack: ['a'], isNews: false, wholeAt: 1_000 });
  const early = planPull(
    aListing({ files: [aFile('a', '2 y')] }),
    changed.sightings,
    { lookedAt: 5_000, before: 4_000 },
    copied,
  );
  t.like(early, { heldBack: ['a'], wholeAt: 1_000 });
  const settled = planPull(
    aListing({ files: [aFile('a', '2 y')] }),
    early.sightings,
    { lookedAt: 6_000, before: 5_000 },
    copied,
  );
  t.like(settled, { copies: ['a'], heldBack: [], wholeAt: 6_000, bytes: 10 });
});

test('what is lost is put aside where the files are no pure copy, or where more than half would go', (t) => {
  const times = { lookedAt: 9_000, before: 4_000 };
  const plan = (listing: Listing, isCopy: boolean) =>
    planPull(listing, new Map(), times, { settleMs: 0, isCopy });
  const some = aListing({ extra: ['a', 'b'], filesThere: 2 });
  t.like(plan(some, true), { keeps: false, mostRemoved: 2 });
  t.true(plan(some, false).keeps);
  t.true(plan(aListing({ extra: ['a', 'b', 'c'], filesThere: 2 }), true).keeps);
  t.true(plan(aListing({ extra: ['a'], filesThere: 0 }), true).keeps);
  // A new file there is none of those that are here.
  t.true(plan(aListing({ extra: ['a'], files: [aFile('n')], filesThere: 1 }), true).keeps);
  t.is(plan(aListing({ extra: ['a'], filesThere: 1_000 }), true).mostRemoved, 101);
});

test('lost are files and links that go or are replaced, not directories and not new files', (t) => {
  const listing = aListing({
    extra: ['gone', 'folder/'],
    files: [aFile('new'), aFile('changed', '1 x', false)],
    replacedLinks: ['link'],
  });
  t.deepEqual(losses(listing), ['gone', 'changed', 'link']);
});

test('a large copy brings its files into their places one by one', (t) => {
  const times = { lookedAt: 9_000, before: null };
  const plan = (files: readonly ListedFile[]) =>
    planPull(aListing({ files }), new Map(), times, { settleMs: 0, isCopy: true });
  t.true(plan([aFile('a')]).together);
  t.false(plan([{ ...aFile('a'), size: 2 ** 30 }]).together);
  t.false(plan(Array.from({ length: 5_001 }, (_, index) => aFile(`${index}`))).together);
});
