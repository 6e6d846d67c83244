// The role that the services of this box are given, for every state of the pair.
import test from 'ava';
import type { GuardianRole } from '../../src/core/guardian/settings.ts';
import type { State } from '../../src/core/state.ts';
import { initialState } from '../../src/core/state.ts';
import { stateNames } from '../../src/core/stateName.ts';
import type { StateName } from '../../src/core/stateName.ts';
import { guardianRole } from '../../src/daemon/guardianRole.ts';
import { durableRecord, settings } from '../core/builders.ts';

const unstarted = initialState(settings());

/** A started node in this state; `admitted` and the addresses as given. */
function inState(name: StateName, admitted: boolean, addressesOn: boolean): State {
  return {
    ...unstarted,
    agentStart: 'a1',
    name,
    record: durableRecord(),
    database: { ...unstarted.database, running: true, answering: true, admitted },
    port: { ...unstarted.port, addressesOn, anyAddressOn: addressesOn },
  };
}

const before = [null, 'none', 'standby', 'primary'] as const;

type Row = readonly (GuardianRole | null)[];

function rowOf(state: State): Row {
  return before.map((role) => guardianRole(state, role));
}

/** Each row: the role after it, where the one before was not known, none, standby, primary. */
const none: Row = ['none', 'none', 'none', 'none'];
const standby: Row = ['standby', 'standby', 'standby', 'standby'];
const primary: Row = ['primary', 'primary', 'primary', 'primary'];
/** Whoever was primary stays it, nobody becomes it. */
const stays: Row = ['none', 'none', 'none', 'primary'];
/** The same while the service addresses are on: who is not known yet stays so. */
const waits: Row = [null, 'none', 'none', 'primary'];

type Rows = {
  readonly serving: Row;
  /** Clients are kept out, the addresses are on. */
  readonly closed: Row;
  /** Clients are let in, the addresses are off. */
  readonly away: Row;
  readonly off: Row;
};

const everywhere = (row: Row): Rows => ({ serving: row, closed: row, away: row, off: row });
const reigns: Rows = { serving: primary, closed: waits, away: stays, off: stays };
const undecided: Row = [null, 'none', 'none', 'none'];

const table: Readonly<Record<StateName, Rows>> = {
  unpaired: everywhere(none),
  starting: { serving: undecided, closed: undecided, away: none, off: none },
  opening: { serving: waits, closed: waits, away: stays, off: stays },
  solo: reigns,
  pairing: reigns,
  paired: reigns,
  leaving: reigns,
  handingOver: everywhere(none),
  rejoining: everywhere(standby),
  standby: everywhere(standby),
  takingOver: everywhere(none),
  steppingDown: everywhere(none),
};

for (const name of stateNames) {
  test(`the role in ${name}`, (t) => {
    t.deepEqual(rowOf(inState(name, true, true)), table[name].serving, 'serving');
    t.deepEqual(rowOf(inState(name, false, true)), table[name].closed, 'clients kept out');
    t.deepEqual(rowOf(inState(name, true, false)), table[name].away, 'addresses off');
    t.deepEqual(rowOf(inState(name, false, false)), table[name].off, 'both');
  });
}

test('before the agent has looked at its box no role is known', (t) => {
  t.deepEqual(rowOf(unstarted), [null, null, null, null]);
});

test('while the arbiter is asked whether a standby may take over, it stays a standby', (t) => {
  const asking = { ...inState('takingOver', false, false), phase: 'asking' };
  t.deepEqual(rowOf(asking), [null, 'none', 'standby', 'primary']);
});

test('a primary whose epoch the ledger gave to the other box has no role', (t) => {
  const state = inState('paired', true, true);
  t.deepEqual(rowOf({ ...state, arbiter: { ...state.arbiter, lostEpoch: 4 } }), none);
  t.deepEqual(rowOf({ ...state, arbiter: { ...state.arbiter, lostEpoch: 3 } }), primary);
});

test('an agent that is started anew on a primary tells no role before it knows it', (t) => {
  const life: readonly State[] = [
    unstarted,
    inState('starting', false, true),
    inState('opening', false, true),
    inState('solo', false, true),
    inState('solo', true, true),
    inState('opening', false, true),
    inState('solo', true, true),
    inState('handingOver', true, true),
    inState('rejoining', false, false),
  ];
  let role: GuardianRole | null = null;
  const told = life.map((state) => (role = guardianRole(state, role)));
  const unknown = [null, null, null, null];
  t.deepEqual(told, [...unknown, 'primary', 'primary', 'primary', 'none', 'standby']);
});
