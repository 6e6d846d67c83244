// A flight record gives back what was put in, loses no more than a damaged end, and a decision that is not the recorded
// one is an error that names the entry and both.
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { initialState, step } from '../../src/core/step.ts';
import { firstDifference } from '../../src/protocol/difference.ts';
import { SegmentReader, SegmentWriter } from '../../src/protocol/flightRecord.ts';
import type { Decision, FlightEntry, FlightHeader } from '../../src/protocol/flightRecord.ts';
import { Replay } from '../../src/protocol/flightReplay.ts';
import { lineJson, lineText, Story } from '../../src/protocol/flightStory.ts';
import type { StoryLine } from '../../src/protocol/flightStory.ts';
import { isHotpairError } from '../../src/protocol/hotpairError.ts';
import { settings } from '../core/builders.ts';
import { aLongFlight } from '../simulator/longFlight.ts';
import { Random } from '../simulator/random.ts';
import { changedValue, drawnValue } from './drawnValue.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);

function aHeader(changes: Partial<FlightHeader> = {}): FlightHeader {
  return {
    program: '0.1.0',
    node: 'box-a',
    run: '0011223344556677',
    part: 1,
    lost: 0,
    wallOffsetMs: 1_764_000_000_000.125,
    at: 812.375,
    settings: settings(),
    state: initialState(settings()),
    ...changes,
  };
}

function aSegment(entries: readonly FlightEntry[], changes: Partial<FlightHeader> = {}): Buffer {
  const writer = new SegmentWriter();
  const beginning = writer.begin(aHeader(changes));
  return Buffer.concat([beginning, ...entries.map((entry) => writer.entry(entry))]);
}

function entriesOf(bytes: Buffer): readonly FlightEntry[] {
  const reader = new SegmentReader(bytes, 'a.flight');
  const entries: FlightEntry[] = [];
  for (let entry = reader.next(); entry !== null; entry = reader.next()) entries.push(entry);
  return entries;
}

/** Real events and decisions of an agent in a pair that meets faults. */
const flight = aLongFlight(60_000).record;

function aFlight(): Buffer {
  return Buffer.from(flight);
}

/** What replaying tells, or the error. */
function replayed(...segments: readonly Buffer[]): readonly StoryLine[] {
  const lines: StoryLine[] = [];
  const replay = new Replay(step, new Story({ all: false, tell: (line) => lines.push(line) }));
  for (const [place, bytes] of segments.entries()) replayWhole(replay, bytes, `${place}.flight`);
  return lines;
}

function replayWhole(replay: Replay, bytes: Buffer, name: string): void {
  const steps = replay.segment(new SegmentReader(bytes, name), name);
  while (steps.next().done !== true);
}

function differs(t: ExecutionContext, work: () => unknown): string {
  const error = t.throws(work);
  t.true(isHotpairError(error, 'FLIGHT_DIFFERS'), String(error));
  return error.message;
}

function breaks(): never {
  throw new Error('I3: lower');
}

test('entries with values drawn by chance come back bit for bit', (t) => {
  t.log(`seed ${seed}`);
  const random = new Random(seed);
  for (let series = 0; series < 40; series += 1) {
    const entries: FlightEntry[] = [];
    let drawn: unknown = { at: 1.5, type: 'unheardOf', more: drawnValue(random, 3) };
    for (let turn = 0; turn < 20; turn += 1) {
      const effect = { type: 'neverSeen', token: turn, drawn };
      const decision = { name: 'solo', phase: '', record: null, writing: null, effects: [effect] };
      const event = { ...(drawn as object), type: random.pick(['unheardOf', 'unseen']) };
      entries.push({ kind: 'step', event, decision } as unknown as FlightEntry);
      drawn = { type: 'unheardOf', at: turn, more: changedValue(random, drawn) };
      if (JSON.stringify(drawn, (_key, value: unknown) => String(value)).length > 20_000)
        drawn = { at: turn, more: 1 };
    }
    entries.push({ kind: 'settings', settings: settings({ soloMs: 9000.5 }) });
    entries.push({ kind: 'broken', event: { type: 'tick', at: 7 }, error: 'Error: I3\nat step' });
    const bytes = aSegment(entries);
    t.is(firstDifference(entriesOf(bytes), entries), null, `seed ${seed}, series ${series}`);
    t.is(firstDifference(new SegmentReader(bytes, 'a').header, aHeader()), null);
  }
});

