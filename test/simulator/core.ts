// What the simulator needs of the core: three functions, and what a ledger is turned into. Handed in, so that a core with a rule switched off can be run
// in the same world.
import type { CoreEvent, EventName } from '../../src/core/events.ts';
import type { Effect } from '../../src/core/effects.ts';
import type { Settings } from '../../src/core/settings.ts';
import type * as Ledger from '../../src/core/ledger.ts';
import type { State } from '../../src/core/state.ts';

export type Core = {
  readonly initialState: (settings: Settings) => State;
  readonly step: (
    state: State,
    event: CoreEvent,
    settings: Settings,
  ) => { readonly state: State; readonly effects: readonly Effect[] };
  readonly nextWakeAt: (state: State, settings: Settings) => number;
  readonly ledger: Pick<
    typeof Ledger,
    'claimed' | 'entered' | 'ordered' | 'outcomeOf' | 'published'
  >;
};

type WithoutTime<E> = E extends CoreEvent ? Omit<E, 'at'> : never;
/** An event before it reaches the core: the node's clock is read when it is processed. */
export type Happening = WithoutTime<CoreEvent>;
export type HappeningOf<N extends EventName> = Extract<Happening, { readonly type: N }>;
