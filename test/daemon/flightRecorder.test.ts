// The agent's flight record: what the loop decided is on disk and replays, whatever the disk did meanwhile, and a broken
// invariant leaves it behind with its last event.
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { CoreEvent } from '../../src/core/events.ts';
import type { Settings } from '../../src/core/settings.ts';
import type { State } from '../../src/core/state.ts';
import { initialState, step } from '../../src/core/step.ts';
import { flightDirectory, FlightRecorder } from '../../src/daemon/flightRecorder.ts';
import type { FlightOptions, Step } from '../../src/daemon/flightRecorder.ts';
import { flightFilesIn } from '../../src/io/flight/flightFiles.ts';
import { decisionOf, SegmentReader, SegmentWriter } from '../../src/protocol/flightRecord.ts';
import type { FlightEntry } from '../../src/protocol/flightRecord.ts';
import { Replay } from '../../src/protocol/flightReplay.ts';
import { Story } from '../../src/protocol/flightStory.ts';
import type { StoryLine } from '../../src/protocol/flightStory.ts';
import { aLongFlight } from '../simulator/longFlight.ts';

const shortSegments = { segmentBytes: 100_000, totalBytes: 10_000_000, files: 100 };
const deadlineMs = 10_000;

function aStateDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-recorder-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function aRecorder(
  t: ExecutionContext,
  stateDirectory: string,
  changes: Partial<FlightOptions> = {},
): FlightRecorder {
  const recorder = new FlightRecorder({
    stateDirectory,
    node: 'box-a',
    wallOffsetMs: () => 1_764_000_000_000,
    ...changes,
  });
  t.teardown(() => recorder.close(deadlineMs));
  return recorder;
}

/** What an agent of a simulated pair met, with its settings. */
function aLife(): { readonly events: readonly CoreEvent[]; readonly inForce: Settings } {
  const reader = new SegmentReader(aLongFlight(150_000).record, 'simulated');
  const events: CoreEvent[] = [];
  for (let entry = reader.next(); entry !== null; entry = reader.next())
    if (entry.kind === 'step') events.push(entry.event);
  return { events, inForce: reader.header.settings };
}

const { events: life, inForce: someSettings } = aLife();
const unborn = initialState(someSettings);

/** Lives through so many events, each recorded; returns the state that is reached. */
function live(
  recorder: FlightRecorder,
  state: State,
  events: readonly CoreEvent[],
  inForce: Settings = someSettings,
): State {
  return events.reduce((before, event) => {
    const { state: after, effects } = step(before, event, inForce);
    recorder.stepped({ before, event, after, effects, settings: inForce });
    return after;
  }, state);
}

function replayed(directory: string): readonly StoryLine[] {
  const lines: StoryLine[] = [];
  const replay = new Replay(step, new Story({ all: false, tell: (line) => lines.push(line) }));
  for (const path of flightFilesIn(directory))
    for (const _ of replay.segment(new SegmentReader(readFileSync(path), path), basename(path)));
  return lines;
}

function kindsOf(lines: readonly StoryLine[]): ReadonlySet<string> {
  return new Set(lines.map(({ kind }) => kind));
}

test('what was decided is on disk, in segments that replay together and each alone', async (t) => {
  const directory = aStateDirectory(t);
  const recorder = aRecorder(t, directory, { bounds: shortSegments });
  let state = unborn;
  for (let from = 0; from < life.length; from += 500) {
    state = live(recorder, state, life.slice(from, from + 500));
    await recorder.flush(deadlineMs);
  }
  t.deepEqual(recorder.figures(), { lost: 0, problem: null });
  const flight = join(directory, flightDirectory);
  const files = flightFilesIn(flight);
  t.true(files.length >= 2, `${files.length} segments`);
  const whole = replayed(flight);
  t.true(kindsOf(whole).has('change'));
  t.is(whole.filter(({ kind }) => kind === 'record').length, 1);
  t.false(kindsOf(whole).has('gap'));
  for (const path of files) {
    const alone = mkdtempSync(join(directory, 'alone-'));
    copyFileSync(path, join(alone, basename(path)));
    t.notThrows(() => replayed(alone));
  }
});

test('settings that a reload changed are recorded where they came into force', async (t) => {
  const directory = aStateDirectory(t);
  const recorder = aRecorder(t, directory);
  const state = live(recorder, unborn, life.slice(0, 300));
  const changed = { ...someSettings, referenceIdleIntervalMs: 500, referenceIntervalMs: 100 };
  live(recorder, state, life.slice(300, 900), changed);
  await recorder.flush(deadlineMs);
  t.true(kindsOf(replayed(join(directory, flightDirectory))).has('settings'));
});

