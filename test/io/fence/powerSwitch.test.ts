// Several devices: levels, what is left of a try that came to nothing, and that one thing is done at a time.
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { PowerSwitch } from '../../../src/io/fence/powerSwitch.ts';
import { until } from '../../kernel/until.ts';
import { scriptedAgent } from './scriptedAgent.ts';
import type { ScriptedAgent } from './scriptedAgent.ts';

function setUp(t: ExecutionContext, levels: Readonly<Record<string, number>>, deadlineMs = 2_000) {
  const agents: Record<string, ScriptedAgent> = {};
  const devices = Object.entries(levels).map(([name, level]) => {
    const agent = scriptedAgent(`fence_${name}`);
    agents[name] = agent;
    t.teardown(agent.remove);
    return { ...agent.device({ name, deadlineMs }), level };
  });
  const power = new PowerSwitch(devices);
  t.teardown(() => power.close());
  const agentOf = (name: string): ScriptedAgent => {
    const agent = agents[name];
    if (agent === undefined) throw new Error(`no device is called ${name}`);
    return agent;
  };
  return { power, agentOf };
}

test('the first level suffices where each of its devices has switched off', async (t) => {
  const { power, agentOf } = setUp(t, { left: 1, right: 1, bmc: 2 });
  t.is((await power.switchOff()).end, 'done');
  t.deepEqual([agentOf('left').power(), agentOf('right').power()], ['off', 'off']);
  t.deepEqual(agentOf('bmc').calls(), ['']);
});

test('E08: a level of which one device fails is none; the next is tried', async (t) => {
  const { power, agentOf } = setUp(t, { left: 1, right: 1, bmc: 2 });
  agentOf('right').setMode('fail');
  const { end, text } = await power.switchOff();
  t.is(end, 'done');
  t.regex(text, /^right: off: the agent ended with 1/);
  t.is(agentOf('bmc').power(), 'off');
});

test('E08: it is refused only when everything is on again', async (t) => {
  const { power, agentOf } = setUp(t, { left: 1, right: 1 });
  t.false(power.isClear);
  agentOf('right').setMode('fail');
  const { end, text } = await power.switchOff();
  t.is(end, 'refused');
  t.regex(text, /^right: off: the agent ended with 1/);
  t.deepEqual(agentOf('left').calls(), ['off', 'status', 'on', 'status']);
  t.is(agentOf('left').power(), 'on');
  t.true(power.isClear);
});

test('an order whose outcome is unknown leaves the switch in doubt until the box is seen to be on', async (t) => {
  const { power, agentOf } = setUp(t, { pdu: 1 }, 500);
  t.is((await power.switchOn()).end, 'done');
  t.true(power.isClear);
  agentOf('pdu').setMode('mute');
  t.is((await power.switchOff()).end, 'unknown');
  t.is((await power.switchOn()).end, 'unknown');
  t.false(power.isClear);
  agentOf('pdu').setMode('obey');
  t.is((await power.switchOn()).end, 'done');
  t.true(power.isClear);
});

test('E08: where no device answers in time the outcome is unknown, and no level is skipped', async (t) => {
  const { power, agentOf } = setUp(t, { pdu: 1, bmc: 2 }, 500);
  agentOf('pdu').setMode('deaf');
  agentOf('bmc').setMode('mute');
  const { end, text } = await power.switchOff();
  t.is(end, 'unknown');
  t.regex(text, /pdu: off: the agent did not end in time; bmc: off: the agent ended with 1/);
});

test('requests for the same join, and switching off does not wait for switching on', async (t) => {
  const { power, agentOf } = setUp(t, { pdu: 1 }, 20_000);
  agentOf('pdu').setMode('deaf');
  const on = power.switchOn();
  await until('it was asked', () => agentOf('pdu').calls().includes('on'));
  agentOf('pdu').setMode('obey');
  const [first, second] = await Promise.all([power.switchOff(), power.switchOff()]);
  t.deepEqual([first.end, second.end, (await on).end], ['done', 'done', 'unknown']);
  t.deepEqual(agentOf('pdu').calls(), ['on', 'off', 'status']);
  t.is((await power.switchOn()).end, 'done');
});

test('switching on waits for an order to switch off, so that the last word counts', async (t) => {
  const { power, agentOf } = setUp(t, { pdu: 1 });
  const off = power.switchOff();
  const on = power.switchOn();
  t.is((await off).end, 'done');
  t.is((await on).end, 'done');
  t.is(agentOf('pdu').power(), 'on');
});

test('a look gives way to an order', async (t) => {
  const { power, agentOf } = setUp(t, { pdu: 1 }, 20_000);
  agentOf('pdu').setMode('deaf');
  const look = power.look();
  await until('it was asked', () => agentOf('pdu').calls().includes('status'));
  agentOf('pdu').setMode('obey');
  t.is((await power.switchOff()).end, 'done');
  t.is(await look, null);
  t.is((await power.look())?.get('pdu')?.power, 'off');
});
