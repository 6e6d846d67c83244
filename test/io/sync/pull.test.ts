// Pulls between two directories through a real daemon of rsync: what arrives, what never does, and what is never lost.
import {
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  mkdirSync,
  appendFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { PullEnd } from '../../../src/core/guardian/sync.ts';
import { until } from '../../kernel/until.ts';
import { aSite, contentOf, modeOf, never, rightSecret, setMode } from './aSite.ts';

type Done = PullEnd & { readonly type: 'done' };

function done(t: ExecutionContext, end: PullEnd): Done {
  if (end.type !== 'done') throw new Error(JSON.stringify(end));
  t.false(end.hasNoRoomToKeep);
  return end;
}

const megabyte = 1024 * 1024;

test('files, links, modes, owners and times arrive, and what is removed there goes here', async (t) => {
  const site = await aSite(t);
  site.write('hello.wav', 'hello');
  site.write('en/a *?[b]\\c\n\u00e9 "x".wav', 'odd');
  symlinkSync('hello.wav', join(site.there, 'default.wav'));
  symlinkSync('/etc/hostname', join(site.there, 'elsewhere'));
  setMode(join(site.there, 'hello.wav'), 0o640);
  chownSync(join(site.there, 'hello.wav'), 1, 2);
  utimesSync(join(site.there, 'hello.wav'), 1_000_000, 1_000_000);
  await site.serve();
  const first = done(t, await site.pull());
  t.is(first.files, 2);
  t.is(first.bytes, 8);
  t.deepEqual(contentOf(site.here), contentOf(site.there));
  const { uid, gid, mtimeMs } = lstatSync(join(site.here, 'hello.wav'));
  t.deepEqual([uid, gid, mtimeMs], [1, 2, 1_000_000_000]);
  t.is(modeOf(join(site.here, 'hello.wav')), '640');

  rmSync(join(site.there, 'en'), { recursive: true });
  site.write('hello.wav', 'hello again');
  done(t, await site.pull());
  t.deepEqual(Object.keys(contentOf(site.here)).toSorted(), [
    'default.wav',
    'elsewhere',
    'hello.wav',
  ]);
  t.is(contentOf(site.here)['hello.wav'], 'hello again');
  const rest = done(t, await site.pull());
  t.is(rest.files, 0);
  t.not(rest.wholeAt, null);
});

test('with nothing new a pull changes nothing on the disk', async (t) => {
  const site = await aSite(t);
  site.write('a/b', 'x');
  await site.serve();
  done(t, await site.pull());
  const before = [site.here, join(site.here, 'a'), join(site.state, 'sync')].map(changedAt);
  for (let pull = 0; pull < 3; pull += 1) t.is(done(t, await site.pull()).files, 0);
  t.deepEqual([site.here, join(site.here, 'a'), join(site.state, 'sync')].map(changedAt), before);
});

function changedAt(path: string): number {
  return lstatSync(path).ctimeMs;
}

test('a pull that is cut off leaves no half file, also not beside its place once it is tidied', async (t) => {
  const site = await aSite(t, { rateKilobytes: 2 * 1024 });
  site.write('big.wav', 'old');
  site.write('small.wav', 'old');
  await site.serve();
  done(t, await site.pull());
  site.write('big.wav', Buffer.alloc(8 * megabyte, 'n'));
  site.write('small.wav', 'new');
  const stop = new AbortController();
  const pulled = site.pull(stop.signal);
  await until('some of it has arrived', () => temporaryBytes(site.here) > 100_000);
  const cutAt = performance.now();
  stop.abort();
  t.deepEqual(await pulled, { type: 'cancelled' });
  t.true(performance.now() - cutAt < 500);
  const { 'big.wav': big, 'small.wav': small } = contentOf(site.here);
  t.deepEqual([big, small], ['old', 'old']);
  await site.puller.tidy();
  t.deepEqual(Object.keys(contentOf(site.here)).toSorted(), ['big.wav', 'small.wav']);
  t.deepEqual(leftovers(site.here), []);
});

function temporaryBytes(here: string): number {
  const folder = join(here, '.hotpair-temp');
  if (!existsSync(folder)) return 0;
  return readdirSync(folder)
    .map((name) => lstatSync(join(folder, name)).size)
    .reduce((sum, size) => sum + size, 0);
}

function leftovers(here: string): readonly string[] {
  return readdirSync(here, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.includes('.hotpair-partial') || path.includes('.hotpair-temp/'),
  );
}

test('a pull that was cut off is made up for by the next one, which leaves nothing lying about', async (t) => {
  const site = await aSite(t, { rateKilobytes: 4 * 1024 });
  site.write('a/one.wav', Buffer.alloc(megabyte, '1'));
  site.write('b/two.wav', Buffer.alloc(4 * megabyte, '2'));
  await site.serve();
  const stop = new AbortController();
  const pulled = site.pull(stop.signal);
  await until('the first one waits', () =>
    existsSync(join(site.here, 'a/.hotpair-partial/one.wav')),
  );
  stop.abort();
  t.is((await pulled).type, 'cancelled');
  rmSync(join(site.there, 'a'), { recursive: true });
  done(t, await site.pull());
  done(t, await site.pull());
  t.deepEqual(contentOf(site.here), contentOf(site.there));
  t.deepEqual(leftovers(site.here), []);
});

test('a file that is still being written waits, and comes when it is complete', async (t) => {
  const site = await aSite(t, { settleMs: 150 });
  site.write('done.wav', 'complete');
  site.write('call.wav', 'beginning');
  await site.serve();
  const first = done(t, await site.pull());
  t.deepEqual([first.files, first.heldBack, first.wholeAt, first.againMs], [0, 2, null, 150]);
  appendFileSync(join(site.there, 'call.wav'), ' more');
  await until('it counts as complete', elapsed(160));
  const second = done(t, await site.pull());
  t.deepEqual([second.files, second.heldBack, second.againMs], [1, 1, null]);
  t.deepEqual(contentOf(site.here), { 'done.wav': 'complete' });
  t.not(second.wholeAt, null);
  await until('it counts as complete', elapsed(160));
  const third = done(t, await site.pull());
  t.deepEqual([third.files, third.heldBack], [1, 0]);
  t.true((third.wholeAt ?? 0) > (second.wholeAt ?? 0));
  t.deepEqual(contentOf(site.here), contentOf(site.there));
});

function elapsed(ms: number): () => boolean {
  const end = performance.now() + ms;
  return () => performance.now() > end;
}

test('what appears while a copy is prepared is not copied half-written', async (t) => {
  const site = await aSite(t, { settleMs: 100 });
  site.write('ready.wav', 'whole');
  await site.serve();
  t.is(done(t, await site.pull()).heldBack, 1);
  await until('it counts as complete', elapsed(110));
  let isPulling = true;
  let calls = 0;
  const writing = async (): Promise<void> => {
    while (isPulling) {
      site.write(`call-${(calls += 1)}.wav`, 'half wri');
      await nextTurn();
    }
  };
  const written = writing();
  const { files } = done(t, await site.pull());
  isPulling = false;
  await written;
  t.true(calls > 10);
  t.is(files, 1);
  t.deepEqual(contentOf(site.here), { 'ready.wav': 'whole' });
});

test('names that mean something to rsync, and a directory that has become a file', async (t) => {
  const site = await aSite(t);
  const names = [
    '#a',
    ';b',
    '-c',
    ' d ',
    '\\#012',
    './e'.slice(2),
    '[f]',
    '* ?',
    'g -> h',
    '\u00e9',
  ];
  for (const name of names) site.write(name, name);
  mkdirSync(join(site.there, 'empty'));
  site.write('turns', 'a file now');
  mkdirSync(join(site.here, 'turns/deep'), { recursive: true });
  writeFileSync(join(site.here, 'turns/deep/own'), 'only here');
  await site.serve();
  done(t, await site.pull());
  t.deepEqual(contentOf(site.here), contentOf(site.there));
  t.true(lstatSync(join(site.here, 'empty')).isDirectory());
  t.deepEqual(contentOf(site.told[0]?.folder ?? ''), { 'turns/deep/own': 'only here' });
  t.is(done(t, await site.pull()).files, 0);
});

test('a file that waits keeps its former content here, and is not removed', async (t) => {
  const site = await aSite(t, { settleMs: 150 });
  site.write('odd [1]*\n\u00e9.cfg', 'old');
  await site.serve();
  done(t, await site.pull());
  await until('it counts as complete', elapsed(160));
  t.is(done(t, await site.pull()).files, 1);
  site.write('odd [1]*\n\u00e9.cfg', 'half wri');
  site.write('other.cfg', 'new');
  rmSync(join(site.there, 'other.cfg'));
  t.is(done(t, await site.pull()).heldBack, 1);
  t.deepEqual(contentOf(site.here), { 'odd [1]*\n\u00e9.cfg': 'old' });
});

test('a file that changes while it is copied is copied again until it is as there', async (t) => {
  const site = await aSite(t, { rateKilobytes: 4 * 1024 });
  site.write('log.wav', Buffer.alloc(2 * megabyte, 'a'));
  await site.serve();
  const pulled = site.pull();
  await until('it arrives', () => temporaryBytes(site.here) > 50_000);
  truncateSync(join(site.there, 'log.wav'), 10);
  appendFileSync(join(site.there, 'log.wav'), 'the end');
  await pulled;
  await until('the clock of the files goes on', elapsed(1_100));
  utimesSync(join(site.there, 'log.wav'), Date.now() / 1000, Date.now() / 1000);
  done(t, await site.pull());
  t.deepEqual(contentOf(site.here), contentOf(site.there));
});

test('what only the old primary had is put aside by its first copy, told, and never again after that', async (t) => {
  const site = await aSite(t);
  site.write('call-1.wav', 'of both');
  site.write('agents.conf', 'as the new primary has it');
  const own = { 'call-2.wav': 'never copied', 'agents.conf': 'as it was', 'call-1.wav': 'of both' };
  for (const [name, text] of Object.entries(own)) writeFileSync(join(site.here, name), text);
  utimesSync(join(site.here, 'call-1.wav'), 5, 5);
  utimesSync(join(site.there, 'call-1.wav'), 5, 5);
  await site.serve();
  done(t, await site.pull());
  t.deepEqual(contentOf(site.here), contentOf(site.there));
  const [kept] = site.told;
  t.deepEqual(kept?.kept, { files: 2, bytes: 21 });
  t.deepEqual(contentOf(kept?.folder ?? ''), {
    'call-2.wav': 'never copied',
    'agents.conf': 'as it was',
  });
  t.is(site.puller.kept.files, 2);

  // From now on this is a copy: what changes there changes here, also after a restart of the guardian.
  site.write('agents.conf', 'changed there');
  t.is((await site.anotherPuller().pull(rightSecret, never)).type, 'done');
  t.is(contentOf(site.here)['agents.conf'], 'changed there');
  t.is(site.told.length, 1);

  // Primary once more: what it has then is its own again.
  await site.puller.becomeSource();
  writeFileSync(join(site.here, 'call-3.wav'), 'alone');
  t.is((await site.anotherPuller().pull(rightSecret, never)).type, 'done');
  t.deepEqual(contentOf(site.told[1]?.folder ?? ''), { 'call-3.wav': 'alone' });
});

test('an old file under a name that waits is put aside as well', async (t) => {
  const site = await aSite(t, { settleMs: 100 });
  site.write('day/agents.conf', 'being written');
  mkdirSync(join(site.here, 'day'));
  writeFileSync(join(site.here, 'day/agents.conf'), 'only here');
  await site.serve();
  t.is(done(t, await site.pull()).heldBack, 1);
  t.deepEqual(contentOf(site.told[0]?.folder ?? ''), { 'day/agents.conf': 'only here' });
  t.is(contentOf(site.here)['day/agents.conf'], 'only here');
});

test('without room to put things aside nothing is replaced or removed, and what is new still comes', async (t) => {
  const site = await aSite(t, { keepBytes: 100 });
  site.write('agents.conf', 'theirs');
  site.write('new.wav', 'new');
  writeFileSync(join(site.here, 'agents.conf'), 'ours');
  writeFileSync(join(site.here, 'long.wav'), Buffer.alloc(200));
  await site.serve();
  const end = await site.pull();
  t.like(end, { type: 'done', wholeAt: null, hasNoRoomToKeep: true });
  const here = contentOf(site.here);
  t.deepEqual(
    [here['agents.conf'], here['new.wav'], here['long.wav']?.length],
    ['ours', 'new', 200],
  );
  t.is(site.told.length, 0);
});

test('a disk that is not mounted on the primary empties nothing: what would be removed is put aside', async (t) => {
  const site = await aSite(t);
  for (let file = 0; file < 20; file += 1) site.write(`call-${file}.wav`, `call ${file}`);
  await site.serve();
  done(t, await site.pull());
  t.is(site.told.length, 0);
  renameSync(site.there, `${site.there}-not-mounted`);
  mkdirSync(site.there);
  done(t, await site.pull());
  t.is(site.told[0]?.kept.files, 20);
  t.is(Object.keys(contentOf(site.told[0]?.folder ?? '')).length, 20);
});

test('a directory that vanishes there or here is told and changes nothing', async (t) => {
  const site = await aSite(t);
  site.write('a', 'x');
  await site.serve();
  done(t, await site.pull());
  renameSync(site.there, `${site.there}-away`);
  t.like(await site.pull(), {
    type: 'failed',
    text: 'SYNC_SOURCE: the directory of the set is not there on the other box',
  });
  t.deepEqual(contentOf(site.here), { a: 'x' });
  renameSync(`${site.there}-away`, site.there);
  renameSync(site.here, `${site.here}-away`);
  t.like(await site.pull(), {
    type: 'failed',
    text: `SYNC_DIRECTORY: ${site.here} is no directory on this box`,
  });
  t.false(existsSync(site.here));
});

test('a wrong secret is refused, a second one is taken while the key is exchanged', async (t) => {
  const site = await aSite(t);
  site.write('a', 'x');
  const next = { name: 'pair-0002', secret: 'b'.repeat(64) };
  await site.serve();
  const refused = 'SYNC_SECRET: the other box does not accept the secret of this one';
  for (const wrong of [next, { ...rightSecret, secret: 'c'.repeat(64) }]) {
    t.deepEqual(await site.puller.pull(wrong, never), { type: 'failed', text: refused });
  }
  t.deepEqual(contentOf(site.here), {});
  // The daemon goes on, and reads the new secrets for the next caller.
  await site.serve([rightSecret, next]);
  done(t, await site.puller.pull(next, never));
  done(t, await site.pull());
  await site.serve([next]);
  t.deepEqual(await site.pull(), { type: 'failed', text: refused });
});

test('a box that hands out nothing is told, and its files come when it is back', async (t) => {
  const site = await aSite(t);
  site.write('a', 'x');
  const end = await site.pull();
  t.regex(end.type === 'failed' ? end.text : '', /^SYNC_UNREACHABLE: .*Connection refused/);
  await site.serve();
  done(t, await site.pull());
  await site.stopServing();
  t.is((await site.pull()).type, 'failed');
  site.write('b', 'y');
  await site.serve();
  done(t, await site.pull());
  t.deepEqual(contentOf(site.here), { a: 'x', b: 'y' });
});

test('excluded files are neither copied nor removed', async (t) => {
  const site = await aSite(t, { exclude: ['*.part', '/cache/'] });
  site.write('a.wav', 'x');
  site.write('b.part', 'there');
  site.write('cache/c', 'there');
  writeFileSync(join(site.here, 'own.part'), 'here');
  await site.serve();
  done(t, await site.pull());
  t.deepEqual(contentOf(site.here), { 'a.wav': 'x', 'own.part': 'here' });
});

test('10,000 small files come in less than 60 s, and a look at them takes less than 10 s', async (t) => {
  t.timeout(180_000);
  // In memory: how long a busy disk takes for 10,000 times fsync says nothing of the copy.
  const site = await aSite(t, {}, '/dev/shm');
  for (let file = 0; file < 10_000; file += 1) {
    site.write(`${file % 100}/${file}.wav`, `recording ${file}`);
  }
  await site.serve();
  const begun = performance.now();
  const first = done(t, await site.pull());
  const copiedMs = performance.now() - begun;
  t.is(first.files, 10_000);
  const looked = performance.now();
  t.is(done(t, await site.pull()).files, 0);
  const lookMs = performance.now() - looked;
  t.log(`copied in ${Math.round(copiedMs)} ms, looked at in ${Math.round(lookMs)} ms`);
  t.true(copiedMs < 60_000 && lookMs < 10_000);
  t.is(Object.keys(contentOf(site.here)).length, 10_000);
});
