// The firmware's own scripts, under BusyBox's init: what is mounted where, what keeps the agent running, and how a box
// goes down.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { bootTree, filesBelow, patienceMs } from './bootedTree.ts';
import type { BootedTree } from './bootedTree.ts';

const pidFile = '/run/hotpair/agent.pid';
const calls = '/var/lib/hotpair/calls';

function agent(tree: BootedTree): string {
  return tree.read(pidFile).trim();
}

async function agentOtherThan(tree: BootedTree, former: string): Promise<void> {
  await tree.until('another agent runs', () => !['', former].includes(agent(tree)));
}

function count(tree: BootedTree, call: string): number {
  return tree
    .read(calls)
    .split('\n')
    .filter((line) => line === call).length;
}

test('every script of the firmware passes shellcheck, and a planted fault does not', (t) => {
  const scripts = [...filesBelow('buildroot-overlay'), ...filesBelow('board')].filter((path) =>
    readFileSync(path, 'utf8').startsWith('#!/bin/sh\n'),
  );
  t.true(scripts.length >= 12, scripts.join('\n'));
  const checked = spawnSync('shellcheck', ['--shell=sh', ...scripts], { encoding: 'utf8' });
  t.deepEqual([checked.status, checked.stdout], [0, '']);
  const planted = spawnSync('shellcheck', ['--shell=sh', '-'], { input: 'rm $1\n' });
  t.is(planted.status, 1);
});

test('what the overlay has in /etc/init.d and /usr/lib/hotpair can be executed', (t) => {
  for (const folder of ['buildroot-overlay/etc/init.d', 'buildroot-overlay/usr/lib/hotpair']) {
    for (const path of filesBelow(folder)) {
      t.is(execFileSync('stat', ['--format=%a', path], { encoding: 'utf8' }).trim(), '755', path);
    }
  }
});

test.serial(
  'a box boots: data in its places, ARP settled, the agent kept running, an orderly end',
  async (t) => {
    t.timeout(6 * patienceMs);
    const tree = await bootTree();
    t.teardown(() => tree.remove());
    await agentOtherThan(tree, '');

    const mounts = tree.read('/proc/1/mounts');
    t.regex(mounts, /^\/dev\/sda \/data ext4 rw,nosuid,nodev,noatime/m);
    t.regex(mounts, /^\/dev\/sda \/etc\/hotpair ext4 /m);
    t.regex(mounts, /^\/dev\/sda \/var\/lib\/hotpair ext4 /m);
    t.is(tree.sh('cd /data/hotpair && ls calls').trim(), 'calls');
    t.is(
      tree.sh('stat -c "%a %U %n" /etc/hotpair /run/postgresql'),
      '700 root /etc/hotpair\n2775 postgres /run/postgresql\n',
    );
    t.regex(tree.read('/etc/hotpair/hotpair.yaml.example'), /^node:$/m);
    const settings = '/proc/sys/net/ipv4/conf';
    t.is(tree.sh(`cat ${settings}/all/arp_ignore ${settings}/default/arp_announce`), '1\n2\n');
    const first = agent(tree);
    await tree.until('the log of the box has the line of the agent', () =>
      tree.sh('logread').includes(`agent ${first} runs`),
    );

    // Killed, it is there again, and so is the log.
    tree.sh(`kill -9 ${first}`);
    await agentOtherThan(tree, first);
    const second = agent(tree);
    await tree.until('the log goes on', () => tree.sh('logread').includes(`agent ${second} runs`));

    // Its keeper killed, the living agent is found and not doubled.
    tree.sh(`kill -9 $(ps | awk '/keep-agent$/ { print $1 }')`);
    await tree.until('the next keeper has found it', () =>
      tree.sh('logread').includes('the agent ended with status 4'),
    );
    t.is(agent(tree), second);

    t.regex(tree.sh('/etc/init.d/S90hotpair reload'), /OK/);
    await tree.until('the agent was told to read again', () => count(tree, 'HUP') === 1);
    t.is(agent(tree), second);
    t.regex(tree.sh('/etc/init.d/S90hotpair restart'), /OK/);
    await agentOtherThan(tree, second);
    t.is(count(tree, 'shutdown'), 0);

    tree.sh('/etc/init.d/S90hotpair stop');
    t.is(count(tree, 'shutdown'), 1);
    await tree.until('its keeper has seen that none is wanted', () =>
      tree.sh('logread').includes('stopped by /etc/init.d/S90hotpair'),
    );
    t.is(agent(tree), '');
    tree.sh('/etc/init.d/S90hotpair start');
    await agentOtherThan(tree, '');

    // Who refuses what he finds is tried again after a pause, and not once in a turn of the loop.
    const third = agent(tree);
    tree.sh(`: >/var/lib/hotpair/refuse; kill -9 ${third}; rm ${pidFile}`);
    await tree.until('the agent has refused', () =>
      tree.sh('logread').includes('the agent ended with status 2'),
    );
    const tries = count(tree, 'agent');
    tree.sh('rm /var/lib/hotpair/refuse');
    await agentOtherThan(tree, third);
    t.true(
      count(tree, 'agent') <= tries + 2,
      `${count(tree, 'agent')} tries, of which ${tries} before`,
    );

    await tree.powerOff();
    tree.data((data) => {
      const log = readFileSync(join(data, 'hotpair/calls'), 'utf8');
      t.is(log.split('\n').filter((line) => line === 'shutdown').length, 2, log);
      const kept = execFileSync('gzip', ['-dc', join(data, 'log/last.gz')], { encoding: 'utf8' });
      t.true(kept.includes(`agent ${first} runs`), kept);
    });
    t.regex(tree.console(), /Unmounting the data partition: OK/);
  },
);

test.serial('without its data partition a box starts no agent and says why', async (t) => {
  t.timeout(3 * patienceMs);
  const tree = await bootTree('other');
  t.teardown(() => tree.remove());
  await tree.until('the keeper has said why it waits', () =>
    tree.sh('logread').includes('the data partition is not mounted'),
  );
  t.regex(tree.console(), /Mounting the data partition: FAIL: no partition is called hotpair-data/);
  t.is(agent(tree), '');
});
