// The section `arbiter.fence`: what is derived, what a secrets file may hold, and what is refused.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Config } from '../../src/config/config.ts';
import { readFenceSecrets } from '../../src/config/fenceFiles.ts';
import { fenceDelayMs } from '../../src/config/fenceRelations.ts';
import { parseConfig } from '../../src/config/load.ts';
import { isHotpairError } from '../../src/protocol/hotpairError.ts';
import { configText } from './configText.ts';

const bmc = { name: 'bmc', agent: 'fence_ipmilan', options: { ip: '192.0.2.31', lanplus: true } };

function read(fence: Readonly<Record<string, unknown>>): Config {
  const loaded = parseConfig(configText({ arbiter: { type: 'fence', fence } }));
  if (!('config' in loaded)) throw new Error(JSON.stringify(loaded.complaints));
  return loaded.config;
}

function complaints(fence: Readonly<Record<string, unknown>>): readonly string[] {
  const loaded = parseConfig(configText({ arbiter: { type: 'fence', fence } }));
  return 'config' in loaded ? [] : loaded.complaints.map(({ code, key }) => `${code} ${key}`);
}

test('a device has its defaults, and the values of its options are text', (t) => {
  const { devices } = read({ devices: [{ ...bmc, plug: 7 }] }).arbiter.fence;
  t.deepEqual(devices[0], {
    name: 'bmc',
    agent: 'fence_ipmilan',
    level: 1,
    plug: '7',
    options: { ip: '192.0.2.31', lanplus: '1' },
    deadlineMs: 5_000,
    verify: true,
  });
});

test('the delay outlasts an order that a living standby gives in the same silence', (t) => {
  // The order: asked for after D and a probe round, carried out within the deadline of each level that fails.
  t.is(fenceDelayMs(read({ devices: [bmc] })), 4_500);
  const pdu = { name: 'pdu', agent: 'fence_apc', level: 2, deadline: '2s' };
  t.is(fenceDelayMs(read({ devices: [bmc, pdu] })), 6_500);
  t.is(fenceDelayMs(read({ devices: [{ ...bmc, deadline: '500ms' }] })), 0);
  t.is(fenceDelayMs(read({ devices: [bmc], delay: '8s' })), 8_000);
});

test('secrets, own options and unknown keys are refused where they stand', (t) => {
  const at = 'arbiter.fence.devices[0]';
  const code = 'CONFIG_FENCE_OPTION';
  for (const name of ['password', 'passwd_script', 'action', 'delay', 'Ip', 'snmp_auth_secret']) {
    const options = { [name]: 'x' };
    t.deepEqual(complaints({ devices: [{ ...bmc, options }] }), [`${code} ${at}.options.${name}`]);
  }
  const lines = { ip: 'a\nb' };
  t.deepEqual(complaints({ devices: [{ ...bmc, options: lines }] }), [`${code} ${at}.options.ip`]);
  t.deepEqual(complaints({ devices: [{ ...bmc, port: 3 }] }), [`CONFIG_UNKNOWN_KEY ${at}.port`]);
  t.deepEqual(complaints({ devices: [{ agent: 'fence_apc' }] }), [`CONFIG_REQUIRED ${at}.name`]);
  for (const agent of ['ipmilan', 'fence_apc; reboot', '/usr/sbin/../bin/fence_x', '/usr sbin/x'])
    t.deepEqual(complaints({ devices: [{ ...bmc, agent }] }), [`CONFIG_NAME ${at}.agent`]);
});

test('a secrets file holds options, one a line; what it holds otherwise is not told', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fence-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const secretsFile = join(folder, 'bmc.secrets');
  const device = read({ devices: [{ ...bmc, secretsFile }] }).arbiter.fence.devices[0];
  if (device === undefined) throw new Error('the device is missing');
  const codeOf = (): string => {
    const error = t.throws(() => readFenceSecrets(device));
    t.notRegex(error.message, /opensesame/);
    return isHotpairError(error) ? error.code : '';
  };
  t.is(codeOf(), 'FENCE_SECRETS_MISSING');
  const write = (text: string): void => writeFileSync(secretsFile, text, { mode: 0o600 });
  write('# of the service processor\npassword=open=sesame\n\nsnmp_priv_passwd=two words\r\n');
  t.deepEqual(readFenceSecrets(device), {
    password: 'open=sesame',
    snmp_priv_passwd: 'two words',
  });
  for (const text of ['opensesame\n', 'action=off\n', '=opensesame\n', 'password=\n', 'p w=x\n']) {
    write(text);
    t.is(codeOf(), 'FENCE_SECRETS_FORMAT', text);
  }
  write('password=opensesame\n');
  chmodSync(secretsFile, 0o640);
  t.is(codeOf(), 'FENCE_SECRETS_PERMISSIONS');
});
