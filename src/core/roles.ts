// Which states hold the service, and what that means for people.
import type { State } from './state.ts';
import type { StateName } from './stateName.ts';

const serving: Readonly<Record<StateName, boolean>> = {
  unpaired: false,
  starting: false,
  opening: true,
  solo: true,
  pairing: true,
  paired: true,
  leaving: true,
  handingOver: true,
  rejoining: false,
  standby: false,
  takingOver: false,
  steppingDown: false,
};

/** The node holds an epoch and serves it, or is about to. */
export function serves(state: State): boolean {
  return servesIn(state.name);
}

export function servesIn(name: StateName): boolean {
  return serving[name];
}
