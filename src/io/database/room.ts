// How much room there is and how long it will last, on the disk and in what the primary may keep for a missing
// standby: told in stages, long before the first commit fails. Times are of the monotonic clock.

export type Stage = 'ample' | 'low' | 'almostGone';

export type Sample = { readonly at: number; readonly left: number; readonly whole: number };

export type RoomWatch = {
  /** Takes a sample and tells the stage; a stage ends only when there is clearly more than its limit. */
  readonly note: (sample: Sample) => Stage;
  /** At the rate of the last minutes; null where it does not shrink or too little is known. */
  readonly secondsLeft: () => number | null;
};

export type RoomLimits = {
  /** A stage begins below this fraction, or below so many bytes where the whole is large. */
  readonly low: { readonly fraction: number; readonly bytes: number; readonly seconds: number };
  readonly almostGone: {
    readonly fraction: number;
    readonly bytes: number;
    readonly seconds: number;
  };
};

const rememberedMs = 10 * 60_000;
const mostSamples = 120;
/** A rate over less than this says little: a checkpoint comes and goes. */
const leastSpanMs = 120_000;
const clearlyMore = 1.1;

export function openRoomWatch(limits: RoomLimits): RoomWatch {
  let samples: Sample[] = [];
  let stage: Stage = 'ample';

  const secondsLeft = (): number | null => {
    const [first] = samples;
    const last = samples.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < leastSpanMs) return null;
    const lostPerMs = (first.left - last.left) / (last.at - first.at);
    return lostPerMs <= 0 ? null : last.left / lostPerMs / 1000;
  };

  const isWithin = (sample: Sample, limit: RoomLimits['low'], factor: number): boolean => {
    const bytes = Math.min(sample.whole * limit.fraction, limit.bytes);
    const seconds = secondsLeft();
    return sample.left < bytes * factor || (seconds !== null && seconds < limit.seconds * factor);
  };

  return {
    secondsLeft,
    note: (sample) => {
      samples = [...samples, sample].filter(({ at }) => sample.at - at <= rememberedMs);
      samples = samples.slice(-mostSamples);
      const almostGone = stage === 'almostGone' ? clearlyMore : 1;
      const low = stage === 'ample' ? 1 : clearlyMore;
      if (isWithin(sample, limits.almostGone, almostGone)) stage = 'almostGone';
      else stage = isWithin(sample, limits.low, low) ? 'low' : 'ample';
      return stage;
    },
  };
}

/** For people: `90 s`, `40 min`, `7 h`. */
export function spanText(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** For people: `812 MB`, `14 GB`. */
export function sizeText(bytes: number): string {
  const mb = Math.floor(bytes / 1024 / 1024);
  return mb < 10_240 ? `${mb} MB` : `${Math.floor(mb / 1024)} GB`;
}
