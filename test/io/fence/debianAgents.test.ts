// Agents as Debian ships them (package fence-agents): what they say of themselves is understood, and one of them switches a
// service processor on loopback.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { findAgent } from '../../../src/io/fence/agentFile.ts';
import { askMetadata, parseMetadata, unfitOptions } from '../../../src/io/fence/agentMetadata.ts';
import { FenceDevice } from '../../../src/io/fence/fenceDevice.ts';
import { isHotpairError } from '../../../src/protocol/hotpairError.ts';
import { fakeRedfish } from './fakeRedfish.ts';
import type { FakeRedfish } from './fakeRedfish.ts';

const never = new AbortController().signal;

test('the options of real agents are known from their metadata', async (t) => {
  for (const name of ['fence_redfish', 'fence_ipmilan', 'fence_apc_snmp', 'fence_apc']) {
    const metadata = await askMetadata(findAgent(name, null));
    t.is(metadata.name, name);
    for (const option of ['ip', 'username', 'password', 'plug', 'power_wait'])
      t.true(metadata.parameters.has(option), `${name} ${option}`);
    for (const action of ['on', 'off', 'status', 'monitor'])
      t.true(metadata.actions.has(action), `${name} ${action}`);
  }
});

test('what an agent does not know, and what it needs, is found before it is needed', async (t) => {
  const metadata = await askMetadata(findAgent('fence_redfish', null));
  t.deepEqual(unfitOptions(metadata, ['ip', 'username', 'password']), { unknown: [], missing: [] });
  // An older name does as well.
  t.deepEqual(unfitOptions(metadata, ['ipaddr', 'login']), { unknown: [], missing: [] });
  t.deepEqual(unfitOptions(metadata, ['ip', 'plugg']), {
    unknown: ['plugg'],
    missing: ['username'],
  });
});

test('a program that does not describe itself is refused', async (t) => {
  const error = await t.throwsAsync(async () => askMetadata('/bin/true'));
  t.true(isHotpairError(error) && error.code === 'FENCE_METADATA');
  t.throws(() => parseMetadata('<resource-agent name="fence_x">', 'fence_x'));
});

async function setUp(
  t: ExecutionContext,
  password: string,
  deadlineMs: number,
): Promise<[FakeRedfish, FenceDevice]> {
  const fake = await fakeRedfish('hotpair', 'opensesame');
  const folder = mkdtempSync(join(tmpdir(), 'fence-'));
  t.teardown(async () => {
    rmSync(folder, { recursive: true, force: true });
    await fake.close();
  });
  const ip = { ip: '127.0.0.1', ipport: String(fake.port), ssl_insecure: '1' };
  const device = new FenceDevice({
    name: 'bmc',
    agentPath: findAgent('fence_redfish', null),
    options: { ...ip, username: 'hotpair', password },
    secrets: [password],
    deadlineMs,
    verify: true,
    lockPath: join(folder, 'lock'),
    onOrphan() {},
  });
  return [fake, device];
}

test('fence_redfish switches off and on, verified', async (t) => {
  const [fake, device] = await setUp(t, 'opensesame', 20_000);
  t.is((await device.look(never)).power, 'on');
  t.deepEqual(await device.order('off', never), { end: 'done', text: '' });
  t.is(fake.power, 'Off');
  t.is((await device.look(never)).power, 'off');
  t.deepEqual(await device.order('on', never), { end: 'done', text: '' });
  t.deepEqual(fake.resets, ['ForceOff', 'On']);
});

test('E08: fence_redfish with a wrong password switches nothing, and what is told does not hold it', async (t) => {
  const [fake, device] = await setUp(t, 'wrong-one', 6_000);
  const { end, text } = await device.order('off', never);
  t.is(end, 'unknown');
  t.regex(text, /^off: the agent ended with 1: /);
  t.notRegex(text, /wrong-one/);
  t.deepEqual(fake.resets, []);
  t.is((await device.look(never)).power, 'silent');
});

test('E08: fence_redfish is ended where its service processor does not answer', async (t) => {
  const [fake, device] = await setUp(t, 'opensesame', 3_000);
  fake.isDeaf = true;
  const begun = performance.now();
  const { end, text } = await device.order('off', never);
  t.is(end, 'unknown');
  t.regex(text, /did not end in time/);
  t.true(performance.now() - begun < 6_000);
  t.deepEqual(fake.resets, []);
});
