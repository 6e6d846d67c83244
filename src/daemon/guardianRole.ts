// What this box is for its services, read off the core's state. A pure function, so that every state of the pair has its row in
// a table of tests.
import { servesIn } from '../core/roles.ts';
import type { GuardianRole } from '../core/guardian/settings.ts';
import type { State } from '../core/state.ts';

/**
 * The role after a decision; `before` is the one before it, null where nothing was known yet, and null is returned as long as
 * that stays so. An agent that was started anew must not stop the services of a primary before it knows that this is none.
 */
export function guardianRole(state: State, before: GuardianRole | null): GuardianRole | null {
  if (state.agentStart === '') return null;
  if (hasLostEpoch(state)) return 'none';
  const { name, phase } = state;
  if (name === 'standby' || name === 'rejoining') return 'standby';
  // The arbiter may say no, and then nothing has changed.
  if (name === 'takingOver' && phase === 'asking') return before;
  if (name === 'starting') return before === null ? undecided(state) : 'none';
  return servesIn(name) && name !== 'handingOver' ? servingRole(state, before) : 'none';
}

/** PostgreSQL may be restarted on the spot: calls go on meanwhile, so the services do too. */
function servingRole(state: State, before: GuardianRole | null): GuardianRole | null {
  if (before === 'primary') return 'primary';
  const { name, database, port } = state;
  if (name !== 'opening' && database.admitted && port.addressesOn) return 'primary';
  return before === null ? undecided(state) : 'none';
}

/** Where the service addresses are off nobody is served, whatever comes of it. */
function undecided({ port }: State): GuardianRole | null {
  return port.anyAddressOn ? null : 'none';
}

/** The peer has the epoch after this one: what still runs here serves nobody. */
function hasLostEpoch({ name, arbiter, record }: State): boolean {
  return name === 'paired' && record !== null && arbiter.lostEpoch === record.epoch;
}
