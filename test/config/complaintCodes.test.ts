// Each code of the table has a configuration that earns it. The table of cases is typed by the
// codes: a new code without a case does not compile.
import test from 'ava';
import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ComplaintCode, complaintCodes, isWarning } from '../../src/config/complaint.ts';
import { loadConfig } from '../../src/config/load.ts';
import { complaintsAbout, configText, entriesText } from './configText.ts';

/** Those of the box itself: fenceCheck.test.ts, serviceCheck.test.ts. */
type BoxCode =
  | 'CONFIG_ETCD_FILE'
  | 'CONFIG_FENCE_AGENT'
  | 'CONFIG_FENCE_SECRETS'
  | 'CONFIG_SERVICE_FILE'
  | 'CONFIG_SERVICE_USER'
  | 'CONFIG_SYNC_FILE'
  | 'CONFIG_WARNING_ETCD_ANSWER';
type TextCode = Exclude<ComplaintCode, 'CONFIG_MISSING' | 'CONFIG_TOO_LARGE' | BoxCode>;

const three = ['https://192.0.2.21:2379', 'https://192.0.2.22', 'https://etcd.example:2379'];

/** A configuration whose arbiter is etcd. */
function etcdText(etcd: Readonly<Record<string, unknown>>): string {
  const good = { endpoints: three, caFile: '/etc/hotpair/etcd-ca.pem' };
  return configText({ arbiter: { type: 'etcd', etcd: { ...good, ...etcd } } });
}

/** A configuration whose arbiter is fence. */
function fenceText(fence: Readonly<Record<string, unknown>>): string {
  const devices = [{ name: 'bmc', agent: 'fence_ipmilan', options: { ip: '192.0.2.31' } }];
  return configText({ arbiter: { type: 'fence', fence: { devices, ...fence } } });
}

const command = ['/usr/sbin/kamailio', '-DD'];
const tcp = { port: 5060 };

/** A configuration with one service. */
function serviceText(service: Readonly<Record<string, unknown>>): string {
  return entriesText({ services: { kamailio: { command, ...service } } });
}

const device = { name: 'pdu', agent: 'fence_apc', plug: 3 };

