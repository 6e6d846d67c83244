// The shape of a rule between keys: which keys it needs and how it speaks.
import type { ComplaintCode } from './complaint.ts';
import type { Config } from './config.ts';

/** What is wrong between keys; its place is the first of `keys` that is written in the file. */
export interface Finding {
  readonly message: string;
  readonly seen?: string;
  readonly allowed?: string;
  /** Index of the list entry that is meant, in the relation's first key. */
  readonly index?: number;
  /** Where it is, within entries: `services.kamailio.after[1]`. */
  readonly at?: string;
  /** What else it depends on within entries, beside `at`: it is not said where one of these is not valid. */
  readonly needs?: readonly string[];
}

/** One relation or warning. */
export interface Relation {
  readonly code: ComplaintCode;
  /** The keys it depends on, the one to complain at first. */
  readonly keys: readonly [string, ...string[]];
  readonly find: (config: Config) => readonly Finding[];
}
