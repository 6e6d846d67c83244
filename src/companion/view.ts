// What the companion knows at one moment, and all that pages and lights are made of.
import type { CompanionSettings } from '../daemon/companionDescription.ts';
import type { StatusJson } from '../daemon/status.ts';
import type { BoxFacts } from './boxFacts.ts';
import type { Inventory } from './inventory.ts';

export type AgentView =
  /** It was not heard yet, and it is too early to say that it does not answer. */
  | { readonly type: 'asked' }
  | { readonly type: 'answering'; readonly status: StatusJson }
  /** `since`: UTC of the last answer, or of the first question where there was none. */
  | { readonly type: 'silent'; readonly reason: string; readonly since: string };

export type Place = Pick<
  CompanionSettings,
  'node' | 'servicePort' | 'heartbeatPort' | 'heartbeatAddress' | 'serviceAddresses' | 'version'
>;

export type View = {
  readonly place: Place;
  readonly agent: AgentView;
  readonly facts: BoxFacts;
  /** Null: not looked for yet. */
  readonly inventory: Inventory | null;
};
