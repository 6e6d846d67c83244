// What both ends of a call heard of each other, from the sequence numbers of RTP. Pure.

export const rtpIntervalMs = 20;

/** Where an end of a call sends its audio from, and where to. */
export type RtpEnd = {
  readonly host: string;
  readonly port: number;
  readonly toHost: string;
  readonly toPort: number;
};

export type RtpArrival = {
  readonly end: number;
  readonly sequence: number;
  readonly atMs: number;
};

/** Of a line that rtpPhones.ts writes. */
export function rtpArrivalOf(line: string): RtpArrival {
  const [end = '', sequence = '', atMs = ''] = line.split(' ');
  return { end: Number(end), sequence: Number(sequence), atMs: Number(atMs) };
}

/**
 * The longest run of missing packets, in ms of audio, that an end shows between the first packet that it heard and the last;
 * null where it heard nothing after `sinceMs`, so that its gap has no end. Packets out of order are no gap.
 */
export function longestRtpGapMs(
  arrivals: readonly RtpArrival[],
  end: number,
  sinceMs: number,
): number | null {
  const heard = arrivals.filter((arrival) => arrival.end === end);
  if (!heard.some(({ atMs }) => atMs > sinceMs)) return null;
  const numbers = [...new Set(heard.map(({ sequence }) => sequence))].toSorted(
    (left, right) => left - right,
  );
  const missing = numbers.map((number, index) => number - (numbers[index - 1] ?? number) - 1);
  return Math.max(0, ...missing) * rtpIntervalMs;
}
