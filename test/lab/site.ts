// Builds a site and brings its pair up: network, keeper, boxes, `hotpair init` and `hotpair join`,
// the client's tables. What it has done so far it says through `say`.

import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { executableOptions } from '../../scripts/executableOptions.ts';
import { until } from './clock.ts';
import { boxConfiguration } from './boxConfiguration.ts';
import { run } from './command.ts';
import { makeEtcdCertificates } from './etcdCertificates.ts';
import { endLoss } from './eth1Loss.ts';
import { thawAll } from './freeze.ts';
import { untilHealthy, type HealthyPair } from './health.ts';
import { hotpair, statusOf } from './hotpairCommand.ts';
import { leaveServiceAddresses } from './intruder.ts';
import { askKeeper } from './keeperProtocol.ts';
import { boxDirectories, boxNames, labFile, paths, runDirectory, type BoxName } from './layout.ts';
import { mendLan } from './lanSwitch.ts';
import { buildNetwork } from './network.ts';
import { startObserver } from './observerProcess.ts';
import { switchNames } from './powerStrip.ts';
import { removeSite } from './siteRemoval.ts';
import { readState, sameOptions, writeState, type SiteOptions } from './siteState.ts';
import { sentenceOf } from './labError.ts';
import { untilTelephoneAnswers } from './sip/sipProbeProcess.ts';
import { installTelephony } from './sip/telephony.ts';
import { startTelephony } from './sip/telephonyStart.ts';
import { createTables } from './tables.ts';
import { giveClocksBack } from './wallClock.ts';

export type Say = (text: string) => void;

const healthyDeadlineMs = 90_000;
/** A trial that was broken off may have left a service that its box has given up. */
const telephoneDeadlineMs = 10_000;

/** Makes sure that a site with these options is up and its pair healthy; an existing one is used. */
export async function bringUp(options: SiteOptions, say: Say): Promise<HealthyPair> {
  const state = readState();
  if (state?.healthyOnce === true && sameOptions(state.options, options) && (await isAnswering())) {
    await heal();
    try {
      const pair = await healthyPair(options);
      if (options.sip) await untilTelephoneAnswers(telephoneDeadlineMs);
      return pair;
    } catch (error) {
      say(`${sentenceOf(error)}: building the site anew`);
    }
  }
  return buildSite(options, say);
}

/** Builds a site anew; what was there before is removed. */
export async function buildSite(options: SiteOptions, say: Say): Promise<HealthyPair> {
  if (options.sip) installTelephony();
  await removeSite();
  say('network: LAN, gateway, reference, client, box-a, box-b, Eth1');
  mkdirSync(runDirectory, { recursive: true });
  const createdDirectories = makeMountPoints();
  const state = { options, keeperPid: 0, createdDirectories, nextRow: 1, healthyOnce: false };
  writeState(state);
  buildNetwork();
  for (const box of boxNames) makeDisk(box, options);
  if (options.arbiter === 'etcd') makeEtcdCertificates();
  writeState({ ...state, keeperPid: await startKeeper() });
  if (options.arbiter === 'etcd') {
    say('etcd, in a network of its own');
    await askKeeper({ type: 'setEtcd', state: 'running' });
  }
  say('power on: box-a, box-b');
  for (const box of boxNames) await askKeeper({ type: 'powerOn', box });
  await makePair(options, say);
  say('waiting for a healthy pair');
  const pair = await healthyPair(options);
  await createTables(pair.primary);
  if (options.sip) {
    say('the telephone service: Kamailio, rtpengine and Redis on both boxes');
    await startTelephony(pair.primary, options);
  }
  const up = readState();
  if (up !== undefined) writeState({ ...up, healthyOnce: true });
  return pair;
}

