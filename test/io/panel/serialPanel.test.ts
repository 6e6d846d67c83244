// The serial drivers and simulated panels on pseudo terminals: what is shown, what is sent, and panels that fail in every way.
import { readSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { drawPanel } from '../../../src/io/panel/drawnPanel.ts';
import { simulatedModels } from '../../../src/io/panel/simulatedPanel.ts';
import type { SimulatedPanel } from '../../../src/io/panel/simulatedPanel.ts';
import { monotonicMs } from '../../../src/kernel/clock.ts';
import { openPseudoTerminal } from '../../../src/kernel/pseudoTerminal.ts';
import type { PseudoTerminal } from '../../../src/kernel/pseudoTerminal.ts';
import { watchReadable } from '../../../src/kernel/readable.ts';
import { until } from '../../kernel/until.ts';
import { driverFor, emptyFolder, openDevice, openHost, steady, untilShown } from './panelEnds.ts';

const page = ['box-a        PRIMARY', 'Peer box-b   standby', '192.0.2.10', 'lag 0.0s $@[_]'];
const patience = 15_000;

/** Everything that was to be told has been told, and one sign of life after it. */
async function untilQuiet(panel: SimulatedPanel): Promise<void> {
  const { counts } = panel.device;
  const idle = (): number => (counts.get('ping') ?? 0) + (counts.get('poll') ?? 0);
  const others = (): number => [...counts.values()].reduce((sum, count) => sum + count, 0) - idle();
  let seen = -1;
  let idleThen = 0;
  await until(
    'nothing is told any more',
    () => {
      if (others() !== seen) {
        seen = others();
        idleThen = idle();
      }
      return idle() >= idleThen + 2;
    },
    patience,
  );
}

for (const model of simulatedModels) {
  test(`${model}: a page, its changes and the keys, to the letter of the manual`, async (t) => {
    const device = openDevice(t, model);
    const host = openHost(t, driverFor(model, device.path));
    const { columns, rows } = host.panel;
    host.panel.show(page);
    await untilShown(device, 'PRIMARY'.slice(0, columns - 13));
    await untilQuiet(device);
    t.deepEqual(
      device.picture().lines,
      page.slice(0, rows).map((line) => line.slice(0, columns).padEnd(columns)),
    );
    t.regex(host.news.join(), /^found (CFA63[35]:h1.3,s2.0|Matrix Orbital LK204-7T-1U)$/);

    host.panel.show([...page.slice(0, 1), 'Peer box-b   is away', ...page.slice(2)]);
    await untilShown(device, 'is');
    await untilQuiet(device);
    t.true(device.picture().lines[1]?.startsWith('Peer box-b   is'));

    for (const key of ['up', 'down', 'left', 'right', 'enter', 'cancel'] as const) {
      device.press(key);
      await until(`${key} is heard`, () => host.keys.at(-1) === key, patience);
    }
    t.is(host.keys.length, 6);
    t.deepEqual(device.device.complaints, []);
  });

  test(`${model}: unplugged and plugged in again it shows the page within 5 s, each time`, async (t) => {
    const device = openDevice(t, model);
    const host = openHost(t, driverFor(model, device.path));
    const times: number[] = [];
    for (const [round, awayMs] of [700, 1400, 6000].entries()) {
      host.panel.show([`round ${round}`]);
      await untilShown(device, `round ${round}`);
      device.unplug();
      await until('it is missed', () => host.news.at(-1)?.startsWith('lost') === true, patience);
      host.panel.show([`again ${round}`]);
      // The longer it was away the longer are the pauses between two looks.
      const awaySince = monotonicMs();
      await until('it was away', () => monotonicMs() - awaySince > awayMs, patience);
      device.plug();
      const pluggedAt = monotonicMs();
      await untilShown(device, `again ${round}`);
      times.push(monotonicMs() - pluggedAt);
    }
    t.log(`plugged in to shown: ${times.map((ms) => Math.round(ms)).join(', ')} ms`);
    for (const ms of times) t.true(ms < 5000, `${ms} ms`);
    t.is(host.news.filter((news) => news.startsWith('found')).length, 4);
  });
}

test('what does not change is not sent, and of a line only the part that does', async (t) => {
  const device = openDevice(t, '635');
  const host = openHost(t, driverFor('635', device.path));
  host.panel.show(page);
  host.panel.light(steady('green', 'amber', 'red', 'off'));
  await untilShown(device, 'PRIMARY');
  await untilQuiet(device);
  const { counts } = device.device;
  const before = { text: counts.get('text'), output: counts.get('output') };
  t.deepEqual(before, { text: 4, output: 8 }, 'each line and each half of a light once');
  for (let time = 0; time < 100; time += 1) {
    host.panel.show(page);
    host.panel.light(steady('green', 'amber', 'red', 'off'));
  }
  await untilQuiet(device);
  t.deepEqual({ text: counts.get('text'), output: counts.get('output') }, before);
  host.panel.light(steady('green', 'red', 'red', 'off'));
  await until('the light is red', () => device.picture().lamps[1] === 'red', patience);
  await untilQuiet(device);
  t.is(counts.get('output'), 9);
  t.deepEqual(device.picture().lamps, ['green', 'red', 'red', 'off']);
});

test('a page that is shown again and again does not keep the panel from being asked for a sign of life', async (t) => {
  const device = openDevice(t, '635');
  const host = openHost(t, driverFor('635', device.path));
  host.panel.show(page);
  await untilShown(device, 'PRIMARY');
  const pings = (): number => device.device.counts.get('ping') ?? 0;
  const before = pings();
  const again = setInterval(() => host.panel.show(page), 20);
  t.teardown(() => clearInterval(again));
  await until('it is asked', () => pings() >= before + 2, patience);
  t.pass();
});

test('of a thousand pages the newest is shown, and few of the others are sent', async (t) => {
  const device = openDevice(t, '635');
  const host = openHost(t, driverFor('635', device.path));
  await until('it is found', () => host.news.length > 0, patience);
  for (let number = 0; number < 1000; number += 1) host.panel.show([`page ${number} of many`]);
  await untilShown(device, 'page 999 of many');
  await untilQuiet(device);
  t.true((device.device.counts.get('text') ?? 0) < 20);
});

test('a Matrix Orbital panel has three lights: the third is the worse of peer and database', async (t) => {
  const device = openDevice(t, 'lk204');
  const host = openHost(t, driverFor('lk204', device.path));
  host.panel.light(steady('green', 'amber', 'green', 'red'));
  const shows = (...lamps: string[]) =>
    until(lamps.join(), () => device.picture().lamps.join() === lamps.join(), patience);
  await shows('green', 'amber', 'red');
  host.panel.light(steady('off', 'red', 'amber', 'off'));
  await shows('off', 'red', 'amber');
  t.deepEqual(device.device.complaints, []);
});

for (const model of ['635', 'lk204'] as const) {
  test(`${model}: a light that blinks goes on and off, and stays when it no longer blinks`, async (t) => {
    const device = openDevice(t, model);
    const host = openHost(t, driverFor(model, device.path));
    host.panel.light([{ colour: 'amber', blinks: true }, ...steady('green', 'green', 'green')]);
    for (const lamp of ['amber', 'off', 'amber', 'off', 'amber'])
      await until(`it is ${lamp}`, () => device.picture().lamps[0] === lamp, patience);
    host.panel.light(steady('red', 'green', 'green', 'green'));
    await until('it is red', () => device.picture().lamps[0] === 'red', patience);
    await untilQuiet(device);
    t.is(device.picture().lamps[0], 'red');
  });
}

test('a CFA-633 where a CFA-635 is configured is spoken to as what it is', async (t) => {
  const device = openDevice(t, '633');
  const host = openHost(t, driverFor('635', device.path));
  host.panel.show(page);
  host.panel.light(steady('green', 'green', 'green', 'green'));
  await untilShown(device, 'Peer box-b   sta');
  await untilQuiet(device);
  t.deepEqual([host.panel.columns, host.panel.rows], [16, 2]);
  t.deepEqual(host.news, ['found CFA633:h1.3,s2.0']);
  t.deepEqual(device.device.complaints, []);
});

test('keys that come faster than a finger are not heard', async (t) => {
  const device = openDevice(t, '635');
  const host = openHost(t, driverFor('635', device.path));
  await until('it is found', () => host.news.length > 0, patience);
  for (let time = 0; time < 300; time += 1) device.press('enter');
  await until('the first are heard', () => host.keys.length === 20, patience);
  host.panel.show(['still there']);
  await untilShown(device, 'still there');
  t.true(host.keys.length <= 40, `${host.keys.length} in at most two seconds`);
});

test('a page is drawn with its lamps', async (t) => {
  const device = openDevice(t, '635');
  const host = openHost(t, driverFor('635', device.path));
  host.panel.show(page);
  host.panel.light(steady('green', 'amber', 'red', 'off'));
  await untilShown(device, 'PRIMARY');
  await untilQuiet(device);
  t.deepEqual(drawPanel(device.picture(), false), [
    '┌──────────────────────┐',
    '│ box-a        PRIMARY │ (G)',
    '│ Peer box-b   standby │ (A)',
    '│ 192.0.2.10           │ (R)',
    '│ lag 0.0s $@[_]       │ (.)',
    '└──────────────────────┘',
  ]);
});

/** A port that is nobody's: what comes is counted, what is written to `fd` is what a broken panel says. */
function brokenPanel(t: ExecutionContext): PseudoTerminal & { readonly heard: () => number } {
  const terminal = openPseudoTerminal();
  const space = Buffer.alloc(4096);
  let heard = 0;
  const watch = watchReadable(terminal.fd, () => {
    try {
      heard += readSync(terminal.fd, space);
    } catch {
      // Nothing there.
    }
  });
  t.teardown(() => {
    watch.close();
    terminal.close();
  });
  return { ...terminal, heard: () => heard };
}

for (const model of simulatedModels) {
  test(`${model}: a silent panel is asked a few times, counts as lost once, and is sought with pauses`, async (t) => {
    const { path, heard } = brokenPanel(t);
    const host = openHost(t, driverFor(model, path));
    host.panel.show(page);
    await until('it is lost', () => host.news.length > 0, patience);
    const asked = heard();
    await until('it is sought again', () => heard() > asked, patience);
    t.deepEqual(host.news, ['lost it does not answer']);
    t.true(heard() < 100, `${heard()} bytes`);
  });

  test(`${model}: a panel that says no word but floods is left, and one that works is found in its place`, async (t) => {
    const { path, fd } = brokenPanel(t);
    const port = join(emptyFolder(t), 'panel');
    symlinkSync(path, port);
    const host = openHost(t, driverFor(model, port));
    const noise = Buffer.alloc(512, 'A\u0000~');
    let longest = 0;
    let last = monotonicMs();
    const flood = setInterval(() => {
      longest = Math.max(longest, monotonicMs() - last);
      last = monotonicMs();
      try {
        for (let piece = 0; piece < 8; piece += 1) writeSync(fd, noise);
      } catch {
        // It is full.
      }
      host.panel.show([`page at ${last}`]);
    }, 1);
    t.teardown(() => clearInterval(flood));
    const isLeft = (): boolean => host.news.some((news) => news.includes('sends more'));
    await until('it is left', isLeft, patience);
    clearInterval(flood);
    t.log(`longest pause of the loop: ${Math.round(longest)} ms`);
    t.deepEqual(host.keys, []);
    rmSync(port);
    const device = openDevice(t, model);
    symlinkSync(device.path, port);
    host.panel.show(['it works']);
    await untilShown(device, 'it works');
    t.regex(host.news.at(-1) ?? '', /^found/);
  });
}

test('a panel that is reset unnoticed gets its page back with the next refresh', async (t) => {
  const device = openDevice(t, 'lk204');
  const host = openHost(t, driverFor('lk204', device.path));
  host.panel.show(page);
  await untilShown(device, 'PRIMARY');
  device.device.receive(Buffer.from([0xfe, 0x58, 0xfe, 0x41]));
  t.false(device.picture().lines.some((line) => line.includes('PRIMARY')));
  await untilShown(device, 'PRIMARY');
  device.press('enter');
  await until('its keys are heard', () => host.keys.length > 0, patience);
});

test('without a port the driver waits, says why once, and closes at once', async (t) => {
  const host = openHost(t, driverFor('635', join(emptyFolder(t), 'missing')));
  await until('it is missed', () => host.news.length > 0, patience);
  t.regex(host.news[0] ?? '', /^lost its port cannot be opened: .*No such file/);
  host.panel.show(page);
  host.panel.light(steady('red'));
  await host.panel.close();
  host.panel.show(page);
  t.is(host.news.length, 1);
});