test('an end that is cut anywhere costs the entry in which it is cut, and is known as torn', (t) => {
  const whole = aFlight();
  const count = entriesOf(whole).length;
  let before = 0;
  for (let length = whole.length - 120; length <= whole.length; length += 1) {
    const reader = new SegmentReader(whole.subarray(0, length), 'a.flight');
    let read = 0;
    while (reader.next() !== null) read += 1;
    t.true(read >= count - 12 && read >= before);
    t.true(reader.damage === null || reader.damage.torn, `length ${length}`);
    before = read;
  }
  t.is(before, count);
});

test('a file that the power cut short before its first entry is known as empty', (t) => {
  const beginning = aSegment([]);
  for (const length of [5, 17, 18, 100, beginning.length - 1])
    t.throws(() => new SegmentReader(beginning.subarray(0, length), 'a.flight'), {
      code: 'FLIGHT_EMPTY',
    });
  t.notThrows(() => new SegmentReader(beginning, 'a.flight'));
});

test('a file that was lengthened with zeros before the power went is torn where they begin', (t) => {
  const whole = aFlight();
  const reader = new SegmentReader(Buffer.concat([whole, Buffer.alloc(4096)]), 'a.flight');
  while (reader.next() !== null);
  t.deepEqual(reader.damage, { offset: whole.length, torn: true, left: 4096 });
});

test('a byte that is wrong in the middle ends the segment there and is no torn end', (t) => {
  t.log(`seed ${seed}`);
  const random = new Random(seed);
  const whole = aFlight();
  const all = entriesOf(whole);
  for (let turn = 0; turn < 30; turn += 1) {
    const bytes = Buffer.from(whole);
    const at = 20_000 + random.below(10_000);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    const reader = new SegmentReader(bytes, 'a.flight');
    const read: FlightEntry[] = [];
    for (let entry = reader.next(); entry !== null; entry = reader.next()) read.push(entry);
    t.true((reader.damage?.offset ?? Infinity) <= at, `seed ${seed}, turn ${turn}`);
    t.is(firstDifference(read, all.slice(0, read.length)), null);
  }
});

test('an entry left out of the middle is damage, although its neighbours are whole', (t) => {
  const writer = new SegmentWriter();
  const decision: Decision = { name: 'solo', phase: '', record: null, writing: null, effects: [] };
  const [first, second, third] = [1, 2, 3].map((at) =>
    writer.entry({ kind: 'step', event: { type: 'tick', at }, decision }),
  );
  const beginning = new SegmentWriter().begin(aHeader());
  t.truthy(second);
  const reader = new SegmentReader(
    Buffer.concat([beginning, first ?? beginning, third ?? beginning]),
    'a.flight',
  );
  while (reader.next() !== null);
  t.false(reader.damage?.torn ?? true);
});

test('what is no flight record, of another format, or damaged at its beginning is refused', (t) => {
  const codeOf = (bytes: Buffer): unknown => {
    const error = t.throws(() => new SegmentReader(bytes, 'a.flight'));
    return isHotpairError(error) ? [error.code, error.exitCode] : error;
  };
  t.deepEqual(codeOf(Buffer.alloc(0)), ['FLIGHT_EMPTY', 2]);
  t.deepEqual(codeOf(Buffer.alloc(4096)), ['FLIGHT_EMPTY', 2]);
  t.deepEqual(codeOf(Buffer.from('{"event":"transition"}\n')), ['FLIGHT_FORMAT', 2]);
  t.deepEqual(codeOf(Buffer.from('hotpair flight 2\nwhatever')), ['FLIGHT_VERSION', 2]);
  const damaged = Buffer.from(aSegment([]));
  damaged[100] = (damaged[100] ?? 0) ^ 1;
  t.deepEqual(codeOf(damaged), ['FLIGHT_FORMAT', 2]);
});

