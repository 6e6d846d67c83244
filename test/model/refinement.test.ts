// The model and the core are one protocol: runs of the simulator and short scripts are measured move by move, in both
// directions. What the core does the model must have, and what the model has the core must do somewhere.
import test from 'ava';
import { shippedCore } from '../simulator/loadCore.ts';
import { arbiters } from '../simulator/simulatedArbiter.ts';
import type { SimulatedArbiter } from '../simulator/simulatedArbiter.ts';
import { simulate } from '../simulator/simulation.ts';
import { agentMoves } from './agentMoves.ts';
import { recordMoves } from './recordMoves.ts';
import { Refinement } from './refinement.ts';
import { allRules } from './rules.ts';
import { scripts } from './scripts.ts';
import { search } from './search.ts';

const seeds = 12;
const safetyMs = 6 * 60_000;
const maxStates = 250_000;

function follow(refinement: Refinement, arbiter: SimulatedArbiter, seed: number): void {
  const step: typeof shippedCore.step = (before, event, settings) => {
    const result = shippedCore.step(before, event, settings);
    refinement.follow({ before, event, after: result.state, effects: result.effects, settings });
    return result;
  };
  simulate({ ...shippedCore, step }, { seed, safetyMs, arbiter });
}

const whole = new Refinement();

for (const arbiter of arbiters) {
  test.serial(
    `with ${arbiter} every record, statement and grant of a run is a move of the model`,
    (t) => {
      const refinement = new Refinement();
      for (let seed = 1; seed <= seeds; seed += 1) follow(refinement, arbiter, seed);
      t.deepEqual([...new Set(refinement.mismatches)].slice(0, 20), []);
      t.true(refinement.seen.size > 20);
      whole.take(refinement);
    },
  );
}

for (const [name, run] of Object.entries(scripts)) {
  test.serial(`the core makes the move ${name} with the record that the model says`, (t) => {
    const refinement = new Refinement();
    const { steps } = run();
    for (const step of steps) refinement.follow(step);
    t.deepEqual(refinement.mismatches, []);
    t.true(refinement.seen.has(name), [...refinement.seen.keys()].join(' '));
    whole.take(refinement);
  });
}

test.serial(
  'every record and every move of an agent that the model has was made by the core',
  (t) => {
    const names = [...Object.keys(recordMoves), ...Object.keys(agentMoves)];
    t.deepEqual(
      names.filter((name) => !whole.seen.has(name)),
      [],
    );
  },
);

/** Not the whole search: as much of it as shows every move and every change of role. */
const searched = new Map(
  arbiters.map((arbiter) => [arbiter, search(arbiter, allRules, { maxStates })]),
);

test.serial('every record has a script of its own', (t) => {
  t.deepEqual(
    Object.keys(recordMoves).filter((name) => scripts[name] === undefined),
    [],
  );
});

test.serial(
  'every move of the model is an agent move that is looked for in the core, or one of the world',
  (t) => {
    const known = new Set([...Object.keys(recordMoves), ...Object.keys(agentMoves), ...worldMoves]);
    for (const { moves } of searched.values()) {
      t.deepEqual(
        [...moves.keys()].filter((name) => !known.has(name)),
        [],
      );
    }
  },
);

/** What happens to an agent, and what no agent decides. */
const worldMoves: readonly string[] = [
  'clientWrites',
  'logArrives',
  'logArrivesInPart',
  'recordWritten',
  'heartbeatArrives',
  'databaseCrashes',
  'agentRestarts',
  'boxRestarts',
  'boxLosesLog',
  'claimLands',
  'orderLands',
  'fenced',
];

test.serial('a change of role that the core makes is one that the model makes', (t) => {
  const changes = new Set([...searched.values()].flatMap(({ roleChanges }) => [...roleChanges]));
  t.deepEqual(
    [...whole.roleChanges].filter((change) => !changes.has(change)),
    [],
  );
});

test.serial(
  'what is no move of the model is seen: a record that nothing allows, a grant out of turn',
  (t) => {
    const [step] = scripts['consentTaken']?.().steps.slice(-1) ?? [];
    if (step === undefined || step.after.writing === null) {
      t.fail('the script asks for a record');
      return;
    }
    const refinement = new Refinement();
    const writing = { ...step.after.writing, epoch: step.after.writing.epoch + 1 };
    refinement.follow({ ...step, after: { ...step.after, writing } });
    refinement.follow({ ...step, after: { ...step.after, leaving: false } });
    t.is(refinement.mismatches.length, 2);
  },
);
