// Two boxes show each other their configurations over a line that loses, repeats and forges: only the other box of this pair is
// answered and believed, and the answer is whole.
import { randomBytes } from 'node:crypto';
import test from 'ava';
import { differencesOf, diffText } from '../../src/cli/configDiff.ts';
import { ConfigExchange } from '../../src/daemon/configExchange.ts';
import { shownConfig } from '../../src/daemon/shownConfig.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/config.ts';
import { decodeConfigPage, encodeConfigPage, isConfigPage } from '../../src/protocol/configPage.ts';
import { configText } from '../config/configText.ts';
import type { Sections } from '../config/configText.ts';
import { boxA, boxB, thePair } from '../core/builders.ts';
import { Random } from '../simulator/random.ts';

const key = Buffer.alloc(32, 5);

type Line = (datagram: Buffer) => readonly Buffer[];

/** Two boxes on a line; each shows what is given. */
function twoBoxes(
  contents: { readonly a: string; readonly b: string },
  line: Line = (datagram) => [datagram],
) {
  let sent = 0;
  const box = (self: string, content: string, other: () => ConfigExchange): ConfigExchange =>
    new ConfigExchange({
      self,
      pairId: thePair,
      keys: () => [key],
      send: (datagram) => {
        sent += 1;
        for (const each of line(datagram)) setImmediate(() => other().take(each));
      },
      content: () => content,
      now: () => performance.now(),
    });
  const a: ConfigExchange = box(boxA, contents.a, () => b);
  const b: ConfigExchange = box(boxB, contents.b, () => a);
  return { a, b, sent: () => sent };
}

const long = JSON.stringify(Array.from({ length: 400 }, () => randomBytes(20).toString('hex')));

test('both get what the other one shows, over many pages', async (t) => {
  const { a, b } = twoBoxes({ a: 'short', b: long });
  t.is(await a.ask(), long);
  t.is(await b.ask(), 'short');
});

test('a line that loses every third datagram and repeats others only costs time', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  t.log(`seed ${seed}`);
  const random = new Random(seed);
  const { a } = twoBoxes({ a: '', b: long }, (datagram) =>
    random.chance(0.33) ? [] : random.chance(0.2) ? [datagram, datagram] : [datagram],
  );
  t.timeout(120_000);
  t.is(await a.ask(), long);
});

test('a box that does not answer is told as such, and a second question waits for nothing', async (t) => {
  const { a } = twoBoxes({ a: '', b: '' }, () => []);
  const first = a.ask();
  await t.throwsAsync(a.ask(), { message: 'the other box is being asked already' });
  await t.throwsAsync(first, { message: 'the other box does not show its configuration' });
});

test('what is of another pair, of another key, cut or changed in any byte is neither answered nor believed', (t) => {
  const question = {
    kind: 'question',
    page: 0,
    pages: 0,
    sender: boxB,
    question: '11'.repeat(8),
    content: Buffer.alloc(0),
  } as const;
  const bytes = encodeConfigPage(question, thePair, key);
  t.true(isConfigPage(bytes));
  t.deepEqual(decodeConfigPage(bytes, thePair, [Buffer.alloc(32, 6), key]), question);
  t.is(decodeConfigPage(bytes, thePair, [Buffer.alloc(32, 6)]), null);
  t.is(decodeConfigPage(bytes, '71'.repeat(16), [key]), null);
  t.is(decodeConfigPage(bytes.subarray(0, -1), thePair, [key]), null);
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    t.is(decodeConfigPage(changed, thePair, [key]), null, `byte ${at}`);
  }
  const { a, sent } = twoBoxes({ a: 'x', b: '' });
  t.false(a.take(encodeConfigPage(question, thePair, Buffer.alloc(32, 6))));
  t.is(sent(), 0);
  t.true(a.take(bytes));
  t.is(sent(), 1);
});

test('recorded questions that are played again are answered no more often than is affordable', (t) => {
  const { a, sent } = twoBoxes({ a: long, b: '' });
  for (let round = 0; round < 1_000; round += 1) {
    const question = {
      kind: 'question',
      page: 0,
      pages: 0,
      sender: boxB,
      question: randomBytes(8).toString('hex'),
      content: Buffer.alloc(0),
    } as const;
    a.take(encodeConfigPage(question, thePair, key));
  }
  t.true(sent() <= 200, String(sent()));
});

function config(sections: Sections): Config {
  const loaded = parseConfig(configText(sections));
  if (!('config' in loaded)) throw new Error(JSON.stringify(loaded.complaints));
  return loaded.config;
}

function secret(password: string): Sections[string] {
  return { settings: { 'x.password': password, work_mem: '8MB' } };
}

test('what differs is told, what must differ apart from it, and a secret that differs without being shown', (t) => {
  const own = shownConfig(
    config({ node: { name: 'box-a' }, database: secret('one'), log: { level: 'info' } }),
    key,
  );
  const alike = shownConfig(
    config({ node: { name: 'box-b' }, database: secret('one'), log: { level: 'info' } }),
    key,
  );
  t.false(JSON.stringify(own).includes('"one"'));
  t.deepEqual(
    differencesOf(own, alike).map(({ key: name, isExpected }) => [name, isExpected]),
    [['node.name', true]],
  );
  t.is(
    diffText(own, alike, differencesOf(own, alike)),
    'box-a and box-b are configured alike\neach its own, as it should be: node.name\n',
  );
  const other = shownConfig(
    config({ node: { name: 'box-b' }, database: secret('two'), log: { level: 'debug' } }),
    key,
  );
  const text = diffText(own, other, differencesOf(own, other));
  t.regex(text, /^box-a and box-b differ:\n/);
  t.regex(text, / {2}database\.settings: differs in what is not shown\n/);
  t.regex(text, / {2}log\.level\n {4}box-a: info\n {4}box-b: debug\n/);
  t.notRegex(text, /one|two/);
  const newer = { ...alike, version: '9.9.9' };
  t.like(differencesOf(own, newer)[0], { key: 'hotpair', peer: '9.9.9', isExpected: false });
});
