// The history on disk: bounded, whole lines only, and never in the way of the agent.
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { openBoundedWriter } from '../../../src/io/events/boundedWriter.ts';
import { openEventLog, readEvents } from '../../../src/io/events/eventLog.ts';

function aDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-events-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('lines are read in the order in which they were written', async (t) => {
  const directory = aDirectory(t);
  const log = openEventLog(directory);
  for (let number = 0; number < 20; number += 1) log.write(JSON.stringify({ number }));
  await log.flush(5_000);
  t.deepEqual(await readEvents(directory, 3), ['{"number":17}', '{"number":18}', '{"number":19}']);
  t.is(statSync(join(directory, 'events.jsonl')).mode & 0o777, 0o600);
});

test('the log never grows beyond four files of its size, and the newest lines stay', async (t) => {
  const directory = aDirectory(t);
  const log = openEventLog(directory, 1_000);
  for (let number = 0; number < 300; number += 1) {
    log.write(JSON.stringify({ number, filling: 'x'.repeat(50) }));
    // One write for each line, so that every rotation is met.
    await log.flush(5_000);
  }
  const files = readdirSync(directory).toSorted();
  t.deepEqual(files, ['events.jsonl', 'events.jsonl.1', 'events.jsonl.2', 'events.jsonl.3']);
  for (const file of files) t.true(statSync(join(directory, file)).size <= 1_000);
  const lines = await readEvents(directory, 20);
  t.is(lines.length, 20);
  t.true(lines.at(-1)?.startsWith('{"number":299'));
});

test('a line that a power loss cut short is left out and does not swallow the next one', async (t) => {
  const directory = aDirectory(t);
  writeFileSync(join(directory, 'events.jsonl'), '{"number":1}\n{"numb');
  const log = openEventLog(directory);
  log.write('{"number":2}');
  await log.flush(5_000);
  t.deepEqual(await readEvents(directory, 10), ['{"number":1}', '{"number":2}']);
});

test('a directory that refuses costs lines, which are counted, and later lines are kept again', async (t) => {
  const directory = join(aDirectory(t), 'later');
  const log = openEventLog(directory);
  log.write('{"number":1}');
  await log.flush(5_000);
  t.is(log.lost(), 1);
  mkdirSync(directory);
  log.write('{"number":2}');
  await log.flush(5_000);
  t.deepEqual(await readEvents(directory, 10), ['{"number":2}']);
  t.is(log.lost(), 1);
});

test('where nothing was written yet there are no events', async (t) => {
  t.deepEqual(await readEvents(aDirectory(t), 10), []);
});

test('a sink that never ends costs lines beyond the limit and never the caller', async (t) => {
  const taken: Buffer[] = [];
  const stuck = Promise.withResolvers<void>();
  const writer = openBoundedWriter((bytes) => {
    taken.push(bytes);
    return stuck.promise;
  }, 100);
  for (let number = 0; number < 50; number += 1) writer.write('0123456789');
  t.is(taken.length, 1, 'one write is under way, the others wait');
  t.true(writer.lost() >= 40);
  const before = performance.now();
  await writer.flush(30);
  t.true(performance.now() - before >= 25, 'flush waits no longer than it was told');
  stuck.resolve();
  await writer.flush(5_000);
  t.is(taken.length, 2);
});

test('appending goes on in the file that an earlier agent left', async (t) => {
  const directory = aDirectory(t);
  appendFileSync(join(directory, 'events.jsonl'), '{"number":1}\n');
  const log = openEventLog(directory);
  log.write('{"number":2}');
  await log.flush(5_000);
  t.is((await readEvents(directory, 10)).length, 2);
});
