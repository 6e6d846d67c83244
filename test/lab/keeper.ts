// The keeper of a site: a process that holds the power switches of both boxes, the Eth1 cable, the
// LAN sockets and the stand-in watchdogs. It is real-time, because the instant of a fault is its
// work: links down, then the box's PID 1 killed, within a fraction of a millisecond.

import { readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { boxSupply, type BoxSupply } from './boxSupply.ts';
import { nowMs } from './clock.ts';
import { etcdServer } from './etcdServer.ts';
import { eth1Cable } from './eth1Cable.ts';
import { beRealTime, openNamespace } from './kernelCalls.ts';
import type { KeeperReply, KeeperReport, KeeperRequest } from './keeperProtocol.ts';
import { LabError, sentenceOf } from './labError.ts';
import { boxNames, namespaces, paths, type BoxName } from './layout.ts';
import { isolatePort } from './network.ts';
import { openPowerStrip } from './powerStrip.ts';
import { setPowerTrap, type Trap } from './powerTrap.ts';
import { serialCable } from './serialCable.ts';
import { readState } from './siteState.ts';

const tickMs = 10;
const restartAfterResetMs = 3000;

const state = readState();
if (state === undefined) throw new Error(`${paths.state} is missing`);

const lan = openNamespace(namespaces.lan);
const witness = openNamespace(namespaces.witness);
const etcd = etcdServer();
const strip = openPowerStrip({
  isOn: (box) => supplies[box].report().pid !== null,
  cut: async (box) => {
    cutPower([box]);
    await isDead(box);
  },
  restore: powerOn,
});
const cable = eth1Cable(state.options.eth1);
const serial = state.options.secondPath === 'serial' ? serialCable() : null;
const supplies: Readonly<Record<BoxName, BoxSupply>> = {
  'box-a': boxSupply('box-a', state.options.binary),
  'box-b': boxSupply('box-b', state.options.binary),
};

/** LAN plugs that are pulled by a fault, beside those of boxes without power. */
const pulled = new Set<BoxName>();
const cutFromWitness = new Set<BoxName>();

let trapSprangMs: number | null = null;
let removeTrap = (): void => undefined;

// The far ends go down, not the box's own: those its agent could raise again in the moment before it is dead.
function cutPower(boxes: readonly BoxName[]): void {
  for (const box of boxes) {
    lan.setUp(box, false);
    witness.setUp(box, false);
    cable.darken(box, true);
  }
  for (const box of boxes) supplies[box].kill();
}

async function isDead(box: BoxName): Promise<void> {
  await supplies[box].gone();
  supplies[box].takeLinksDown();
}

async function powerOn(box: BoxName): Promise<void> {
  if (supplies[box].report().pid !== null) return;
  await supplies[box].gone();
  supplies[box].takeLinksDown();
  lan.setUp(box, !pulled.has(box));
  witness.setUp(box, !cutFromWitness.has(box));
  cable.darken(box, false);
  await supplies[box].powerOn();
}

function tick(): void {
  cable.follow();
  for (const box of boxNames) {
    if (!supplies[box].watchdogRanOut(nowMs())) continue;
    say(`${box}: watchdog not kicked: reset`);
    cutPower([box]);
    setTimeout(() => {
      powerOn(box).catch((error: unknown) => say(sentenceOf(error)));
    }, restartAfterResetMs);
  }
}

function setTrap(box: BoxName, trap: Trap): void {
  removeTrap();
  trapSprangMs = null;
  removeTrap = setPowerTrap(box, trap, () => {
    trapSprangMs = nowMs();
    cutPower([box]);
    say(`${box}: the trap at ${trap.file} ${trap.contains} has sprung`);
    isDead(box).catch((error: unknown) => say(sentenceOf(error)));
  });
}

async function obey(request: KeeperRequest): Promise<KeeperReport> {
  const atMs = nowMs();
  let tookMs: number | undefined;
  switch (request.type) {
    case 'report':
      break;
    case 'powerOn':
      await powerOn(request.box);
      break;
    case 'powerOff':
      cutPower(request.boxes);
      tookMs = nowMs() - atMs;
      await Promise.all(request.boxes.map(async (box) => isDead(box)));
      break;
    case 'shutDown':
      await supplies[request.box].shutDown();
      break;
    case 'setCable':
      cable.connect(request.connected);
      break;
    case 'setSilent':
      cable.silence(request.silent);
      break;
    case 'setSerial':
      if (serial === null)
        throw new LabError(
          'this site has no serial cable; scripts/lab up --second-path serial has',
        );
      serial.set(request.state);
      break;
    case 'setLan':
      if (request.connected) pulled.delete(request.box);
      else pulled.add(request.box);
      lan.setUp(request.box, request.connected);
      break;
    case 'setApart':
      for (const box of boxNames) isolatePort(namespaces.lan, box, request.apart);
      break;
    case 'setWitnessLink':
      if (request.connected) cutFromWitness.delete(request.box);
      else cutFromWitness.add(request.box);
      witness.setUp(request.box, request.connected);
      break;
    case 'setEtcd':
      requireEtcd();
      await etcd.set(request.state);
      break;
    case 'wipeEtcd':
      requireEtcd();
      await etcd.wipe();
      break;
    case 'setSwitch':
      for (const device of request.devices) strip.setMode(device, request.mode);
      break;
    case 'copyEtcd':
      requireEtcd();
      await etcd.copy();
      break;
    case 'putEtcdBack':
      requireEtcd();
      await etcd.putBack();
      break;
    case 'setTrap':
      setTrap(request.box, request.trap);
      break;
    case 'removeTrap':
      removeTrap();
      break;
    case 'stop':
      cutPower(boxNames);
      await etcd.set('stopped');
      await Promise.all(boxNames.map(async (box) => isDead(box)));
      setTimeout(() => process.exit(0), 20);
      break;
  }
  say(`${request.type} ${'box' in request ? request.box : ''}`);
  return {
    atMs,
    tookMs: tookMs ?? nowMs() - atMs,
    boxes: { 'box-a': power('box-a'), 'box-b': power('box-b') },
    cableConnected: cable.isConnected(),
    etcd: etcd.state(),
    powerOrders: strip.orders(),
    trapSprangMs,
  };
}

function requireEtcd(): void {
  if (state?.options.arbiter === 'etcd') return;
  throw new LabError('this site has no etcd; scripts/lab up --arbiter etcd builds one with it');
}

function power(box: BoxName): KeeperReport['boxes'][BoxName] {
  return { ...supplies[box].report(), lanConnected: !pulled.has(box) };
}

async function answer(socket: Socket, line: string): Promise<void> {
  let reply: KeeperReply;
  try {
    reply = { ok: true, report: await obey(JSON.parse(line) as KeeperRequest) };
  } catch (error) {
    reply = { ok: false, why: sentenceOf(error) };
  }
  socket.end(JSON.stringify(reply));
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

const server = createServer((socket) => {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (part: string) => {
    text += part;
    const end = text.indexOf('\n');
    if (end < 0) return;
    void answer(socket, text.slice(0, end));
    text = '';
  });
});

if (!beRealTime(20)) say('no real-time priority: faults may come late on a loaded machine');
rmSync(paths.keeperSocket, { force: true });
server.listen(paths.keeperSocket);
setInterval(tick, tickMs);
say(`keeper ${process.pid} of ${readFileSync('/proc/self/cmdline', 'utf8').split('\0').join(' ')}`);
