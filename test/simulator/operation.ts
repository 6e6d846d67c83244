// An effect under way, as data: the stages in which the world changes, and the event that answers it.
import type { EffectWithToken } from '../../src/core/effects.ts';
import type { Happening } from './core.ts';

/** One part of an operation. It may end it early with an event, or ask to be done again after the same time. */
export type Stage = { readonly afterMs: number; readonly act: () => Happening | 'again' | null };
export type Operation = {
  readonly stages: readonly Stage[];
  readonly answer: () => Happening;
};

export function failed(effect: EffectWithToken, code: string): Happening {
  return { type: 'effectFailed', token: effect.token, code, text: `${effect.type}: ${code}` };
}
