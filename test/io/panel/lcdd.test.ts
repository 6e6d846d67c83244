// LCDd of the Debian package lcdproc, a program that shares nothing with ours: our client drives it, and a simulated panel at its
// other end shows what came of it. And LCDd's own packets go through our codec.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { SimulatedModel, SimulatedPanel } from '../../../src/io/panel/simulatedPanel.ts';
import { PanelPacketReader } from '../../../src/protocol/panelPacket.ts';
import { until } from '../../kernel/until.ts';
import { emptyFolder, openDevice, openHost, steady, untilShown } from './panelEnds.ts';
import type { HostEnd } from './panelEnds.ts';

const patience = 30_000;

type Driver = { readonly module: string; readonly lines: readonly string[] };

const drivers: Readonly<Record<SimulatedModel, Driver>> = {
  '635': { module: 'CFontzPacket', lines: ['Model=635', 'Size=20x4', 'Speed=115200', 'USB=no'] },
  '633': { module: 'CFontzPacket', lines: ['Model=633', 'Size=16x2', 'Speed=19200', 'USB=no'] },
  // The letters of the LK204-7T-1U: without these LCDd takes them for other keys.
  lk204: {
    module: 'MtxOrb',
    lines: [
      'Size=20x4',
      'Type=lkd',
      'Speed=19200',
      'KeyMap_A=Escape',
      'KeyMap_B=Up',
      'KeyMap_C=Right',
      'KeyMap_D=Left',
      'KeyMap_E=Enter',
      'KeyMap_H=Down',
    ],
  },
};

