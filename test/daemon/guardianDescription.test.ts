// The configuration as the guardian process is told it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parseConfig } from '../../src/config/load.ts';
import { newPairKey, replicationPassword } from '../../src/config/secrets.ts';
import {
  guardianDescription,
  needsGuardian,
  stopAllMs,
} from '../../src/daemon/guardianDescription.ts';
import type { Configure } from '../../src/daemon/guardianDescription.ts';
import { syncSecrets } from '../../src/daemon/syncDescription.ts';
import { entriesText, type Entries, type Sections } from '../config/configText.ts';

function described(entries: Entries, changes: Sections = {}): Configure {
  const parsed = parseConfig(entriesText(entries, changes));
  if ('config' in parsed) return guardianDescription(parsed.config);
  throw new Error(JSON.stringify(parsed.complaints));
}

const command = ['/bin/true'];

test('each kind of program and check is told, the word service as the first service address', (t) => {
  const { services } = described({
    services: {
      kamailio: {
        command,
        runs: 'primary',
        limits: { memory: '1MB', openFiles: 64 },
        user: 'kamailio',
        checks: [
          { sip: { address: 'service', port: 5060 }, interval: '500ms' },
          { tcp: { port: 22 } },
          { http: { url: 'http://127.0.0.1/' } },
          { command },
          { process: {} },
        ],
      },
      script: { script: '/etc/init.d/x', pidFile: '/run/x.pid', after: ['unit'] },
      unit: { unit: 'x.service' },
    },
  });
  const [kamailio, script, unit] = services;
  t.like(kamailio, {
    name: 'kamailio',
    program: { type: 'process', command },
    memoryLimitBytes: 1024 * 1024,
    openFiles: 64,
    user: 'kamailio',
    group: null,
  });
  const usual = { intervalMs: 5_000, timeoutMs: 2_000, threshold: 3 };
  t.deepEqual(kamailio?.checks, [
    { ...usual, intervalMs: 500, type: 'sip', address: '192.0.2.10', port: 5060 },
    { ...usual, type: 'tcp', address: '127.0.0.1', port: 22 },
    { ...usual, type: 'http', url: 'http://127.0.0.1/', status: 200 },
    { ...usual, type: 'command', command },
    { ...usual, type: 'process' },
  ]);
  t.deepEqual(script?.program, { type: 'sysv', script: '/etc/init.d/x', pidFile: '/run/x.pid' });
  t.deepEqual(script?.after, ['unit']);
  t.deepEqual(unit?.program, { type: 'systemd', unit: 'x.service' });
});

test('what services and hooks are told of their place is that of the configuration', (t) => {
  const { place, hooks } = described({ hooks: [{ name: 'role', command, on: ['primary'] }] });
  t.deepEqual(place, {
    node: 'box-a',
    heartbeatAddress: '169.254.69.1',
    peerAddress: '169.254.69.2',
    serviceAddresses: ['192.0.2.10', '2001:db8::10'],
  });
  t.deepEqual(hooks, [
    { name: 'role', command, on: ['primary'], required: false, deadlineMs: 10_000, user: null },
  ]);
});

test('a guardian is needed for services, for hooks, and for what an earlier one started', (t) => {
  const runDirectory = mkdtempSync(join(tmpdir(), 'guardian-'));
  t.teardown(() => rmSync(runDirectory, { recursive: true }));
  const state = { state: { runDirectory } };
  t.false(needsGuardian(described({}, state)));
  t.true(needsGuardian(described({ services: { a: { command } } }, state)));
  t.true(needsGuardian(described({ hooks: [{ name: 'a', command, on: ['standby'] }] }, state)));
  writeFileSync(join(runDirectory, 'services.json'), '{}');
  t.true(needsGuardian(described({}, state)));
  rmSync(join(runDirectory, 'services.json'));
  const marked = { state: { runDirectory, directory: runDirectory } };
  t.false(needsGuardian(described({}, marked)));
  mkdirSync(join(runDirectory, 'sync'));
  t.true(needsGuardian(described({}, marked)), 'marks of sets that are no longer there');
});

test('where files are copied there is a service that hands them out, on the primary only', (t) => {
  const { services, sync, runDirectory } = described({
    sync: { prompts: { directory: '/srv/prompts', interval: '10s' } },
  });
  t.like(sync, { port: 873, sets: [{ name: 'prompts', directory: '/srv/prompts' }] });
  t.is(sync?.sets[0]?.intervalMs, 10_000);
  const [server] = services;
  t.like(server, { name: 'sync-server', runs: 'primary', required: false });
  t.deepEqual(server?.program, {
    type: 'process',
    command: [
      '/usr/bin/rsync',
      '--daemon',
      '--no-detach',
      `--config=${runDirectory}/sync/rsyncd.conf`,
    ],
  });
  t.is(described({}).sync, null);
});

test('the secret for copying files is made from the key of the pair, and from both during an exchange', (t) => {
  const [sends, next] = [newPairKey(), newPairKey()];
  const [one] = syncSecrets({ sends, other: null });
  t.deepEqual(syncSecrets({ sends, other: null }), [one]);
  t.regex(one?.secret ?? '', /^[0-9a-f]{64}$/);
  t.not(one?.secret, replicationPassword(sends));
  const both = syncSecrets({ sends, other: { key: next, role: 'next' } });
  t.deepEqual(both, [one, ...syncSecrets({ sends: next, other: null })]);
});

function alike(count: number, stopDeadline: string): Configure {
  const names = Array.from({ length: count }, (_each, index) => `s${index}`);
  const services = names.map((name) => [name, { command, stopDeadline }] as const);
  return described({ services: Object.fromEntries(services) });
}

test('the end of a box waits for the stop deadlines of its services, and 30 s at most', (t) => {
  t.is(stopAllMs(alike(2, '5s')), 11_000);
  t.is(stopAllMs(alike(20, '5s')), 30_000);
  t.is(stopAllMs(alike(1, '10m')), 30_000);
});
