// Text for panels: one line of printable ASCII whatever comes, and no byte that a panel would take for a command.
import test from 'ava';
import { changeLines, LineReader, readLcdprocLine } from '../../src/protocol/panelLcdproc.ts';
import { crystalfontzCharacters } from '../../src/protocol/panelCrystalfontz.ts';
import { matrixOrbitalText, readPollAnswer } from '../../src/protocol/panelMatrixOrbital.ts';
import { panelLine } from '../../src/protocol/panelText.ts';
import { Random } from '../simulator/random.ts';

test('letters lose their accents, signs become their like, and the rest a question mark', (t) => {
  t.is(panelLine('Zürich – señor 20°', 20), "Zurich - senor 20'  ");
  t.is(panelLine('e\u0301te\u0301', 4), 'ete ');
  t.is(panelLine('a\tb\nc\r', 6), 'a b c ');
  t.is(panelLine('\u0000\u001B[2J\u00FE☎😀', 8), '??[2J???');
});

test('any text whatever is one line of the width of the panel', (t) => {
  const seed = Number(process.env['SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
  t.log(`SEED=${seed}`);
  const random = new Random(seed);
  for (let round = 0; round < 2000; round += 1) {
    const units = Array.from({ length: random.below(60) }, () =>
      random.below(random.pick([128, 1024, 65_536])),
    );
    const line = panelLine(String.fromCharCode(...units), 20);
    t.regex(line, /^[ -~]{20}$/);
    t.false(matrixOrbitalText(0, 0, line).subarray(4).includes(0xfe), 'no command in text');
    const quoted = changeLines([{ row: 0, text: line }], null).split('\n');
    t.is(quoted.length, 3);
    t.regex(quoted[0] ?? '', /^widget_set hotpair row1 1 1 "[^"\\]{20}"$/);
  }
  t.is(panelLine('x'.repeat(1_000_000), 20).length, 20);
});

test('a CFA-635 has some of the signs elsewhere, a CFA-633 does without two', (t) => {
  t.deepEqual([...crystalfontzCharacters('a$@_~', '635')], [0x61, 0xa2, 0xa0, 0xc4, 0xce]);
  t.is(crystalfontzCharacters('a$@_~\\', '633').toString('latin1'), 'a$@_-/');
});

test('an answer to a poll is a key, nothing pressed, or noise', (t) => {
  t.deepEqual(readPollAnswer(0), { key: null, hasMore: false });
  t.deepEqual(readPollAnswer(0x42), { key: 'up', hasMore: false });
  t.deepEqual(readPollAnswer(0xc8), { key: 'down', hasMore: true });
  t.deepEqual(readPollAnswer(0x47), { key: null, hasMore: false }, 'a key without a use');
  for (const noise of [0x01, 0x30, 0x5a, 0x61, 0x80, 0xff]) t.is(readPollAnswer(noise), null);
});

test('lines of LCDd are cut as they come, and one without an end costs nothing', (t) => {
  const heard: string[] = [];
  const reader = new LineReader((line) => heard.push(line));
  for (const piece of ['suc', 'cess\nkey Up\r', '\n', 'x'.repeat(5000), 'y\nnoop complete\n'])
    reader.push(Buffer.from(piece));
  t.deepEqual(heard, ['success', 'key Up', 'noop complete']);
  t.deepEqual(readLcdprocLine('key Up'), { type: 'key', key: 'up' });
  t.deepEqual(readLcdprocLine('key F5'), { type: 'text', text: 'key F5' });
  t.deepEqual(readLcdprocLine('key constructor'), { type: 'text', text: 'key constructor' });
});

test('a display on which nothing can be shown is refused, a huge one is used in part', (t) => {
  t.is(readLcdprocLine('connect LCDproc 0.5.9 protocol 0.3 lcd wid 0 hgt 0'), null);
  t.is(readLcdprocLine('connect something'), null);
  t.like(readLcdprocLine('connect LCDproc 0.5.9 protocol 0.3 lcd wid 9999 hgt 9999'), {
    columns: 40,
    rows: 8,
  });
});
