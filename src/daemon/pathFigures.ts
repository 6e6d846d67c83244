// What is counted of one heartbeat path since the agent started.
import type { Heartbeat } from '../core/standing.ts';
import type { HeartbeatProblem } from '../protocol/heartbeat.ts';

/** Times are monotonic milliseconds. */
export type PathFigures = {
  sent: number;
  sendFailed: number;
  received: number;
  /** Gaps in the peer's sequence; on a serial path, which leaves some out, frames that came damaged. */
  lost: number;
  /** Numbers that had been seen before or came too late: repeated or replayed. */
  repeated: number;
  /** Own datagrams that came back: a loop in the cable. */
  looped: number;
  readonly garbage: Record<HeartbeatProblem, number>;
  lastReceivedAt: number | null;
  /** Smoothed difference between two gaps of arrival, as RFC 3550 section 6.4.1 does it. */
  jitterMs: number;
};

export function noFigures(): PathFigures {
  return {
    sent: 0,
    sendFailed: 0,
    received: 0,
    lost: 0,
    repeated: 0,
    looped: 0,
    garbage: { truncated: 0, version: 0, foreignPair: 0, badKey: 0, malformed: 0 },
    lastReceivedAt: null,
    jitterMs: 0,
  };
}

export function badCount({ garbage, looped, repeated }: PathFigures): number {
  return Object.values(garbage).reduce((sum, count) => sum + count, looped + repeated);
}

/** What the figures need to know of the arrival before. */
export class Arrivals {
  #peerStart = '';
  #peerSeq = 0;
  #gapMs = 0;

  /** Counts a heartbeat that is newer than all before from its agent start. */
  count(
    figures: PathFigures,
    { agentStart, seq }: Heartbeat,
    gapsAreLoss: boolean,
    now: number,
  ): void {
    if (agentStart === this.#peerStart && gapsAreLoss) figures.lost += seq - this.#peerSeq - 1;
    this.#peerStart = agentStart;
    this.#peerSeq = seq;
    figures.received += 1;
    if (figures.lastReceivedAt !== null) {
      const gapMs = now - figures.lastReceivedAt;
      figures.jitterMs += (Math.abs(gapMs - this.#gapMs) - figures.jitterMs) / 16;
      this.#gapMs = gapMs;
    }
    figures.lastReceivedAt = now;
  }
}
