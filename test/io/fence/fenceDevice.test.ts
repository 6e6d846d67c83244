// One device: the calling convention, and that nothing is believed which was not seen.
import { chmodSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { findAgent } from '../../../src/io/fence/agentFile.ts';
import { runAgentProgram } from '../../../src/io/fence/agentRun.ts';
import { takeDeviceLock } from '../../../src/io/fence/deviceLock.ts';
import { FenceDevice } from '../../../src/io/fence/fenceDevice.ts';
import type { DeviceOptions } from '../../../src/io/fence/fenceDevice.ts';
import { isHotpairError } from '../../../src/protocol/hotpairError.ts';
import { until } from '../../kernel/until.ts';
import { lives, scriptedAgent } from './scriptedAgent.ts';
import type { ScriptedAgent } from './scriptedAgent.ts';

const never = new AbortController().signal;

function setUp(
  t: ExecutionContext,
  changes?: Partial<DeviceOptions>,
): [ScriptedAgent, FenceDevice] {
  const agent = scriptedAgent();
  t.teardown(agent.remove);
  return [agent, new FenceDevice(agent.device(changes))];
}

test('options and action go to the agent as lines of its input, and nothing as arguments', async (t) => {
  const [agent, device] = setUp(t);
  t.deepEqual(await device.order('off', never), { end: 'done', text: '' });
  t.deepEqual(agent.calls(), ['off', 'status']);
  t.deepEqual(agent.read('input').split('\n'), [
    'ip=192.0.2.30',
    'plug=3',
    'password=opensesame',
    'action=status',
  ]);
  t.is(agent.power(), 'off');
  t.deepEqual(await device.look(never), { power: 'off', text: '' });
  t.is((await device.order('on', never)).end, 'done');
  t.deepEqual(await device.look(never), { power: 'on', text: '' });
});

test('I2: an agent that says off while the device says on is not believed', async (t) => {
  const [agent, device] = setUp(t, { deadlineMs: 2_000 });
  agent.setMode('lie');
  const { end, text } = await device.order('off', never);
  t.is(end, 'refused');
  t.regex(text, /says that it is on/);
  t.true(agent.calls().includes('status'));
});

test('an agent that fails while the device says on was refused; its secrets are not told', async (t) => {
  const [agent, device] = setUp(t);
  agent.setMode('fail');
  const { end, text } = await device.order('off', never);
  t.is(end, 'refused');
  t.is(text, 'off: the agent ended with 1: Failed: (not shown) was refused');
});

test('an agent that fails while the device says off has switched off all the same', async (t) => {
  const [agent, device] = setUp(t);
  agent.setMode('fail');
  agent.setPower('off');
  t.is((await device.order('off', never)).end, 'done');
});

test('where the device does not answer, nothing is known of an order', async (t) => {
  const [agent, device] = setUp(t, { deadlineMs: 800 });
  agent.setMode('mute');
  const { end, text } = await device.order('off', never);
  t.is(end, 'unknown');
  t.regex(text, /cannot log in with \(not shown\)/);
  t.is((await device.look(never)).power, 'silent');
});

test('a device that cannot say whether a box is on is believed what its agent says, and no more', async (t) => {
  const [agent, device] = setUp(t, { verify: false });
  t.is((await device.order('off', never)).end, 'done');
  t.deepEqual(agent.calls(), ['off']);
  t.is((await device.look(never)).power, 'answers');
  agent.setMode('fail');
  t.is((await device.order('off', never)).end, 'unknown');
});

test('an agent that does not end in time is killed with its children, and nothing is known', async (t) => {
  const [agent, device] = setUp(t, { deadlineMs: 600 });
  agent.setMode('deaf');
  const { end, text } = await device.order('off', never);
  t.is(end, 'unknown');
  t.regex(text, /did not end in time/);
  const child = Number(agent.read('child'));
  await until('the child is gone', () => !lives(child));
  // The device is free at once for the next order.
  agent.setMode('obey');
  t.is((await device.order('off', never)).end, 'done');
});

test('an order that is given up ends at once', async (t) => {
  const [agent, device] = setUp(t, { deadlineMs: 60_000 });
  agent.setMode('deaf');
  const abort = new AbortController();
  const order = device.order('on', abort.signal);
  await until('it was asked', () => agent.calls().includes('on'));
  abort.abort();
  t.is((await order).end, 'unknown');
});

test('an orphan of an earlier start is killed before anything else is ordered', async (t) => {
  const orphans: number[] = [];
  const [agent, device] = setUp(t, { onOrphan: (_device, pid) => orphans.push(pid) });
  agent.setMode('late');
  // As an agent of ours that died left it: the fence agent lives and holds the lock.
  const fd = await takeDeviceLock(join(agent.folder, 'lock'), 100, () => {});
  const abort = new AbortController();
  t.teardown(() => abort.abort());
  const orphan = runAgentProgram({
    path: agent.path,
    action: 'off',
    options: {},
    deadlineMs: 60_000,
    heldFd: fd,
    signal: abort.signal,
  });
  closeSync(fd);
  await until('its order has landed', () => agent.power() === 'off');
  agent.setMode('obey');
  t.is((await device.order('on', never)).end, 'done');
  t.is((await orphan).code, null);
  t.true(orphans.length > 0);
  t.is(agent.power(), 'on');
});

test('an agent that others may exchange is not run, nor one that is not there', (t) => {
  const [agent] = setUp(t);
  t.is(findAgent('fence_scripted', agent.folder), agent.path);
  t.is(findAgent(agent.path, null), agent.path);
  const missing = t.throws(() => findAgent('fence_nothing', agent.folder));
  t.true(isHotpairError(missing) && missing.code === 'FENCE_AGENT_MISSING');
  const open = scriptedAgent();
  t.teardown(open.remove);
  chmodSync(open.path, 0o777);
  const refused = t.throws(() => findAgent(open.path, null));
  t.true(isHotpairError(refused) && refused.code === 'FENCE_AGENT_PERMISSIONS');
});