test('a disk that refuses costs entries, which are counted, and the record goes on when it takes them again', async (t) => {
  const directory = aStateDirectory(t);
  const flight = join(directory, flightDirectory);
  writeFileSync(flight, 'a file in the place of the directory');
  const recorder = aRecorder(t, directory);
  const middle = 1000;
  let state = unborn;
  for (let from = 0; from < middle; from += 50) {
    state = live(recorder, state, life.slice(from, from + 50));
    await recorder.flush(deadlineMs);
  }
  const { lost, problem } = recorder.figures();
  t.is(problem?.code, 'FLIGHT_WRITE');
  t.regex(problem?.text ?? '', /flight cannot be written \(ENOTDIR\): /);
  t.true(lost >= middle && lost <= middle + 20, `${lost} lost`);
  rmSync(flight);
  live(recorder, state, life.slice(middle));
  await recorder.flush(deadlineMs);
  t.is(recorder.figures().problem, null);
  const lines = replayed(flight);
  t.regex(lines[0]?.text ?? '', /from part \d+/);
  t.true(recorder.figures().lost < life.length);
});

test('an entry that is no plain data, or too long, is lost alone and replays as a gap', async (t) => {
  const directory = aStateDirectory(t);
  const recorder = aRecorder(t, directory);
  const state = live(recorder, unborn, life.slice(0, 200));
  const event = { type: 'tick', at: 1, more: () => 1 } as CoreEvent;
  recorder.stepped({ before: state, event, after: state, effects: [], settings: someSettings });
  const later = life.slice(200).map((happened) => ({ ...happened, at: happened.at + 20_000 }));
  live(recorder, state, later);
  await recorder.flush(deadlineMs);
  t.true(recorder.figures().lost >= 1);
  const gaps = replayed(join(directory, flightDirectory)).filter(({ kind }) => kind === 'gap');
  t.regex(gaps[0]?.text ?? '', /^\d+ entries were not recorded/);
});

test('a broken invariant leaves its last event and its error in the record, and the record aside', (t) => {
  const directory = aStateDirectory(t);
  const recorder = aRecorder(t, directory);
  const state = live(recorder, unborn, life.slice(0, 700));
  const event: CoreEvent = { type: 'recordWritten', token: 1, at: 1e9 };
  recorder.undecided(state, event, someSettings);
  const crash = recorder.crash(new Error('I3: a lower record would be written'));
  const path = 'path' in crash ? crash.path : '';
  t.regex(path, /crash-\d{4}-\d\d-\d\dT/);
  t.deepEqual(readdirSync(path), ['0000000001.flight']);
  const reader = new SegmentReader(readFileSync(join(path, '0000000001.flight')), 'crash');
  const entries: FlightEntry[] = [];
  for (let entry = reader.next(); entry !== null; entry = reader.next()) entries.push(entry);
  t.is(entries.length, 701);
  const last = entries.at(-1);
  t.like(last, { kind: 'broken', event });
  t.regex(last?.kind === 'broken' ? last.error : '', /^Error: I3: a lower[^]*\n +at /);
  // This core does not break upon that event: the replay says so.
  t.throws(() => replayed(path), { message: /the end upon recordWritten: recorded "Error: I3/ });
});

test('an error outside the core ends the record in order, and replays', async (t) => {
  const directory = aStateDirectory(t);
  const recorder = aRecorder(t, directory);
  live(recorder, unborn, life.slice(0, 50));
  await recorder.flush(deadlineMs);
  const crash = recorder.crash(new TypeError('x is not a function'));
  const lines = replayed('path' in crash ? crash.path : '');
  t.is(lines.at(-1)?.text, 'the agent ended TypeError: x is not a function');
});

test('a crash before anything was recorded, and one on a disk that refuses, are told of', (t) => {
  t.deepEqual(aRecorder(t, aStateDirectory(t)).crash(new Error('odd')), {
    problem: 'nothing is recorded yet',
  });
  const recorder = aRecorder(t, '/proc/nowhere');
  live(recorder, unborn, life.slice(0, 5));
  t.true('problem' in recorder.crash(new Error('odd')));
});

test('recording costs little: microseconds and bytes of an event', (t) => {
  const turns = 20;
  let recordedMs = 0;
  let decidedMs = 0;
  let bytes = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    const steps: Step[] = [];
    let state = unborn;
    const start = performance.now();
    for (const event of life) {
      const before = state;
      const { state: after, effects } = step(before, event, someSettings);
      steps.push({ before, event, after, effects, settings: someSettings });
      state = after;
    }
    const middle = performance.now();
    const writer = new SegmentWriter();
    bytes = 0;
    for (const { event, after, effects } of steps)
      bytes += writer.entry({ kind: 'step', event, decision: decisionOf(after, effects) }).length;
    recordedMs += performance.now() - middle;
    decidedMs += middle - start;
  }
  const perEvent = (ms: number): number => (ms * 1000) / turns / life.length;
  t.log(
    `${perEvent(recordedMs).toFixed(2)} us and ${(bytes / life.length).toFixed(1)} bytes an event; deciding takes ${perEvent(decidedMs).toFixed(2)} us`,
  );
  t.true(perEvent(recordedMs) < 200);
  t.true(bytes / life.length < 60);
});