test('a record of a real run replays, and a doctored decision is an error that names the entry and both', (t) => {
  const bytes = aFlight();
  t.true(replayed(bytes).some(({ kind, text }) => kind === 'change' && text.includes('paired')));
  const { header } = new SegmentReader(bytes, 'a');
  const entries = entriesOf(bytes);
  const place = entries.findIndex(
    (entry) =>
      entry.kind === 'step' &&
      entry.decision.effects.some(({ type }) => type === 'raiseServicePort'),
  );
  const doctored = entries.map((entry, at) =>
    at === place && entry.kind === 'step'
      ? { ...entry, decision: { ...entry.decision, effects: entry.decision.effects.slice(1) } }
      : entry,
  );
  const message = differs(t, () => replayed(aSegment(doctored, header)));
  t.regex(
    message,
    new RegExp(`^0\\.flight, entry ${place + 1}: the decision upon \\w+, effects: `),
  );
  t.regex(message, /, effects: recorded \[.*, replayed \[/);
});

test('an event that was doctored leads to another decision sooner or later', (t) => {
  const bytes = aFlight();
  const { header } = new SegmentReader(bytes, 'a');
  const entries = entriesOf(bytes);
  const doctored = entries.map((entry) =>
    entry.kind === 'step' && entry.event.type === 'recordWritten'
      ? { ...entry, event: { ...entry.event, token: entry.event.token + 1 } }
      : entry,
  );
  differs(t, () => replayed(aSegment(doctored, header)));
});

test('a run goes on in its next segment, whose state must be the one that was reached', (t) => {
  const { header } = new SegmentReader(aFlight(), 'a');
  const entries = entriesOf(aFlight());
  const half = Math.floor(entries.length / 2);
  let { state } = header;
  for (const entry of entries.slice(0, half))
    if (entry.kind === 'step') ({ state } = step(state, entry.event, header.settings));
  const first = aSegment(entries.slice(0, half), header);
  const second = aSegment(entries.slice(half), { ...header, part: 2, state });
  t.deepEqual(replayed(first, second).map(lineText), replayed(aFlight()).map(lineText));
  const alone = replayed(second);
  t.regex(alone[0]?.text ?? '', /from part 2, in \w+/);
  const other = aSegment(entries.slice(half), {
    ...header,
    part: 2,
    state: { ...state, contact: { ...state.contact, lastSeq: state.contact.lastSeq + 1 } },
  });
  t.regex(
    differs(t, () => replayed(first, other)),
    /1\.flight, entry 0: .*contact\.lastSeq/,
  );
  const afterLoss = aSegment(entries.slice(half), { ...header, part: 2, state, lost: 3 });
  const gaps = replayed(first, afterLoss).filter(({ kind }) => kind === 'gap');
  t.regex(gaps[0]?.text ?? '', /^3 entries were not recorded/);
});

test('the story goes on behind a damaged segment, and says so', (t) => {
  const bytes = aFlight();
  const { header } = new SegmentReader(bytes, 'a');
  const lines = replayed(bytes.subarray(0, bytes.length - 5), aSegment([], { ...header, part: 2 }));
  t.regex(lines.at(-1)?.text ?? '', /0\.flight ends in the middle of an entry/);
});

test('settings that changed between two events are used from there on', (t) => {
  const before = settings();
  const after = settings({ referenceIdleIntervalMs: 777 });
  const state = initialState(before);
  const event = { type: 'tick', at: 10 } as const;
  const decided = step(state, event, after);
  const { name, phase, record, writing } = decided.state;
  const decision = { name, phase, record, writing, effects: decided.effects };
  const lines = replayed(
    aSegment([
      { kind: 'settings', settings: after },
      { kind: 'step', event, decision },
    ]),
  );
  t.deepEqual(
    lines.map(({ kind }) => kind),
    ['record', 'settings'],
  );
  t.regex(lineText(lines[1] ?? { at: 0, wallOffsetMs: null, kind: 'gap', text: '' }), /^2025-11-/);
  t.regex(
    lineJson(lines[1] ?? { at: 0, wallOffsetMs: null, kind: 'gap', text: '' }),
    /"time":"2025-/,
  );
});

test('an invariant that broke breaks again in the replay, or the record is not of this core', (t) => {
  const event = { type: 'tick', at: 10 } as const;
  const lines = replayed(aSegment([{ kind: 'broken', event: null, error: 'Error: EIO\n at x' }]));
  t.is(lines.at(-1)?.text, 'the agent ended Error: EIO');
  const broken = aSegment([{ kind: 'broken', event, error: 'Error: I3: lower\n at x' }]);
  t.regex(
    differs(t, () => replayed(broken)),
    /recorded "Error: I3: lower", replayed "no error"/,
  );
  const told: StoryLine[] = [];
  const story = new Story({ all: false, tell: (line) => told.push(line) });
  replayWhole(new Replay(breaks, story), broken, 'a');
  t.is(told.at(-1)?.text, 'the agent ended upon tick: Error: I3: lower');
});
