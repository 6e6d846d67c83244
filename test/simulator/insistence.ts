// What was refused may be asked for again, but not at once and again and again: a device that refuses would get no rest, and the
// loop that asks does nothing else.
import type { EffectName } from '../../src/core/effects.ts';

const atOnceMs = 50;
const maxAtOnce = 5;

export class Insistence {
  readonly #refusals = new Map<EffectName, { readonly atMs: number; readonly times: number }>();

  refused(effect: EffectName, nowMs: number): void {
    const before = this.#refusals.get(effect);
    const isAtOnce = before !== undefined && nowMs - before.atMs < atOnceMs;
    this.#refusals.set(effect, { atMs: nowMs, times: isAtOnce ? before.times + 1 : 1 });
  }

  isTooMuch(effect: EffectName): boolean {
    return (this.#refusals.get(effect)?.times ?? 0) > maxAtOnce;
  }
}
