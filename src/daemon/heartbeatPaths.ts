// The heartbeat paths as the agent uses them: one encoding for all of them, bad datagrams counted and never obeyed, and
// figures of each path for status and the log.
import type { Heartbeat } from '../core/standing.ts';
import { decodeHeartbeat, encodeHeartbeat } from '../protocol/heartbeat.ts';
import type { DecodedHeartbeat, HeartbeatProblem } from '../protocol/heartbeat.ts';
import { isKeyStatement } from '../protocol/keyStatement.ts';
import type { Happening } from './mailbox.ts';
import type { Log } from './log.ts';

/** Garbage is reported at most this often, in one line a path. */
const reportMs = 60_000;

/** One way to the peer; `send` answers whether the datagram was taken. */
export type Path = { send(datagram: Buffer): boolean; close(): void };

/** What is counted of one path since the agent started; times are monotonic milliseconds. */
export type PathStatistics = {
  readonly name: string;
  sent: number;
  sendFailed: number;
  received: number;
  /** Gaps in the peer's sequence. */
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

/** The pair's keys; while one is exchanged for another, two are believed. */
export type PathKeys = {
  sending: () => Buffer;
  accepted: () => readonly Buffer[];
  /** Takes a statement about keys; answers whether it was one of this pair. */
  take: (datagram: Buffer) => boolean;
};

export type HeartbeatPathsOptions = {
  readonly self: string;
  readonly pairId: string;
  readonly keys: PathKeys;
  readonly log: Log;
  deliver(happening: Happening): void;
};

export type HeartbeatPaths = {
  /** Adds a path; `open` gets the function that takes its datagrams. */
  add(name: string, open: (take: (datagram: Buffer, receivedAtMs: number) => void) => Path): void;
  send(heartbeat: Heartbeat): void;
  /** The same for another datagram of this pair. */
  sendBytes(datagram: Buffer): void;
  statistics(): readonly PathStatistics[];
  close(): void;
};

type Watched = {
  readonly statistics: PathStatistics;
  path: Path | null;
  peerStart: string;
  peerSeq: number;
  lastGapMs: number;
  reported: number;
};

export function openHeartbeatPaths(options: HeartbeatPathsOptions): HeartbeatPaths {
  const paths: Watched[] = [];
  const reporter = setInterval(() => paths.forEach(reportGarbage), reportMs);
  reporter.unref();

  function take(watched: Watched, datagram: Buffer, receivedAtMs: number): void {
    const { statistics } = watched;
    if (isKeyStatement(datagram)) {
      if (!options.keys.take(datagram)) statistics.garbage.badKey += 1;
      return;
    }
    const decoded = decodeWithAny(datagram, options.pairId, options.keys.accepted());
    if (!decoded.ok) {
      statistics.garbage[decoded.problem] += 1;
      options.deliver({ type: 'garbageReceived', path: statistics.name });
      return;
    }
    const { heartbeat } = decoded;
    if (heartbeat.sender === options.self) {
      statistics.looped += 1;
      return;
    }
    countReceived(watched, heartbeat, receivedAtMs);
    options.deliver({ type: 'heartbeatReceived', path: statistics.name, heartbeat });
  }

  function reportGarbage(watched: Watched): void {
    const { statistics } = watched;
    const total = badCount(statistics);
    if (total === watched.reported) return;
    const { name, looped, repeated, garbage } = statistics;
    const detail = { path: name, inTheLastMinute: total - watched.reported, looped, repeated };
    options.log.history('warning', 'heartbeatGarbage', { ...detail, ...garbage });
    watched.reported = total;
  }

  return {
    add(name, open) {
      const watched: Watched = {
        statistics: noStatistics(name),
        path: null,
        peerStart: '',
        peerSeq: 0,
        lastGapMs: 0,
        reported: 0,
      };
      watched.path = open((datagram, receivedAtMs) => take(watched, datagram, receivedAtMs));
      paths.push(watched);
    },
    sendBytes(datagram) {
      for (const { path } of paths) path?.send(datagram);
    },
    send(heartbeat) {
      const datagram = encodeHeartbeat(heartbeat, options.pairId, options.keys.sending());
      for (const { path, statistics } of paths) {
        if (path?.send(datagram) === true) statistics.sent += 1;
        else statistics.sendFailed += 1;
      }
    },
    statistics: () => paths.map(({ statistics }) => statistics),
    close() {
      clearInterval(reporter);
      for (const { path } of paths) path?.close();
    },
  };
}

/** Decodes with the first key that fits. */
export function decodeWithAny(
  datagram: Buffer,
  pairId: string,
  [first, ...others]: readonly Buffer[],
): DecodedHeartbeat {
  if (first === undefined) return { ok: false, problem: 'badKey' };
  const decoded = decodeHeartbeat(datagram, pairId, first);
  const isOther = !decoded.ok && decoded.problem === 'badKey' && others.length > 0;
  return isOther ? decodeWithAny(datagram, pairId, others) : decoded;
}

function countReceived(watched: Watched, heartbeat: Heartbeat, receivedAtMs: number): void {
  const { statistics } = watched;
  const { agentStart, seq } = heartbeat;
  if (agentStart !== watched.peerStart) {
    watched.peerStart = agentStart;
  } else if (seq <= watched.peerSeq) {
    statistics.repeated += 1;
    return;
  } else {
    statistics.lost += seq - watched.peerSeq - 1;
  }
  watched.peerSeq = seq;
  statistics.received += 1;
  if (statistics.lastReceivedAt !== null) {
    const gapMs = receivedAtMs - statistics.lastReceivedAt;
    statistics.jitterMs += (Math.abs(gapMs - watched.lastGapMs) - statistics.jitterMs) / 16;
    watched.lastGapMs = gapMs;
  }
  statistics.lastReceivedAt = receivedAtMs;
}

function badCount({ garbage, looped, repeated }: PathStatistics): number {
  return Object.values(garbage).reduce((sum, count) => sum + count, looped + repeated);
}

function noStatistics(name: string): PathStatistics {
  return {
    name,
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