/** Undoes every fault: cables in, power on, nothing stands still, etcd running where there is one. */
export async function heal(): Promise<void> {
  thawAll();
  if (readState()?.options.arbiter === 'etcd') {
    await askKeeper({ type: 'setEtcd', state: 'running' });
  }
  await askKeeper({ type: 'setSwitch', devices: switchNames, mode: 'obey' });
  await askKeeper({ type: 'setApart', apart: false });
  mendLan();
  endLoss();
  leaveServiceAddresses();
  await giveClocksBack(readState()?.options.binary ?? '');
  await askKeeper({ type: 'removeTrap' });
  await askKeeper({ type: 'setSilent', silent: false });
  await askKeeper({ type: 'setCable', connected: true });
  if (readState()?.options.secondPath === 'serial')
    await askKeeper({ type: 'setSerial', state: 'connected' });
  for (const box of boxNames) {
    await askKeeper({ type: 'setLan', box, connected: true });
    await askKeeper({ type: 'setWitnessLink', box, connected: true });
    await askKeeper({ type: 'powerOn', box });
  }
}

async function healthyPair(options: SiteOptions): Promise<HealthyPair> {
  const observer = startObserver();
  try {
    return await untilHealthy(options.binary, observer, healthyDeadlineMs);
  } finally {
    await observer.stop();
  }
}

async function isAnswering(): Promise<boolean> {
  return askKeeper({ type: 'report' }).then(
    () => true,
    () => false,
  );
}

/** Places for the boxes to mount their own directories on; the machine's stay as they are. */
function makeMountPoints(): readonly string[] {
  return boxDirectories.filter((directory) => {
    if (existsSync(directory)) return false;
    mkdirSync(directory, { recursive: true });
    return true;
  });
}

function makeDisk(box: BoxName, options: SiteOptions): void {
  mkdirSync(paths.etc(box), { recursive: true });
  mkdirSync(paths.lib(box), { recursive: true });
  mkdirSync(paths.recordings(box), { recursive: true });
  writeFileSync(`${paths.etc(box)}/hotpair.yaml`, boxConfiguration(box, options));
  if (options.arbiter === 'fence') writeFenceAgent(box);
  run('mkfifo', ['--mode=600', paths.watchdog(box)]);
}

/** An agent is one executable: this one hands over to the lab's Node. */
function writeFenceAgent(box: BoxName): void {
  const path = paths.fenceAgent(box);
  mkdirSync(dirname(path), { recursive: true });
  const words = [process.execPath, '--disable-warning=ExperimentalWarning', labFile('fenceLab.ts')];
  const quoted = words.map((word) => `'${word}'`).join(' ');
  writeFileSync(path, `#!/bin/sh\nexec ${quoted}\n`, { mode: 0o755 });
}

async function startKeeper(): Promise<number> {
  const log = openSync(paths.keeperLog, 'a');
  const keeper = spawn(
    process.execPath,
    [...executableOptions, labFile('keeper.ts'), runDirectory],
    { stdio: ['ignore', log, log], detached: true },
  );
  closeSync(log);
  keeper.unref();
  await until('the keeper', 10_000, async () => existsSync(paths.keeperSocket) && isAnswering());
  return keeper.pid ?? 0;
}

/** The two commands of an installer, one on each box, with the key carried over in between. */
async function makePair(options: SiteOptions, say: Say): Promise<void> {
  const { binary } = options;
  const progress = (box: BoxName) => (text: string) => {
    for (const line of text.split('\n')) if (line.trim() !== '') say(`  ${box}: ${line.trim()}`);
  };
  say('hotpair init on box-a');
  await hotpair(binary, 'box-a', ['init'], 60_000, progress('box-a'));
  enableAgent('box-a');
  await until(
    'box-a as primary',
    30_000,
    async () => {
      const status = await statusOf(binary, 'box-a');
      return typeof status !== 'string' && status.role === 'primary';
    },
    100,
  );
  copyFileSync(`${paths.etc('box-a')}/pair.key`, `${paths.etc('box-b')}/pair.key`);
  chmodSync(`${paths.etc('box-b')}/pair.key`, 0o600);
  say('hotpair join on box-b');
  await hotpair(binary, 'box-b', ['join'], 120_000, progress('box-b'));
  enableAgent('box-b');
}

function enableAgent(box: BoxName): void {
  writeFileSync(paths.agentEnabled(box), '');
}
