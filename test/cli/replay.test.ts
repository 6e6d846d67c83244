// `hotpair replay` from outside: its story, its options, and one sentence with a code for every record that is no good.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { aLongFlight } from '../simulator/longFlight.ts';
import { aPlace, callHotpair, callUnread, readSlowly } from './callHotpair.ts';

const flight = aLongFlight(40_000);

function aFile(t: ExecutionContext, bytes: Buffer): string {
  const path = join(aPlace(t).directory, 'a.flight');
  writeFileSync(path, bytes);
  return path;
}

test('a record is told as it was while it was decided', async (t) => {
  const { code, stdout, stderr } = await callHotpair('replay', aFile(t, flight.record));
  t.deepEqual([code, stderr], [0, '']);
  t.is(stdout, flight.story);
});

test('a long story is whole for a reader that is slower than the replay', async (t) => {
  const directory = aPlace(t).directory;
  for (let copy = 1; copy <= 40; copy += 1)
    writeFileSync(join(directory, `${copy}.flight`), flight.record);
  const text = await readSlowly('replay', '--all', directory);
  const length = text.length / 40;
  t.true(text.length > 400_000, `${text.length} characters`);
  t.is(text.slice(-length), text.slice(0, length));
});

test('a reader that goes away costs the story, never the verdict', async (t) => {
  t.deepEqual(await callUnread('replay', '--all', aFile(t, flight.record)), {
    code: 0,
    stderr: '',
  });
  const damaged = Buffer.from(flight.record);
  damaged.fill(0, 40_000, 40_008);
  const { code, stderr } = await callUnread('replay', aFile(t, damaged));
  t.is(code, 1);
  t.regex(stderr, /^hotpair: FLIGHT_DAMAGED: .*\n$/);
});

test('--all tells observations and probes too, never heartbeats and ticks; --from leaves out what was before', async (t) => {
  const path = aFile(t, flight.record);
  const { stdout } = await callHotpair('replay', '--all', path);
  t.regex(stdout, /^ +[\d.]+ {2}event {5}databaseObserved /m);
  t.regex(stdout, /^ +[\d.]+ {2}asks {6}probe /m);
  t.notRegex(stdout, /sendHeartbeat|heartbeatReceived|kickWatchdog|tick/);
  const seconds = Number(flight.story.trim().split('\n').at(-1)?.trim().split(' ')[0]);
  const late = await callHotpair('replay', '--from', String(seconds), path);
  t.true(late.stdout.length > 0 && flight.story.endsWith(late.stdout));
  t.true(late.stdout.length < flight.story.length / 2);
});

test('--json prints one object a line, with the event or effect that the line tells', async (t) => {
  const { stdout } = await callHotpair('replay', '--json', aFile(t, flight.record));
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.is(lines.length, flight.story.trim().split('\n').length);
  t.like(lines[1], { time: null, kind: 'event', data: { type: 'agentStarted' } });
  t.true(lines.some(({ data }) => (data as { kind?: string } | undefined)?.kind === 'transition'));
});

test('a directory stands for all records in it, and without a name it is the one of this box', async (t) => {
  const place = aPlace(t);
  const none = await callHotpair('replay', '--config', place.config);
  t.is(none.code, 2);
  t.regex(none.stderr, /FLIGHT_READ: .*ENOENT/);
  mkdirSync(join(place.state, 'flight'), { recursive: true });
  const empty = await callHotpair('replay', '--config', place.config);
  t.is(empty.code, 2);
  t.regex(empty.stderr, /FLIGHT_MISSING/);
  const some = [flight, aLongFlight(80_000)];
  for (const [turn, { record }] of some.entries())
    writeFileSync(join(place.state, 'flight', `A-${turn + 9}.flight`), record);
  const { code, stdout } = await callHotpair('replay', '--config', place.config);
  t.is(code, 0);
  t.is(stdout, some.map(({ story }) => story).join(''));
});

test('a torn end is told and is no failure', async (t) => {
  const torn = aFile(t, flight.record.subarray(0, flight.record.length - 3));
  const { code, stdout } = await callHotpair('replay', torn);
  t.is(code, 0);
  t.regex(stdout, /gap +a\.flight ends in the middle of an entry, as after a power cut/);
});

