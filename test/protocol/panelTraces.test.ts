// What LCDd said to panels and what they answered, recorded: our codecs read all of it, and the simulated panels understand it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { SimulatedCrystalfontz } from '../../src/io/panel/simulatedCrystalfontz.ts';
import type { SimulatedDevice } from '../../src/io/panel/simulatedDevice.ts';
import { SimulatedMatrixOrbital } from '../../src/io/panel/simulatedMatrixOrbital.ts';
import { readCrystalfontzNews } from '../../src/protocol/panelCrystalfontz.ts';
import { readLcdprocLine } from '../../src/protocol/panelLcdproc.ts';
import { readPollAnswer } from '../../src/protocol/panelMatrixOrbital.ts';
import { encodePanelPacket, PanelPacketReader } from '../../src/protocol/panelPacket.ts';
import type { PanelPacket } from '../../src/protocol/panelPacket.ts';

const folder = join(import.meta.dirname, '..', 'fixtures', 'panel');

type Line = {
  readonly dir?: string;
  readonly hex?: string;
  readonly name?: string;
  readonly key?: string;
  readonly screen?: readonly string[];
};

function trace(name: string): readonly Line[] {
  const lines = readFileSync(join(folder, name), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Line);
}

function bytesOf({ hex }: Line): Buffer {
  return Buffer.from((hex ?? '').replaceAll(' ', ''), 'hex');
}

const crystalfontz = [
  { name: 'lcdd-cfa635.jsonl', keys: 4 },
  { name: 'lcdd-cfa633.jsonl', keys: 2 },
  { name: 'lcdd-cfa635-noanswer.jsonl', keys: 0 },
];

for (const { name, keys } of crystalfontz) {
  test(`${name}: every packet of both sides is read by our codec and encoded to the same bytes`, (t) => {
    const packets = trace(name).filter(({ dir }) => dir !== undefined);
    t.true(packets.length > 20);
    for (const dir of ['host->panel', 'panel->host']) {
      const bytes = Buffer.concat(packets.filter((line) => line.dir === dir).map(bytesOf));
      const heard: PanelPacket[] = [];
      const reader = new PanelPacketReader((packet) => heard.push(packet));
      reader.push(bytes);
      t.is(reader.dropped, 0);
      t.is(heard.length, packets.filter((line) => line.dir === dir).length);
      t.deepEqual(Buffer.concat(heard.map(encodePanelPacket)), bytes);
      if (dir === 'host->panel') continue;
      const news = heard.map(readCrystalfontzNews);
      t.is(news.filter(({ type }) => type === 'key').length, keys);
      t.false(news.some(({ type }) => type === 'refusal'));
    }
  });
}

function hearHost(device: SimulatedDevice, name: string): readonly Line[] {
  const lines = trace(name);
  for (const line of lines) if (line.dir === 'host->panel') device.receive(bytesOf(line));
  return lines;
}

test('a simulated CFA-635 shows line for line what was seen when the trace was recorded', (t) => {
  const device = new SimulatedCrystalfontz('635', () => undefined);
  let compared = 0;
  for (const line of trace('lcdd-cfa635.jsonl')) {
    if (line.dir === 'host->panel') device.receive(bytesOf(line));
    const { screen } = line;
    // Where the recorder met a character beyond ASCII, it wrote its number.
    if (screen === undefined || screen.some((text) => text.includes('\\x'))) continue;
    t.deepEqual(device.screen.lines(), screen);
    compared += 1;
  }
  t.true(compared > 5, `${compared} screens`);
  t.deepEqual(device.complaints, []);
});

test('a simulated CFA-633 and a simulated LK204-7T-1U understand all that LCDd says', (t) => {
  const small = new SimulatedCrystalfontz('633', () => undefined);
  hearHost(small, 'lcdd-cfa633.jsonl');
  t.deepEqual(small.complaints, []);
  const matrixOrbital = new SimulatedMatrixOrbital(() => undefined);
  hearHost(matrixOrbital, 'lcdd-mtxorb.jsonl');
  t.deepEqual(matrixOrbital.complaints, []);
  t.true((matrixOrbital.counts.get('letter') ?? 0) > 100);
});

test('keys of a Matrix Orbital panel are those that the trace names', (t) => {
  const pressed = trace('lcdd-mtxorb.jsonl').flatMap(({ key }) => (key === undefined ? [] : [key]));
  t.deepEqual(
    pressed.map((letter) => readPollAnswer(letter.charCodeAt(0))?.key),
    ['enter', 'left'],
  );
});

for (const name of ['lcdd-tcp-635.txt', 'lcdd-tcp-633.txt', 'lcdd-tcp-mtxorb.txt']) {
  test(`${name}: every line of LCDd is understood`, (t) => {
    const lines = readFileSync(join(folder, name), 'utf8').trim().split('\n');
    const said = lines.flatMap((line) => /^[\d.]+ < (.*)$/.exec(line)?.[1] ?? []);
    const news = said.map(readLcdprocLine);
    t.like(news[0], { type: 'connected', version: '0.5.9' });
    t.is(news.filter((one) => one?.type === 'done').length, 1);
    t.deepEqual(
      news.filter((one) => one?.type === 'key'),
      [{ type: 'key', key: 'enter' }],
    );
    t.false(news.includes(null));
  });
}
