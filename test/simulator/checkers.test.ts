// Every checker of the simulator is shown a planted lie or a core that breaks the rule, because a checker that cannot fail
// checks nothing.
import test from 'ava';
import type { Effect } from '../../src/core/effects.ts';
import type { CoreEvent } from '../../src/core/events.ts';
import type { DurableRecord } from '../../src/core/record.ts';
import type { Standing } from '../../src/core/standing.ts';
import type { State } from '../../src/core/state.ts';
import { boxA, boxB, durableRecord } from '../core/builders.ts';
import type { Core } from './core.ts';
import { Ledger } from './ledger.ts';
import { shippedCore as core } from './loadCore.ts';
import { extend, fork, newLog } from './log.ts';
import { Random } from './random.ts';
import { installPair, simulate } from './simulation.ts';
import { Trace } from './trace.ts';
import { World } from './world.ts';
import { drawOptions } from './worldOptions.ts';
import type { Planted } from './worldOptions.ts';

const { step } = core;

/** Whether one of the first so many seeds breaks the invariant with this lie, or with this core. */
function finds(invariant: string, seeds: number, planted: Planted, through: Core = core): boolean {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { violation } = simulate(through, { seed, safetyMs: 180_000, planted });
    if (violation?.invariant === invariant) return true;
  }
  return false;
}

test('I4: a switch that is said to be in force and is not is found at once', (t) => {
  t.true(finds('I4', 10, { lyingSwitch: true }));
});

test('I1: a standby that loses what it reported as flushed is found', (t) => {
  t.true(finds('I1', 60, { lyingFlush: true }));
});

test('I4: a core that does not wait for its record is found', (t) => {
  // The record is answered before the disk has it: what follows from it is done too early.
  const hasty: Core = {
    ...core,
    step: (state, event, settings) => {
      const first = step(state, event, settings);
      const write = first.effects.find((effect) => effect.type === 'writeRecord');
      if (write?.record.mode !== 'solo') return first;
      const second = step(
        first.state,
        { type: 'recordWritten', token: write.token, at: event.at },
        settings,
      );
      return { state: second.state, effects: [...first.effects, ...second.effects] };
    },
  };
  t.true(finds('I4', 60, {}, hasty));
});

test('I2 or I3: a standby that is blind to the answers of a living primary is found', (t) => {
  const blind: Core = {
    ...core,
    step: (state, event, settings) => {
      const silent = event.at - (state.contact.heardAt ?? event.at) > settings.deadIntervalMs / 2;
      const seen =
        event.type === 'probeRoundDone' && silent
          ? { ...event, result: { ...event.result, serviceAnsweredBy: [] } }
          : event;
      // And a primary that is blind to the claims of the other box, which would veto as well.
      return step(
        state,
        seen.type === 'addressClaimed' ? { type: 'tick', at: event.at } : seen,
        settings,
      );
    },
  };
  t.true(finds('I2', 60, {}, blind) || finds('I3', 60, {}, blind));
});

type Step = Core['step'];

/** A core that hears something else than what was said. */
function hearing(change: (event: CoreEvent, state: State) => CoreEvent): Core {
  const heard: Step = (state, event, settings) => step(state, change(event, state), settings);
  return { ...core, step: heard };
}

/** A core that does something else than what was decided. */
function doing(
  change: (effects: readonly Effect[], event: CoreEvent, state: State) => readonly Effect[],
): Core {
  const done: Step = (state, event, settings) => {
    const first = step(state, event, settings);
    return { state: first.state, effects: change(first.effects, event, first.state) };
  };
  return { ...core, step: done };
}

function saying(change: (standing: Standing, state: State) => Standing): Core {
  return doing((effects, _event, state) =>
    effects.map((effect) =>
      effect.type === 'sendHeartbeat'
        ? {
            ...effect,
            heartbeat: { ...effect.heartbeat, standing: change(effect.heartbeat.standing, state) },
          }
        : effect,
    ),
  );
}

/** Asks for a record of a lone reign as soon as the agent starts with such a record. */
function leavingAtStart(mode: DurableRecord['mode']): Core {
  return doing((effects, event, { record, agentStart }) => {
    if (event.type !== 'agentStarted' || record?.mode !== mode || record.epoch < 2) return effects;
    const alone: DurableRecord = {
      ...record,
      epoch: record.epoch + 1,
      mode: 'solo',
      holder: record.node,
      partner: null,
      handed: 'none',
    };
    const token = Number.parseInt(agentStart.slice(0, 8), 16) + 1_000_000;
    return [...effects, { type: 'writeRecord', token, record: alone, deadlineMs: 1000 }];
  });
}

test('I5: a primary that grants before its paired record is on disk is found', (t) => {
  const early = saying((standing, { phase, contact, writing }) =>
    standing.stateName === 'pairing' && phase === 'recording' && writing !== null
      ? {
          ...standing,
          grant: {
            type: 'eligibility',
            epoch: writing.epoch,
            toStart: contact.peerStart ?? '',
            lossCounter: contact.standing?.lossCounter ?? 0,
          },
        }
      : standing,
  );
  t.true(finds('I5', 4, {}, early));
});