const cases: Readonly<Record<TextCode, string>> = {
  CONFIG_VERSION: `version: 99\n${configText()}`,
  CONFIG_SYNTAX: `${configText()}log: [info\n`,
  CONFIG_DUPLICATE_KEY: `${configText()}log: { level: info, level: debug }\n`,
  CONFIG_ALIAS: `${configText()}log: { level: &a info }\nstate: { directory: *a }\n`,
  CONFIG_UNKNOWN_KEY: configText({ heartbeat: { intervall: '50ms' } }),
  CONFIG_REQUIRED: 'node: { name: box-a }\n',
  CONFIG_TYPE: configText({ database: { hba: 'host all all 192.0.2.0/24 scram-sha-256' } }),
  CONFIG_CHOICE: configText({ arbiter: { type: 'coin' } }),
  CONFIG_RANGE: configText({ heartbeat: { interval: '2s' } }),
  CONFIG_DURATION: configText({ heartbeat: { interval: '50 ms' } }),
  CONFIG_NAME: configText({ node: { name: 'box a' } }),
  CONFIG_BOARD: `${configText()}board: uc80000\n`,
  CONFIG_DEVICE: configText({ service: { port: 'net/eth0' } }),
  CONFIG_ADDRESS: configText({ service: { addresses: ['192.0.2.10'] } }),
  CONFIG_PATH: configText({ pair: { keyFile: 'pair.key' } }),
  CONFIG_HBA: configText({ database: { hba: ['include /tmp/other.conf'] } }),
  CONFIG_SETTING: configText({ database: { settings: { fsync: false } } }),
  CONFIG_RATE: configText({ database: { cloneRate: '10Mbit' } }),
  CONFIG_URL: etcdText({ endpoints: ['https://user@192.0.2.21:2379/v3'] }),
  CONFIG_SIZE: serviceText({ limits: { memory: '512M' } }),
  CONFIG_FENCE_OPTION: fenceText({ devices: [{ ...device, options: { password: 'x' } }] }),
  CONFIG_RELATION_TMAX: configText({ timing: { takeoverLimit: '3190ms' } }),
  CONFIG_RELATION_DSOLO: configText({ timing: { solo: '8100ms' } }),
  CONFIG_RELATION_SOLO_FAST: configText({ timing: { soloFast: '440ms' } }),
  CONFIG_RELATION_INTERVAL: configText({ heartbeat: { interval: '84ms' } }),
  CONFIG_RELATION_FAST_DEAD: configText({ heartbeat: { fastDeadInterval: '50ms' } }),
  CONFIG_RELATION_PROBES: configText({ timing: { probes: 10 } }),
  CONFIG_RELATION_REFERENCE_INTERVAL: configText({ timing: { referenceInterval: '3s' } }),
  CONFIG_RELATION_REFERENCE_DEAD: configText({ timing: { referenceInterval: '240ms' } }),
  CONFIG_RELATION_SELF_TEST: configText({ timing: { selfTestValid: '19s' } }),
  CONFIG_RELATION_HEARTBEAT_SUBNET: configText({ heartbeat: { peer: '169.254.69.5' } }),
  CONFIG_RELATION_SERIAL: configText({
    heartbeat: {
      serial: { device: '/dev/ttyS1' },
      interval: '10ms',
      deadInterval: '85ms',
      fastDeadInterval: '20ms',
    },
    timing: { probeRound: '60ms', referenceInterval: '50ms' },
  }),
  CONFIG_RELATION_LAN_PATH: configText({
    heartbeat: { lan: { enabled: true } },
    service: { standbyPort: 'down' },
  }),
  CONFIG_RELATION_NETWORKS: configText({ service: { addresses: ['169.254.1.1/16'] } }),
  CONFIG_RELATION_PORTS: configText({ service: { port: 'eth1' } }),
  CONFIG_RELATION_SERVICE_ADDRESS: configText({ service: { addresses: ['2001:db8::10/64'] } }),
  CONFIG_RELATION_REFERENCE_SELF: configText({ service: { references: ['192.0.2.10'] } }),
  CONFIG_RELATION_REFERENCE_SUBNET: configText({ service: { references: ['198.51.100.1'] } }),
  CONFIG_RELATION_REFERENCE_NONE: configText({ service: { references: [] } }),
  CONFIG_RELATION_DIRECTORIES: configText({ state: { directory: '/var/lib/hotpair/pgdata/own' } }),
  CONFIG_RELATION_ETCD_ENDPOINTS: configText({ arbiter: { type: 'etcd' } }),
  CONFIG_RELATION_ETCD_TLS: etcdText({ certFile: '/etc/hotpair/etcd.pem' }),
  CONFIG_RELATION_ETCD_LOGIN: etcdText({ user: 'hotpair' }),
  CONFIG_RELATION_FENCE_DEVICES: fenceText({ devices: [device, { ...device }] }),
  CONFIG_RELATION_SERVICE_PROGRAM: serviceText({ unit: 'kamailio.service' }),
  CONFIG_RELATION_SERVICE_AFTER: serviceText({ after: ['redis'] }),
  CONFIG_RELATION_SERVICE_CYCLE: serviceText({ after: ['kamailio'] }),
  CONFIG_RELATION_SERVICE_RUNS: entriesText({
    services: { a: { command, runs: 'primary', checks: [{ tcp }] }, b: { command, after: ['a'] } },
  }),
  CONFIG_RELATION_SERVICE_CHECK: serviceText({ checks: [{ tcp, process: {} }] }),
  CONFIG_RELATION_SERVICE_RESTART: serviceText({ restart: { pause: '31s' } }),
  CONFIG_RELATION_HOOK_NAME: entriesText({
    hooks: [
      { name: 'role', command, on: ['primary'] },
      { name: 'role', command, on: ['standby'] },
    ],
  }),
  CONFIG_RELATION_SYNC: entriesText({ sync: { all: { directory: '/var' } } }),
  CONFIG_RELATION_PANEL: configText({ panel: { driver: 'crystalfontz' } }),
  CONFIG_RELATION_LEDS: configText({ leds: { box: { green: 'a:b:c', red: 'a:b:c' } } }),
  CONFIG_WARNING_STANDBY_PORT: configText({ service: { standbyPort: 'down' } }),
  CONFIG_WARNING_ONE_REFERENCE: configText({ service: { references: ['192.0.2.1'] } }),
  CONFIG_WARNING_NO_WATCHDOG: configText({ watchdog: { policy: 'off' } }),
  CONFIG_WARNING_ETCD_PLAIN: configText({
    arbiter: { type: 'etcd', etcd: { endpoints: ['http://192.0.2.21', 'http://192.0.2.22'] } },
  }),
  CONFIG_WARNING_ETCD_ONE: etcdText({ endpoints: ['https://192.0.2.21:2379'] }),
  CONFIG_WARNING_FENCE_DELAY: fenceText({ delay: '1s' }),
  CONFIG_WARNING_FENCE_UNVERIFIED: fenceText({ devices: [{ ...device, verify: false }] }),
  CONFIG_WARNING_SERVICE_CHECK: serviceText({
    runs: 'primary',
    checks: [{ tcp, interval: '10s' }],
  }),
  CONFIG_WARNING_SERVICE_UNCHECKED: serviceText({ runs: 'primary' }),
  CONFIG_WARNING_SERVICE_UNIT: entriesText({
    services: { kamailio: { unit: 'kamailio.service', user: 'kamailio' } },
  }),
  CONFIG_WARNING_HOOK_DEADLINE: entriesText({
    hooks: [{ name: 'role', command, on: ['primary'], required: true, deadline: '1m' }],
  }),
};

