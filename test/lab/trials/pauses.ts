// Section C of the faults: pauses, clocks, and disks that hang.

import { nowMs, pause } from '../clock.ts';
import { noLimit, type Trial } from '../trial.ts';

export const pauseTrials: readonly Trial[] = [
  {
    name: 'C05-cpu-load',
    title: 'both cores fully loaded for --minutes',
    expected: {
      text: 'no role change',
      roleChanges: [0],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    load: 'cpu',
    act: async (field) => {
      field.noteFault(nowMs());
      await pause((field.options.minutes ?? 10) * 60_000);
    },
  },
];
