// What the last release put on the wire and on disk, recorded by its own code, against the code of now: both understand each other as
// long as a format keeps its number, and a new number says that the old one can be read.
import test from 'ava';
import type { DurableRecord } from '../../src/core/record.ts';
import type { Heartbeat } from '../../src/core/standing.ts';
import { formatTroubles, ownFormats, parseFormats } from '../../src/daemon/formats.ts';
import { decodeHeartbeat, encodeHeartbeat } from '../../src/protocol/heartbeat.ts';
import { decodeKeyStatement, encodeKeyStatement } from '../../src/protocol/keyStatement.ts';
import type { KeyStatement } from '../../src/protocol/keyStatement.ts';
import { decodePathProbe, encodePathProbe } from '../../src/protocol/pathProbe.ts';
import type { PathProbe } from '../../src/protocol/pathProbe.ts';
import { decodeRecord, encodeRecord } from '../../src/protocol/recordFile.ts';
import { lastRelease, readRecorded } from './lastRelease.ts';
import type { Sample } from './lastRelease.ts';

const recorded = readRecorded();
const { pairId } = recorded;
const key = Buffer.from(recorded.key, 'hex');

test('the recording is of the last release', (t) => {
  t.like(recorded, lastRelease);
  for (const kind of ['heartbeats', 'keyStatements', 'pathProbes', 'records'] as const)
    t.true(recorded[kind].length > 2, kind);
});

function bytesOf({ bytes }: Sample): Buffer {
  return Buffer.from(bytes, 'hex');
}

test('heartbeats: what it said is understood, and it understands what is said now', (t) => {
  for (const sample of recorded.heartbeats) {
    t.deepEqual(decodeHeartbeat(bytesOf(sample), pairId, key), {
      ok: true,
      heartbeat: sample.value as Heartbeat,
    });
    t.is(encodeHeartbeat(sample.value as Heartbeat, pairId, key).toString('hex'), sample.bytes);
  }
});

test('statements about keys and probes of paths: both ways', (t) => {
  for (const sample of recorded.keyStatements) {
    t.deepEqual(decodeKeyStatement(bytesOf(sample), pairId, [key]), sample.value as KeyStatement);
    t.is(
      encodeKeyStatement(sample.value as KeyStatement, pairId, key).toString('hex'),
      sample.bytes,
    );
  }
  for (const sample of recorded.pathProbes) {
    t.deepEqual(decodePathProbe(bytesOf(sample), pairId, key), sample.value as PathProbe);
    t.is(encodePathProbe(sample.value as PathProbe, pairId, key).toString('hex'), sample.bytes);
  }
});

test('records: its files are read, and it reads those of now after the update was taken back', (t) => {
  for (const sample of recorded.records) {
    t.deepEqual(decodeRecord(bytesOf(sample)), { ok: true, record: sample.value as DurableRecord });
    t.is(encodeRecord(sample.value as DurableRecord).toString('hex'), sample.bytes);
  }
});

test('two executables with a format that one of them cannot read are told apart, each in a sentence', (t) => {
  t.deepEqual(formatTroubles(ownFormats, ownFormats), []);
  const newer = {
    ...ownFormats,
    heartbeat: { writes: 1, reads: [1, 2] },
    record: { writes: 2, reads: [1, 2] },
    configuration: { writes: 2, reads: [0, 1, 2] },
  };
  t.deepEqual(formatTroubles(ownFormats, newer), [
    'this version does not read the record of the other one (number 2)',
  ]);
  t.deepEqual(formatTroubles(ownFormats, { ...ownFormats, heartbeat: { writes: 2, reads: [2] } }), [
    'the new version does not read the heartbeats of the other one (number 1)',
    'this version does not read the heartbeats of the other one (number 2)',
  ]);
  t.deepEqual(parseFormats(JSON.stringify(ownFormats)), ownFormats);
  for (const text of [
    '',
    '[]',
    'null',
    '{"heartbeat":1}',
    '{"heartbeat":{"writes":1,"reads":"1"}}',
  ])
    t.is(parseFormats(text), null, text);
});
