// What is known of a key besides its type: the sentence for people, what is allowed, an example.
// Kept beside the zod schema in a registry, so that complaints, JSON Schema and the reference page
// say the same.
import * as z from 'zod';

/** The facts of one key or section. */
export interface Facts {
  /** One or two sentences for the reference page and the JSON Schema. */
  readonly description: string;
  /** What is accepted, in words: `10ms to 1s`. */
  readonly allowed?: string;
  /** A valid value; stands in for a wrong one so that the rest of the file can still be checked. */
  readonly example?: unknown;
  /** Regular expression of the written form, where the schema itself has none. */
  readonly pattern?: string;
  /** A key without a default that a board may settle: then the file need not write it. */
  readonly byBoard?: boolean;
  /** What the default is where it is computed from other keys. */
  readonly derived?: string;
}

/** The facts by schema; the outermost schema of a key carries them. */
export const facts = z.registry<Facts>();
