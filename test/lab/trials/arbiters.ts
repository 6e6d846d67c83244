// Section E of the faults: arbiters outside the pair, and keys.

import type { Trial } from '../trial.ts';

export const arbiterTrials: readonly Trial[] = [];
