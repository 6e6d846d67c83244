// Chance for a scenario: every duration takes the middle of its range and rare mishaps do not happen, so that a transcript
// changes only when the behaviour does. What a script asks for by a rate (lost frames) is still drawn from its seed.
import { Random } from '../simulator/random.ts';

/** Below this probability it is a mishap of the world's own, not of the script. */
const leastAskedFor = 0.05;

export class CalmRandom extends Random {
  /** Of its own, so that nothing else that is drawn shifts which frames are lost. */
  readonly #asked: Random;

  constructor(seed: number) {
    super(seed);
    this.#asked = new Random(seed);
  }

  override between(low: number, high: number): number {
    return (low + high) / 2;
  }

  override exponential(mean: number): number {
    return mean;
  }

  override chance(probability: number): boolean {
    return probability >= leastAskedFor && this.#asked.chance(probability);
  }
}