/** Where Debian puts the modules, whatever the processor. */
function moduleFolder(): string {
  const folders = readdirSync('/usr/lib').map((name) => join('/usr/lib', name, 'lcdproc'));
  const folder = folders.find((path) => existsSync(join(path, 'CFontzPacket.so')));
  if (folder === undefined) throw new Error('the Debian package lcdproc is not installed');
  return folder;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** No key is LCDd's own, and so no screen but ours comes to the front. */
const freeKeys = [
  'NextScreenKey=F1',
  'PrevScreenKey=F2',
  'ToggleRotateKey=F3',
  '[menu]',
  'MenuKey=F4',
  'EnterKey=F5',
  'UpKey=F6',
  'DownKey=F7',
];
/** As Debian delivers it. */
const keptKeys = [
  'NextScreenKey=Right',
  'PrevScreenKey=Left',
  'ToggleRotateKey=Enter',
  '[menu]',
  'MenuKey=Escape',
  'EnterKey=Enter',
  'UpKey=Up',
  'DownKey=Down',
];

function startLcdd(
  t: ExecutionContext,
  model: SimulatedModel,
  device: string,
  port: number,
  keys = freeKeys,
): ChildProcess {
  const { module, lines } = drivers[model];
  const file = join(emptyFolder(t), 'LCDd.conf');
  const settings = [
    '[server]',
    `DriverPath=${moduleFolder()}/`,
    `Driver=${module}`,
    'Bind=127.0.0.1',
    `Port=${port}`,
    'User=root',
    'ReportToSyslog=no',
    ...keys,
    `[${module}]`,
    `Device=${device}`,
    ...lines,
    '',
  ];
  writeFileSync(file, settings.join('\n'));
  const lcdd = spawn('/usr/sbin/LCDd', ['-f', '-c', file], { stdio: 'ignore' });
  t.teardown(() => lcdd.kill('SIGKILL'));
  return lcdd;
}

type Site = {
  readonly device: SimulatedPanel;
  readonly host: HostEnd;
  readonly lcdd: ChildProcess;
  readonly port: number;
};

async function openSite(
  t: ExecutionContext,
  model: SimulatedModel,
  onBytes?: (bytes: Buffer) => void,
): Promise<Site> {
  const device = openDevice(t, model, onBytes);
  const port = await freePort();
  const lcdd = startLcdd(t, model, device.path, port);
  const host = openHost(t, { driver: 'lcdproc', host: '127.0.0.1', port });
  await until('LCDd is found', () => host.news.at(-1)?.startsWith('found') === true, patience);
  t.log(host.news.at(-1));
  return { device, host, lcdd, port };
}

async function lightsPass({ panel }: HostEnd, device: SimulatedPanel): Promise<void> {
  for (const colours of [
    ['green', 'amber', 'red', 'red'],
    ['red', 'off', 'off', 'green'],
  ] as const) {
    panel.light(steady(...colours));
    const shown = (): string => device.picture().lamps.join();
    await until(colours.join(), () => shown() === colours.join(), patience);
  }
}

for (const model of ['635', 'lk204'] as const) {
  test(`${model} behind LCDd: pages, lights and keys pass`, async (t) => {
    const { device, host } = await openSite(t, model);
    t.deepEqual([host.panel.columns, host.panel.rows], [20, 4]);
    host.panel.show(['box-a "x" {y}', 'back\\slash #1', '  indented', 'last line 0123456789']);
    await untilShown(device, 'last line 0123456789');
    await until(
      'the first line is there',
      () => device.device.screen.lines()[0] === "box-a 'x' {y}       ",
      patience,
    );
    t.deepEqual(device.device.screen.lines().slice(1), [
      'back/slash #1       ',
      '  indented          ',
      'last line 0123456789',
    ]);
    if (model === '635') await lightsPass(host, device);
    else
      t.false(device.device.counts.has('outputOn'), 'LCDd does not know whether these are lights');
    host.panel.show(['another page']);
    await until(
      'it is shown alone',
      () => device.device.screen.lines().join('').trim() === 'another page',
      patience,
    );
    for (const key of ['up', 'down', 'left', 'right', 'enter', 'cancel'] as const) {
      device.press(key);
      await until(`${key} is heard`, () => host.keys.at(-1) === key, patience);
    }
    t.is(host.keys.length, 6);
    t.deepEqual(device.device.complaints, []);
  });
}

test('a CFA-633 behind LCDd has two lines of sixteen, and its packets go through our codec', async (t) => {
  let packets = 0;
  const reader = new PanelPacketReader(() => (packets += 1));
  const { device, host } = await openSite(t, '633', (bytes) => reader.push(bytes));
  t.deepEqual([host.panel.columns, host.panel.rows], [16, 2]);
  host.panel.show(['0123456789abcdef', 'second', 'third']);
  host.panel.light(steady('red', 'red', 'red', 'red'));
  await untilShown(device, '0123456789abcdef');
  await untilShown(device, 'second');
  t.false(device.device.counts.has('output'), 'outputs that may be anything are left alone');
  t.true(packets > 20);
  t.is(reader.dropped, 0);
});

test('LCDd that ends is missed, and the page is shown when another one comes', async (t) => {
  const { device, host, lcdd, port } = await openSite(t, '635');
  host.panel.show(['before']);
  await untilShown(device, 'before');
  lcdd.kill('SIGKILL');
  await until('it is missed', () => host.news.at(-1)?.startsWith('lost') === true, patience);
  host.panel.show(['after']);
  startLcdd(t, '635', device.path, port);
  await untilShown(device, 'after');
  t.deepEqual(
    host.news.map((news) => news.split(' ')[0]),
    ['found', 'lost', 'found'],
  );
});

test('keys that LCDd keeps for its menu are not counted on', async (t) => {
  const device = openDevice(t, '635');
  const port = await freePort();
  startLcdd(t, '635', device.path, port, keptKeys);
  const host = openHost(t, { driver: 'lcdproc', host: '127.0.0.1', port });
  host.panel.show(['with its menu']);
  await untilShown(device, 'with its menu');
  t.deepEqual(host.panel.keys, ['up', 'down', 'left', 'right', 'enter']);
});
