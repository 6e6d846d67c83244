// The telephone service of a box of the lab: where its files are, who they belong to, and how they come there. What is the same
// everywhere stands beside this file as the programs read it; passwords and addresses are put in here.

import { chmodSync, chownSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { run } from '../command.ts';
import { runInBox } from '../insideBox.ts';
import { LabError } from '../labError.ts';
import { addresses, labFile, paths, repository, type BoxName } from '../layout.ts';

/** It protects nothing: the addresses of a site exist in its namespaces only. */
const redisPassword = 'lab-redis';

/** The database, its owner, and the user of the system by whom PostgreSQL knows that owner. */
export const telephonyDatabase = 'kamailio';

/** As the box sees it. */
export const telephonyDirectory = '/etc/hotpair/sip';

/** The same directory as this machine sees it. */
export function telephonyFiles(box: BoxName): string {
  return `${paths.etc(box)}/sip`;
}

/** The packages of the telephone service, where they are missing. @throws {LabError} they could not be installed */
export function installTelephony(): void {
  const words = ['-euc', '. scripts/setup; setup_sip_packages', 'lab'];
  const stdio = ['ignore', 'ignore', 'inherit'] as const;
  const { status } = spawnSync('sh', words, { cwd: repository, stdio: [...stdio] });
  if (status !== 0) throw new LabError('the packages of the telephone service are missing');
}

/** Puts everything but the description of the services onto the disk of a box. */
export function writeTelephony(box: BoxName): void {
  const directory = telephonyFiles(box);
  mkdirSync(directory, { recursive: true });
  for (const name of ['kamailio.cfg', 'redis.conf'])
    copyFileSync(labFile(`sip/${name}`), `${directory}/${name}`);
  for (const name of ['redis-run', 'redis-role']) {
    copyFileSync(labFile(`sip/${name}`), `${directory}/${name}`);
    chmodSync(`${directory}/${name}`, 0o755);
  }
  writeFileSync(`${directory}/local.cfg`, localKamailio());
  writeSecret(`${directory}/local.conf`, 'redis', localRedis(box));
  writeSecret(`${directory}/redis.password`, 'redis', `${redisPassword}\n`);
  writeSecret(`${directory}/rtpengine.conf`, 'rtpengine', localRtpengine());
  for (const user of ['redis', 'kamailio']) {
    const own = `${paths.lib(box)}/sip-${user}`;
    mkdirSync(own, { recursive: true, mode: 0o700 });
    give(own, user);
  }
}

/** Over the unix socket, by which PostgreSQL knows who asks: there is no password, and none to be worked out at each start. */
function localKamailio(): string {
  return [
    `#!substdef "!SERVICE_ADDRESS!${addresses.service}!g"`,
    `#!substdef "!DATABASE_URL!postgres://${telephonyDatabase}@/${telephonyDatabase}!g"`,
    '#!define MEDIA',
    '',
  ].join('\n');
}

function localRedis(box: BoxName): string {
  return [
    `bind 127.0.0.1 ${addresses.heartbeat[box]}`,
    `requirepass ${redisPassword}`,
    `masterauth ${redisPassword}`,
    '',
  ].join('\n');
}

function localRtpengine(): string {
  return `# Written by scripts/lab.
[rtpengine]
# No module of the kernel: packets are relayed by the process.
table = -1
interface = ${addresses.service}
port-min = 30000
port-max = 34999
listen-ng = 127.0.0.1:2223
listen-http = 127.0.0.1:2225
redis = ${redisPassword}@127.0.0.1:6379/0
num-threads = 2
media-num-threads = 1
# Audio that ended without a word, and calls that a dead box was setting up.
timeout = 60
offer-timeout = 180
# A call that is over is forgotten at once: one that were to be forgotten in half a minute would, read back by the other box, stay.
delete-delay = 0
foreground = true
log-stderr = true
log-level = 5
`;
}

/** How many calls the audio relay of a box knows. */
export async function relayedCalls(box: BoxName): Promise<number> {
  const command = ['/usr/bin/env', `REDISCLI_AUTH=${redisPassword}`, 'redis-cli', 'dbsize'];
  const { exitCode, stdout, stderr } = await runInBox(box, command, 5000);
  if (exitCode !== 0) throw new LabError(`the memory of the relay of ${box}: ${stderr.trim()}`);
  return Number(stdout);
}

/** Readable by the user of the service and by nobody else. */
function writeSecret(path: string, user: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  give(path, user);
}

function give(path: string, user: string): void {
  chownSync(path, Number(run('id', ['-u', user])), Number(run('id', ['-g', user])));
}
