// The arbiter fence with an agent that switches a file: what the core is told, who waits, and what the status says.
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { openFenceArbiter } from '../../src/daemon/fenceArbiter.ts';
import type { PairSight } from '../../src/daemon/fenceArbiter.ts';
import { FenceWatch } from '../../src/daemon/fenceWatch.ts';
import type { Happening } from '../../src/daemon/mailbox.ts';
import { PowerSwitch } from '../../src/io/fence/powerSwitch.ts';
import { monotonicMs } from '../../src/kernel/clock.ts';
import { isHotpairError } from '../../src/protocol/hotpairError.ts';
import { scriptedAgent } from '../io/fence/scriptedAgent.ts';
import { aLog } from './aLog.ts';
import { until } from './until.ts';

const standby: PairSight = {
  holdsEpoch: () => false,
  isAsking: () => true,
  peerHeardAt: () => null,
};
const primary: PairSight = { ...standby, holdsEpoch: () => true };

function setUp(t: ExecutionContext, pair: PairSight, delayMs = 0) {
  const agent = scriptedAgent();
  const power = new PowerSwitch([
    { ...agent.device({ name: 'pdu', deadlineMs: 1_000 }), level: 1 },
  ]);
  const { log, kept } = aLog();
  const arbiter = openFenceArbiter({ power, delayMs, log, pair });
  t.teardown(() => {
    arbiter.close();
    agent.remove();
  });
  const asked = async (type: 'fencePeer' | 'unfencePeer'): Promise<string> => {
    const request = { token: 7, deadlineMs: 10_000 };
    const answer: Promise<Happening> =
      type === 'fencePeer'
        ? arbiter.fencePeer({ type, ...request })
        : arbiter.unfencePeer({ type, ...request });
    return answer.then(
      (happening) => happening.type,
      (error: unknown) => (isHotpairError(error) ? error.code : String(error)),
    );
  };
  return { agent, power, arbiter, asked, kept };
}

test('I2: the peer is fenced when it was seen to be off, refused when it was seen to be on', async (t) => {
  const { agent, asked } = setUp(t, standby);
  t.is(await asked('fencePeer'), 'peerFenced');
  t.is(agent.power(), 'off');
  t.is(await asked('unfencePeer'), 'peerUnfenced');
  t.is(agent.power(), 'on');
  agent.setMode('fail');
  t.is(await asked('fencePeer'), 'fenceRefused');
});

test('I2: what is not seen is not known, whatever the agent says', async (t) => {
  const { agent, asked, arbiter } = setUp(t, standby);
  agent.setMode('lie');
  t.is(await asked('fencePeer'), 'fenceRefused');
  for (const mode of ['mute', 'deaf'] as const) {
    agent.setMode(mode);
    t.is(await asked('fencePeer'), 'FENCE_UNKNOWN', mode);
  }
  t.is(arbiter.status().problem?.code, 'FENCE_FAILED');
});

test('whoever serves waits, so that a living standby is first', async (t) => {
  const { asked, agent } = setUp(t, primary, 400);
  const begun = monotonicMs();
  const [first, second] = await Promise.all([asked('fencePeer'), asked('fencePeer')]);
  t.deepEqual([first, second], ['peerFenced', 'peerFenced']);
  t.true(monotonicMs() - begun >= 400);
  t.deepEqual(
    agent.calls().filter((call) => call === 'off'),
    ['off'],
  );
});

test('a peer that is heard again while nothing was ordered yet is not switched off', async (t) => {
  let heardAt: number | null = null;
  const { asked, agent } = setUp(t, { ...primary, peerHeardAt: () => heardAt }, 60_000);
  t.is(await asked('unfencePeer'), 'peerUnfenced');
  const answer = asked('fencePeer');
  heardAt = monotonicMs() + 1;
  t.is(await answer, 'fenceRefused');
  t.false(agent.calls().includes('off'));
});

test('I2: where an earlier order may still land, a peer that is heard is switched on before it is refused', async (t) => {
  // Its agent has only just started: what its predecessor ordered is not known.
  const heard = { ...primary, peerHeardAt: () => Infinity };
  const { asked, agent } = setUp(t, heard, 200);
  agent.setMode('mute');
  t.is(await asked('fencePeer'), 'FENCE_UNKNOWN');
  agent.setMode('obey');
  agent.setPower('off');
  t.is(await asked('fencePeer'), 'fenceRefused');
  t.is(agent.power(), 'on');
  t.false(agent.calls().includes('off'));
});

test('a peer that came back while a dead device was asked is not switched off when the device answers', async (t) => {
  let heardAt: number | null = null;
  const { asked, agent } = setUp(t, { ...standby, peerHeardAt: () => heardAt });
  agent.setMode('deaf');
  t.is(await asked('fencePeer'), 'FENCE_UNKNOWN');
  heardAt = monotonicMs();
  t.is(await asked('fencePeer'), 'FENCE_UNKNOWN');
  agent.setMode('obey');
  t.is(await asked('fencePeer'), 'fenceRefused');
  t.deepEqual(agent.calls(), ['off', 'on', 'on', 'status']);
  // What is asked for afterwards is asked for anew.
  t.is(await asked('fencePeer'), 'peerFenced');
});

test('an order that nobody wants any more is not given', async (t) => {
  let isAsking = true;
  const { asked, agent } = setUp(t, { ...primary, isAsking: () => isAsking }, 60_000);
  const answer = asked('fencePeer');
  isAsking = false;
  t.is(await answer, 'FENCE_UNKNOWN');
  t.false(agent.calls().includes('off'));
});

test('switching on is tried again, with patience once it has failed twice', async (t) => {
  const { asked, agent } = setUp(t, standby);
  agent.setMode('mute');
  t.is(await asked('unfencePeer'), 'FENCE_UNKNOWN');
  t.is(await asked('unfencePeer'), 'FENCE_UNKNOWN');
  t.is(await asked('unfencePeer'), 'FENCE_PATIENCE');
});

test('a device that does not answer is found before it is needed, and so is one that switches another box', async (t) => {
  const { agent, power } = setUp(t, standby);
  const { log, kept } = aLog();
  let heardAt: number | null = null;
  const watch = new FenceWatch({
    power,
    log,
    pair: { peerHeardAt: () => heardAt },
    periodMs: 50,
    troubledPeriodMs: 50,
  });
  t.teardown(() => watch.close());
  const codeIs = (code: string | undefined) => (): boolean => watch.told(0).problem?.code === code;
  await until('it was looked at', () =>
    /pdu says that the other box is on/.test(watch.told(0).state ?? ''),
  );
  agent.setMode('mute');
  await until('silence is a problem', codeIs('FENCE_SILENT'));
  agent.setMode('obey');
  await until('it answers', codeIs(undefined));
  agent.setPower('off');
  heardAt = Infinity;
  await until('another box is switched', codeIs('FENCE_WRONG_BOX'));
  t.true(kept.some(({ event }) => event === 'fenceProblem'));
});