test('a segment that the power cut short before its first entry costs nothing of the others', async (t) => {
  const { state, config } = aPlace(t);
  const directory = join(state, 'flight');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'A-1.flight'), Buffer.alloc(0));
  const alone = await callHotpair('replay', '--config', config);
  t.is(alone.code, 2);
  t.regex(alone.stderr, /FLIGHT_EMPTY: the flight record ends before its first entry/);
  writeFileSync(join(directory, 'A-2.flight'), flight.record);
  const { code, stdout } = await callHotpair('replay', '--config', config);
  t.is(code, 0);
  t.regex(stdout, /^ +\S+ +gap +A-1\.flight ends before its first entry, as after a power cut\n/);
  t.true(stdout.endsWith(flight.story));
});

test('a record that is damaged in its middle is told as far as it goes, and fails', async (t) => {
  const bytes = Buffer.from(flight.record);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 0x10;
  const { code, stdout, stderr } = await callHotpair('replay', aFile(t, bytes));
  t.is(code, 1);
  t.regex(stderr, /^hotpair: FLIGHT_DAMAGED: a\.flight is damaged at byte \d+: \d+ bytes are left/);
  t.true(flight.story.startsWith(stdout.split('\n').slice(0, 5).join('\n')));
});

test('what is no flight record is refused', async (t) => {
  const path = aFile(t, Buffer.from('{"event":"transition"}\n'));
  const { code, stdout, stderr } = await callHotpair('replay', path);
  t.deepEqual([code, stdout], [2, '']);
  t.regex(stderr, /^hotpair: FLIGHT_FORMAT: this is no flight record/);
  t.is(readFileSync(path, 'utf8'), '{"event":"transition"}\n');
});

const executable = join(import.meta.dirname, '../../dist/hotpair');

/** What is no file of bytes would be read without an end: the built executable is given some time and no more. */
for (const [what, make, sentence] of [
  ['a device', () => '/dev/zero', /^hotpair: FLIGHT_READ: [^\n]* it is no regular file \(/],
  ['a pipe', aPipe, /^hotpair: FLIGHT_READ: [^\n]* it is no regular file \(/],
  ['a directory without a record', aDirectory, /^hotpair: FLIGHT_MISSING: /],
  ['a directory named as a record', aFalseSegment, /^hotpair: FLIGHT_READ: [^\n]* no regular file/],
  ['a huge file', aHugeFile, /^hotpair: FLIGHT_SIZE: [^\n]* has 1099511627776 bytes/],
  ['nothing', () => '/nowhere', /^hotpair: FLIGHT_READ: [^\n]*: ENOENT \(seen: \/nowhere\)/],
] as const) {
  test(`hotpair replay of ${what} is refused at once`, (t) => {
    const { status, stdout, stderr } = spawnSync(executable, ['replay', make(t)], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    t.deepEqual([status, stdout], [2, '']);
    t.regex(stderr, sentence);
    t.regex(stderr, /^[^\n]*\n$/);
  });
}

function aDirectory(t: ExecutionContext): string {
  return aPlace(t).directory;
}

function aFalseSegment(t: ExecutionContext): string {
  const directory = aDirectory(t);
  mkdirSync(join(directory, 'a.flight'));
  return directory;
}

function aPipe(t: ExecutionContext): string {
  const path = join(aDirectory(t), 'a.flight');
  execFileSync('mkfifo', [path]);
  return path;
}

function aHugeFile(t: ExecutionContext): string {
  const path = join(aDirectory(t), 'a.flight');
  writeFileSync(path, '');
  truncateSync(path, 2 ** 40);
  return path;
}

for (const [argv, sentence] of [
  [['a', 'b'], /USAGE: b is not expected here/],
  [['--from', 'yesterday', 'a'], /USAGE: yesterday is no time/],
] as const) {
  test(`hotpair replay ${argv.join(' ')} is refused`, async (t) => {
    const { code, stderr } = await callHotpair('replay', ...argv);
    t.is(code, 2);
    t.regex(stderr, sentence);
  });
}
