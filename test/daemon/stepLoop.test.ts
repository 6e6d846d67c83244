// The loop that decides: it ticks by itself, keeps the order of events, and stops for good when an invariant breaks.
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { Effect } from '../../src/core/effects.ts';
import type { CoreEvent } from '../../src/core/events.ts';
import { openStepLoop } from '../../src/daemon/stepLoop.ts';
import type { StepLoop } from '../../src/daemon/stepLoop.ts';
import type { Happening } from '../../src/daemon/mailbox.ts';
import { settings } from '../core/builders.ts';
import { until } from './until.ts';

const start: Happening = {
  type: 'agentStarted',
  agentStart: 'a1a2a3a4a5a6a7a8',
  record: null,
  database: {
    present: false,
    running: false,
    answering: false,
    inRecovery: null,
    systemId: null,
    timeline: null,
    lsn: null,
    receiving: false,
    standbyStreaming: false,
    standbyFlushLsn: null,
    synchronousSetting: false,
    admitted: false,
    rewindable: false,
    majorVersion: null,
    problem: null,
  },
  port: {
    present: true,
    up: true,
    carrier: true,
    carrierChanges: 0,
    mac: '02:00:00:00:00:01',
    addressesOn: false,
    anyAddressOn: false,
  },
  heartbeatCarrier: true,
};

type Watched = {
  readonly loop: StepLoop;
  readonly events: CoreEvent[];
  readonly broken: unknown[];
};

function aLoop(t: ExecutionContext, perform: (effect: Effect, loop: StepLoop) => void): Watched {
  const events: CoreEvent[] = [];
  const broken: unknown[] = [];
  const loop = openStepLoop({
    settings: settings(),
    perform: (effect) => perform(effect, loop),
    look: () => undefined,
    decided: () => undefined,
    flight: { stepped: ({ event }) => events.push(event), undecided: () => undefined },
    late: () => undefined,
    broken: (error) => broken.push(error),
  });
  t.teardown(() => loop.halt());
  return { loop, events, broken };
}

test('the core is asked again by ticks, without anything happening, and kicks the watchdog by them', async (t) => {
  let kicks = 0;
  const { loop, events } = aLoop(t, (effect) => {
    if (effect.type === 'kickWatchdog') kicks += 1;
  });
  loop.post(start);
  await until('two more kicks were asked for', () => kicks >= 3);
  t.true(events.filter(({ type }) => type === 'tick').length > 2);
});

test('time never runs backwards from event to event', async (t) => {
  const { loop, events } = aLoop(t, () => undefined);
  loop.post(start);
  await until('it has ticked', () => events.length > 5);
  t.deepEqual(
    events.map(({ at }) => at),
    events.map(({ at }) => at).toSorted((a, b) => a - b),
  );
});

test('what an executor posts is decided after the present decision was carried out', (t) => {
  const order: string[] = [];
  const { loop, events } = aLoop(t, (effect, running) => {
    order.push(effect.type);
    if (order.length === 1) running.post({ type: 'garbageReceived', path: 'eth1' });
    if (order.length === 1) t.is(events.length, 0, 'the second event waits');
  });
  loop.post(start);
  t.deepEqual(
    events.map(({ type }) => type),
    ['agentStarted', 'garbageReceived'],
  );
});

test('an exception stops the loop for good and is told once', (t) => {
  let performed = 0;
  const { loop, events, broken } = aLoop(t, () => {
    performed += 1;
    throw new Error('I3 broken');
  });
  loop.post(start);
  loop.post({ type: 'tick' });
  t.is(broken.length, 1);
  t.regex(String(broken[0]), /I3 broken/);
  t.is(events.length, 1);
  t.is(performed, 1);
});

test('a mailbox that overflows while a decision is carried out is told as broken', (t) => {
  const { loop, broken } = aLoop(t, (_effect, running) => {
    for (let count = 0; count < 2_000; count += 1) running.post({ type: 'tick' });
  });
  loop.post(start);
  t.is(broken.length, 1);
  t.regex(String(broken[0]), /no longer decides/);
});