test('I5: a pairing that does not wait for its barrier is found', (t) => {
  const hasty = hearing((event, state) =>
    event.type === 'databaseObserved' && state.name === 'pairing'
      ? {
          ...event,
          database: {
            ...event.database,
            standbyStreaming: true,
            standbyFlushLsn: event.database.lsn,
          },
        }
      : event,
  );
  t.true(finds('I5', 200, {}, hasty));
});

test('I6: a node that leaves a catchup record alone is found', (t) => {
  t.true(finds('I6', 8, {}, leavingAtStart('catchup')));
});

test('I7: a node that goes alone without having heard anybody since its start is found', (t) => {
  t.true(finds('I7', 8, {}, leavingAtStart('paired')));
});

test('I8: a gate that does not wait for the standby is found', (t) => {
  const open = hearing((event, state) =>
    event.type === 'databaseObserved' && state.name === 'opening'
      ? {
          ...event,
          database: {
            ...event.database,
            standbyStreaming: true,
            standbyFlushLsn: event.database.lsn,
          },
        }
      : event,
  );
  t.true(finds('I8', 30, {}, open));
});

test('I9: a standby that takes a grant for another start of its agent is found', (t) => {
  const credulous = hearing((event, { agentStart, eligibility }) => {
    if (event.type !== 'heartbeatReceived') return event;
    const { grant } = event.heartbeat.standing;
    if (grant?.type !== 'eligibility') return event;
    const forged = { ...grant, toStart: agentStart, lossCounter: eligibility.lossCounter };
    const standing = { ...event.heartbeat.standing, grant: forged };
    return { ...event, heartbeat: { ...event.heartbeat, standing } };
  });
  t.true(finds('I9', 150, {}, credulous));
});

test('V3: a box that keeps the service address when it should take it off is found', (t) => {
  t.true(finds('V3', 120, { stickyAddress: true }));
});

test('a core that starts a database which is half rewound is found', (t) => {
  const careless = hearing((event, { record }) => {
    const whole = { present: true, systemId: record?.databaseSystemId ?? '' };
    if (event.type === 'databaseObserved')
      return { ...event, database: { ...event.database, ...whole } };
    if (event.type !== 'agentStarted' || event.record === null) return event;
    const { databaseSystemId: systemId } = event.record;
    return {
      ...event,
      record: { ...event.record, job: 'none' },
      database: { ...event.database, ...whole, systemId },
    };
  });
  const random = new Random(1);
  const world = new World(careless, random, drawOptions(random, 1000, 'lan', {}), new Trace(null));
  world.boxes[1].database.broken = true;
  installPair(world);
  while (world.queue.nowMs < 10_000 && world.ledger.violation === null) world.queue.step();
  t.is(world.ledger.violation?.invariant, 'job');
});

test('a core that asks for more and more is found', (t) => {
  const greedy = doing((effects) => [
    ...effects,
    ...Array.from({ length: 61 }, () => ({ type: 'announce' }) as const),
  ]);
  t.true(finds('bounded', 1, {}, greedy));
});

test('liveness: a core that never pairs is found', (t) => {
  const lonely = doing((effects) => effects.filter((effect) => effect.type !== 'setSynchronous'));
  t.true(finds('liveness', 2, {}, lonely));
});

test('I3: an epoch that goes down, or belongs to two reigns, is found', (t) => {
  const first = durableRecord({ epoch: 4, holder: boxA, mode: 'paired' });
  const second: readonly Partial<DurableRecord>[] = [
    { epoch: 3 },
    { holder: boxB, node: boxB },
    { mode: 'solo' },
  ];
  for (const change of second) {
    const ledger = new Ledger(newLog());
    ledger.noteRecord(null, first);
    ledger.noteRecord(first, { ...first, ...change });
    t.is(ledger.violation?.invariant, 'I3', JSON.stringify(change));
  }
});

test('what an operator gives up is no longer promised, and nothing else', (t) => {
  const trunk = extend(newLog());
  const lost = extend(trunk);
  const ledger = new Ledger(trunk);
  ledger.acknowledge(lost, 'A');
  ledger.accept(fork(trunk));
  t.is(ledger.acknowledged.length, trunk.length);
  ledger.acknowledge(lost, 'A');
  ledger.acknowledge(fork(trunk), 'B');
  t.is(ledger.violation?.invariant, 'I1');
});

test('a core that gives up with an error is a violation of its seed, not the end of the whole run', (t) => {
  const { violation } = simulate(
    {
      ...core,
      step: (state, event, settings) => {
        if (event.type === 'databaseStarted') throw new Error('I3: planted');
        return core.step(state, event, settings);
      },
    },
    { seed: 3, safetyMs: 600_000 },
  );
  t.is(violation?.invariant, 'broken');
  t.regex(violation?.text ?? '', /I3: planted/u);
});

test('I3: the reigns of a box that is gone for good are free again, but for those that the other box knows', (t) => {
  const beginning = newLog();
  for (const [epoch, broken] of [
    [21, null],
    [20, 'I3'],
  ] as const) {
    const ledger = new Ledger(beginning);
    const record = durableRecord({ mode: 'solo', holder: boxA, partner: null });
    for (const reign of [20, 21]) ledger.noteRecord(null, { ...record, epoch: reign });
    ledger.forgetReigns(boxA, 20);
    ledger.noteRecord(null, { ...record, node: boxB, holder: boxB, epoch });
    t.is(ledger.violation?.invariant ?? null, broken);
  }
});
