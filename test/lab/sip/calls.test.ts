// What is made of the logs of phones: calls, their records, silences, gaps in their audio.
import test from 'ava';
import { compareRecords } from './callRecords.ts';
import { callsOf, shortMessageOf, type Call } from './calls.ts';
import { longestRtpGapMs } from './rtpGaps.ts';
import { longestSilenceMs } from './sipProbeProcess.ts';

function line(seconds: number, direction: 'R' | 'S', sequence: string, first: string): string {
  const time = seconds.toFixed(6);
  return `2026-01-02\t03:04:05.6\t${time}\t${direction}\t1-7@192.0.2.100\tCSeq:${sequence}\t${first}`;
}

const talked = [
  line(10, 'S', '1 INVITE', 'INVITE sip:1000@192.0.2.10 SIP/2.0'),
  line(10.5, 'S', '1 INVITE', 'INVITE sip:1000@192.0.2.10 SIP/2.0'),
  line(10.6, 'R', '1 INVITE', 'SIP/2.0 100 trying'),
  line(10.7, 'R', '1 INVITE', 'SIP/2.0 200 OK'),
  line(10.8, 'S', '1 ACK', 'ACK sip:192.0.2.100:5070 SIP/2.0'),
  line(15, 'S', '2 BYE', 'BYE sip:192.0.2.100:5070 SIP/2.0'),
  line(15.5, 'S', '2 BYE', 'BYE sip:192.0.2.100:5070 SIP/2.0'),
];

test('a call begins with its first INVITE and is over when its BYE is answered', (t) => {
  const [call] = callsOf(talked.map(shortMessageOf));
  t.deepEqual(call, {
    callId: '1-7@192.0.2.100',
    called: '1000',
    invitedMs: 10_000,
    answeredMs: 10_700,
    hungUpMs: 15_000,
    endedMs: null,
    refused: null,
  });
  const [over] = callsOf(
    [...talked, line(15.6, 'R', '2 BYE', 'SIP/2.0 200 OK')].map(shortMessageOf),
  );
  t.is(over?.endedMs, 15_600);
});

test('a BYE that is refused does not end a call', (t) => {
  const lines = [...talked, line(15.6, 'R', '2 BYE', 'SIP/2.0 404 Not Here')];
  const [call] = callsOf(lines.map(shortMessageOf));
  t.is(call?.endedMs, null);
  t.is(call?.refused, 404);
});

const call: Call = {
  callId: 'a',
  called: '1000',
  invitedMs: 0,
  answeredMs: 1000,
  hungUpMs: 5000,
  endedMs: 6000,
  refused: null,
};

test('a call that was ended needs one record, and one that was not needs none', (t) => {
  const none = compareRecords([call, { ...call, callId: 'b', endedMs: null }], []);
  t.deepEqual(none, { lost: [call], wrong: [] });
  const record = { callId: 'a', seconds: 4 };
  t.deepEqual(compareRecords([call], [record]), { lost: [], wrong: [] });
});

function wrong(seconds: number): number {
  return compareRecords([call], [{ callId: 'a', seconds }]).wrong.length;
}

test('a record charges from an instant between call and answer to one between BYE and its answer', (t) => {
  t.deepEqual([3.6, 4, 5, 6.2].map(wrong), [1, 0, 0, 0]);
  t.is(wrong(6.4), 1);
});

test('a gap in audio is what is missing between two numbers that were heard, not what came out of order', (t) => {
  const heard = [1, 3, 2, 10, 11].map((sequence) => ({ end: 0, sequence, atMs: sequence * 20 }));
  t.is(longestRtpGapMs(heard, 0, 100), 120);
  t.is(longestRtpGapMs(heard.slice(0, 3), 0, 0), 0);
});

test('an end that hears nothing after the fault has no gap but silence', (t) => {
  const heard = [{ end: 0, sequence: 1, atMs: 20 }];
  t.is(longestRtpGapMs(heard, 0, 100), null);
  t.is(longestRtpGapMs(heard, 1, 0), null);
});

test('a silence is counted from the last answer before the fault', (t) => {
  const answers = [10, 20, 30, 400, 410].map((atMs) => ({ askedMs: atMs - 1, atMs }));
  t.is(longestSilenceMs(answers, 35), 370);
  t.is(longestSilenceMs(answers, 405), 10);
  t.is(longestSilenceMs(answers, 420), null);
});
