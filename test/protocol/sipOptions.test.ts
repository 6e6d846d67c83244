// The OPTIONS request as RFC 3261 wants it, and answers of which only those to this very question are believed.
import test from 'ava';
import { encodeOptions, readAnswer } from '../../src/protocol/sipOptions.ts';
import type { SipQuestion } from '../../src/protocol/sipOptions.ts';

function aQuestion(changes: Partial<SipQuestion> = {}): SipQuestion {
  return {
    target: { address: '192.0.2.50', port: 5060 },
    local: { address: '192.0.2.1', port: 40_000 },
    branch: 'z9hG4bKabc',
    tag: 'tag1',
    callId: 'call1',
    sequence: 1,
    ...changes,
  };
}

function anAnswer(
  changes: Readonly<Record<string, string>> = {},
  first = 'SIP/2.0 200 OK',
): Buffer {
  const headers = {
    Via: 'SIP/2.0/UDP 192.0.2.1:40000;branch=z9hG4bKabc;rport=40000;received=192.0.2.1',
    From: '<sip:hotpair@192.0.2.1:40000>;tag=tag1',
    To: '<sip:192.0.2.50:5060>;tag=other',
    'Call-ID': 'call1',
    CSeq: '1 OPTIONS',
    'Content-Length': '0',
    ...changes,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from([first, ...lines, '', ''].join('\r\n'));
}

const ok = { status: 200, reason: 'OK' };

test('the request has everything that RFC 3261, 8.1.1 demands, and ends with an empty line', (t) => {
  t.is(
    encodeOptions(aQuestion()).toString(),
    [
      'OPTIONS sip:192.0.2.50:5060 SIP/2.0',
      'Via: SIP/2.0/UDP 192.0.2.1:40000;branch=z9hG4bKabc;rport',
      'Max-Forwards: 70',
      'From: <sip:hotpair@192.0.2.1:40000>;tag=tag1',
      'To: <sip:192.0.2.50:5060>',
      'Call-ID: call1',
      'CSeq: 1 OPTIONS',
      'Contact: <sip:hotpair@192.0.2.1:40000>',
      'Accept: application/sdp',
      'User-Agent: hotpair',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  );
});

test('an IPv6 address stands in brackets, without its zone', (t) => {
  const question = aQuestion({
    target: { address: 'fe80::1%eth0', port: 5060 },
    local: { address: '2001:db8::2', port: 4000 },
  });
  const text = encodeOptions(question).toString();
  t.true(text.startsWith('OPTIONS sip:[fe80::1]:5060 SIP/2.0\r\n'));
  t.true(text.includes('Via: SIP/2.0/UDP [2001:db8::2]:4000;branch='));
});

test('an answer to the question is read, also with compact and continued headers and bare line feeds', (t) => {
  t.deepEqual(readAnswer(anAnswer(), aQuestion()), ok);
  t.deepEqual(readAnswer(anAnswer({}, 'SIP/2.0 404 Not here'), aQuestion()), {
    status: 404,
    reason: 'Not here',
  });
  t.deepEqual(readAnswer(anAnswer({}, 'SIP/2.0 200 '), aQuestion()), { status: 200, reason: '' });
  const compact =
    'SIP/2.0 200 OK\nv: SIP/2.0/UDP 192.0.2.1;rport=1\n ;BRANCH=z9hG4bKabc\ni: call1\ncseq: 1   OPTIONS\n\n';
  t.deepEqual(readAnswer(Buffer.from(compact), aQuestion()), ok);
});

test('only the topmost Via counts, also of several in one line', (t) => {
  const via = 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKabc, SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKother';
  t.deepEqual(readAnswer(anAnswer({ Via: via }), aQuestion()), ok);
  const swapped = via.split(', ').toReversed().join(', ');
  t.is(readAnswer(anAnswer({ Via: swapped }), aQuestion()), null);
});

test('what answers another question, or none, is nothing', (t) => {
  const other: readonly Buffer[] = [
    anAnswer({ Via: 'SIP/2.0/UDP 192.0.2.1:40000;branch=z9hG4bKabd' }),
    anAnswer({ Via: 'SIP/2.0/UDP 192.0.2.1:40000' }),
    anAnswer({ 'Call-ID': 'call2' }),
    anAnswer({ CSeq: '2 OPTIONS' }),
    anAnswer({ CSeq: '1 INVITE' }),
    anAnswer({ CSeq: '1' }),
    anAnswer({}, 'SIP/2.0 999 Too much'),
    anAnswer({}, 'SIP/1.0 200 OK'),
    anAnswer({}, 'HTTP/1.1 200 OK'),
    encodeOptions(aQuestion()),
    Buffer.alloc(0),
    Buffer.from('SIP/2.0 200 OK\r\n'),
    // Cut within its head.
    anAnswer().subarray(0, -2),
    anAnswer({ 'X-Long': 'x'.repeat(20_000) }),
  ];
  for (const bytes of other) t.is(readAnswer(bytes, aQuestion()), null, bytes.toString());
});

test('no garbage makes the reader throw or believe; seed printed', (t) => {
  const seed = Number(process.env['SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
  t.log(`SEED=${seed}`);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7f_ff_ff_ff;
    return (state >> 8) % below;
  };
  const whole = anAnswer();
  const parts = ['SIP/2.0 200 OK', '\r\n', '\r\n\r\n', ':', 'Via:', ';branch=', '\0', '\n\t', '  '];
  for (let round = 0; round < 5_000; round += 1) {
    const bytes = Buffer.from(whole);
    for (let count = random(8); count > 0; count -= 1) bytes[random(bytes.length)] = random(256);
    const piece = Buffer.from(parts[random(parts.length)] ?? '');
    const at = random(bytes.length);
    const mixed = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(random(at + 1))]);
    const answer = readAnswer(mixed, aQuestion({ branch: 'z9hG4bKnever' }));
    t.is(answer, null);
    t.notThrows(() => readAnswer(mixed, aQuestion()));
  }
});

test('a reason from outside is short and plain', (t) => {
  const answer = readAnswer(anAnswer({}, `SIP/2.0 200 \u001b[2J${'x'.repeat(500)}`), aQuestion());
  t.regex(answer?.reason ?? '', /^\[2Jx{96,97}$/);
});