for (const [code, text] of Object.entries(cases)) {
  test(`${code} is said of a configuration that earns it, with its line`, (t) => {
    const complaints = complaintsAbout(text);
    const found = complaints.find((each) => each.code === code);
    t.truthy(found, JSON.stringify(complaints));
    t.true((found?.line ?? 0) >= 1 && (found?.column ?? 0) >= 1);
    t.true((found?.line ?? 0) <= text.split('\n').length);
    t.regex(found?.message ?? '', /\S/);
  });
}

test('the good configuration of these cases earns no complaint at all', (t) => {
  t.deepEqual(complaintsAbout(configText()), []);
  t.deepEqual(complaintsAbout(etcdText({})), []);
  t.deepEqual(complaintsAbout(serviceText({})), []);
});

test('only codes that begin with CONFIG_WARNING_ leave a file usable', (t) => {
  for (const [code, text] of Object.entries(cases)) {
    const refused = complaintsAbout(text).some((each) => !isWarning(each));
    t.is(refused, !code.startsWith('CONFIG_WARNING_'), code);
  }
});

test('CONFIG_MISSING and CONFIG_TOO_LARGE are said of a file that is absent, a directory or huge', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-config-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const huge = join(directory, 'huge.yaml');
  writeFileSync(huge, '#');
  truncateSync(huge, 2 * 1024 * 1024);
  t.deepEqual(codesOf(join(directory, 'absent.yaml')), ['CONFIG_MISSING']);
  t.deepEqual(codesOf(directory), ['CONFIG_MISSING']);
  t.deepEqual(codesOf(huge), ['CONFIG_TOO_LARGE']);
});

function codesOf(path: string): readonly string[] {
  const loaded = loadConfig(path);
  return 'config' in loaded ? [] : loaded.complaints.map(({ code }) => code);
}

test('every code of the table has a meaning for the reference page', (t) => {
  for (const meaning of Object.values(complaintCodes)) t.regex(meaning, /^\S.*\S$/);
});
