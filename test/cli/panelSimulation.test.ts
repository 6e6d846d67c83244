// `hotpair panel simulate`: a panel on a terminal, which here is a pseudo terminal with a test at the keyboard.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync } from 'node:fs';
import { rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { controlSocketPath } from '../../src/daemon/control/controlClient.ts';
import { openControlServer } from '../../src/daemon/control/controlServer.ts';
import { openPanel } from '../../src/io/panel/panel.ts';
import { openPseudoTerminal } from '../../src/kernel/pseudoTerminal.ts';
import { watchReadable } from '../../src/kernel/readable.ts';
import { configText } from '../config/configText.ts';
import { until } from '../daemon/until.ts';
import { aStatus } from '../words/aStatus.ts';
import { callHotpair, hotpairWords } from './callHotpair.ts';

const deadlineMs = 60_000;

type Simulation = {
  readonly folder: string;
  readonly child: ChildProcess;
  readonly type: (text: string) => void;
  /** What the last picture shows. */
  readonly picture: () => string;
};

async function aSimulation(t: ExecutionContext, ...options: string[]): Promise<Simulation> {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-simulate-'));
  const file = join(folder, 'hotpair.yaml');
  writeFileSync(file, configText({ state: { directory: folder, runDirectory: folder } }));
  const server = await openControlServer(controlSocketPath(folder), (client) =>
    client.reply(aStatus()),
  );
  const terminal = openPseudoTerminal();
  let text = '';
  const space = Buffer.alloc(4_096);
  const watch = watchReadable(terminal.fd, () => {
    text += space.toString('utf8', 0, readSync(terminal.fd, space));
  });
  const port = openSync(terminal.path, 'r+');
  const words = ['panel', 'simulate', ...options.map((each) => each.replace('FOLDER', folder))];
  const [program = '', ...argv] = hotpairWords([...words, '--config', file]);
  const child = spawn(program, argv, { stdio: [port, port, 'inherit'] });
  closeSync(port);
  t.teardown(() => {
    child.kill('SIGKILL');
    watch.close();
    terminal.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    child,
    type: (keys) => writeSync(terminal.fd, keys),
    picture: () => text.slice(text.lastIndexOf('\u001b[H')),
  };
}

async function shows({ picture }: Simulation, pattern: RegExp): Promise<void> {
  await until(`the terminal shows ${pattern.source}`, () => pattern.test(picture()), deadlineMs);
}

async function ended({ child, type }: Simulation): Promise<unknown> {
  const end = once(child, 'exit');
  type('q');
  return (await end)[0];
}

test.serial(
  'the pages of this box are drawn, and the keyboard has the keys of the panel',
  async (t) => {
    const simulation = await aSimulation(t);
    await shows(simulation, /box-a .*PRIMARY/);
    simulation.type('\u001b[B');
    await shows(simulation, /Database +primary/);
    simulation.type('u');
    await shows(simulation, /unplugged/);
    simulation.type('u');
    await shows(simulation, /Database +primary(?![^]*unplugged)/);
    t.is(await ended(simulation), 0);
  },
);

test('a name that is taken is refused, and what has it stays', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-simulate-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const taken = join(folder, 'taken');
  writeFileSync(taken, 'mine');
  const { code, stderr } = await callHotpair('panel', 'simulate', '--link', taken);
  t.is(code, 2);
  t.regex(stderr, /^hotpair: USAGE: the port cannot get this name: EEXIST/);
  t.is(readFileSync(taken, 'utf8'), 'mine');
});

test.serial('with a link it is only a panel: whoever is configured for it draws', async (t) => {
  const simulation = await aSimulation(t, '--model', '633', '--link', 'FOLDER/panel');
  const device = join(simulation.folder, 'panel');
  await until('the port is there', () => existsSync(device), deadlineMs);
  const keys: string[] = [];
  const panel = openPanel(
    { driver: 'crystalfontz', device, model: '633', baud: 19_200 },
    { key: (key) => keys.push(key), found: () => undefined, lost: () => undefined },
  );
  panel.show(['hello', 'from a test']);
  await shows(simulation, /hello {11} │[^]*from a test/);
  simulation.type('\r');
  await until('the key was heard', () => keys.includes('enter'), deadlineMs);
  await panel.close();
  t.is(await ended(simulation), 0);
  t.false(existsSync(device));
});
