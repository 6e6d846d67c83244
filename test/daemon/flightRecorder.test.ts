// What is left behind when an invariant breaks.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { initialState } from '../../src/core/state.ts';
import { openFlightRecorder, writeCrashFile } from '../../src/daemon/flightRecorder.ts';
import { durableRecord, settings } from '../core/builders.ts';

test('the recorder remembers the newest events in their order', (t) => {
  const recorder = openFlightRecorder();
  for (let at = 0; at < 1_000; at += 1) recorder.note({ type: 'tick', at });
  const events = recorder.events();
  t.is(events.length, 256);
  t.is(events[0]?.at, 744);
  t.is(events.at(-1)?.at, 999);
});

test('a crash file holds the error, the state and the events, and there are never more than five', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-crash-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  for (const day of [1, 2, 3, 4, 5, 6, 7])
    writeFileSync(join(directory, `crash-2020-01-0${day}.json`), '{}');
  writeFileSync(join(directory, 'record.a'), 'kept');
  const state = { ...initialState(settings()), record: durableRecord() };
  const written = writeCrashFile(directory, new Error('I3 broken'), state, [
    { type: 'tick', at: 5 },
  ]);
  const files = readdirSync(directory).filter((name) => name.startsWith('crash-'));
  t.is(files.length, 5);
  t.true(readdirSync(directory).includes('record.a'));
  t.false(files.includes('crash-2020-01-01.json'));
  const content = JSON.parse(readFileSync('path' in written ? written.path : '', 'utf8')) as {
    readonly error: string;
    readonly state: {
      readonly record: { readonly lsn: string };
      readonly lan: { readonly brokenAt: string };
    };
    readonly events: readonly unknown[];
  };
  t.regex(content.error, /I3 broken/);
  t.is(content.state.record.lsn, durableRecord().lsn.toString());
  t.is(content.state.lan.brokenAt, '-Infinity');
  t.deepEqual(content.events, [{ type: 'tick', at: 5 }]);
});

test('a directory that refuses is told of and is no second crash', (t) => {
  const written = writeCrashFile('/proc/nowhere', new Error('odd'), null, []);
  t.true('problem' in written);
});
