// What one kind of panel adds to the conversation that is the same with all of them (conversation.ts): its size, how it is asked and
// told, and what its bytes mean.
import type { Light, PanelKey } from './panel.ts';
import type { Change } from './picture.ts';

/** What a dialect finds in the bytes of the panel. */
export type Hearer = {
  /** The question that waits is answered; `said` is a part of the panel's identity. */
  answered(said?: string): void;
  key(key: PanelKey): void;
};

export type Dialect = {
  /** These may change with the answers to the first questions. */
  readonly columns: number;
  readonly rows: number;
  readonly keys: readonly PanelKey[];
  /** How long an answer is waited for, and how often a question is sent before the panel counts as lost. */
  readonly answerMs: number;
  readonly tries: number;
  /** A panel that has nothing to be told is asked for a sign of life so often. */
  readonly idleMs: number;
  /** After so long everything is sent again, for a panel that was reset unnoticed; null: it cannot be. */
  readonly refreshMs: number | null;
  /** How many changes go with one question. */
  readonly changesAtOnce: number;
  /** The lights that the panel has for the four that are wanted. */
  arrange(lights: readonly Light[]): readonly Light[];
  /** A conversation begins: nothing of a former one counts. */
  begin(): void;
  /** Questions that make the panel known; the last parts of their answers are its identity. */
  introduction(): readonly (() => Buffer)[];
  /** Questions that make it ready, after the introduction and with every refresh. */
  setUp(): readonly (() => Buffer)[];
  /** A question that tells of changes. */
  tell(changes: readonly Change[]): Buffer;
  /** A question that asks for nothing but an answer. */
  ping(): Buffer;
  hear(bytes: Buffer, hearer: Hearer): void;
  /** No answer came in time: what has come of one may be put together otherwise. */
  silence(hearer: Hearer): void;
};
