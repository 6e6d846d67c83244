// The heartbeat paths as the agent uses them: one encoding for all of them, bad datagrams counted and never obeyed, and
// figures of each path for status and the log.
import type { Heartbeat } from '../core/standing.ts';
import { decodeHeartbeat, encodeHeartbeat, speakerOf } from '../protocol/heartbeat.ts';
import type { DecodedHeartbeat, HeartbeatProblem } from '../protocol/heartbeat.ts';
import { isKeyStatement } from '../protocol/keyStatement.ts';
import type { Happening } from './mailbox.ts';
import type { Log } from './log.ts';

/** Garbage is reported at most this often, in one line a path. */
const reportMs = 60_000;
/** A flood of garbage is news to the core this often. */
const garbageNewsMs = 100;
/** Starts of agents whose numbers are remembered for a path: what was recorded from them cannot be played twice. */
const rememberedSpeakers = 16;

/** One way to the peer; `send` answers whether the datagram was taken. */
export type Path = {
  send(datagram: Buffer): boolean;
  /** What the path itself has dropped. */
  counts?(): Readonly<RefusedByPath>;
  close(): void;
};

export type RefusedByPath = {
  /** From another address than the peer's. */
  readonly foreign: number;
  /** Longer than anything that is sent. */
  readonly tooLong: number;
};

export type PathStatistics = PathFigures & RefusedByPath;

/** What is counted of one path since the agent started; times are monotonic milliseconds. */
type PathFigures = {
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
  readonly statistics: PathFigures;
  /** The highest number of each speaker, the newest speaker last. */
  readonly seen: Map<string, number>;
  path: Path | null;
  peerStart: string;
  peerSeq: number;
  lastGapMs: number;
  reported: number;
  garbageToldAt: number;
};

export function openHeartbeatPaths(options: HeartbeatPathsOptions): HeartbeatPaths {
  const paths: Watched[] = [];
  const reporter = setInterval(
    () => paths.forEach((path) => reportGarbage(path, options.log)),
    reportMs,
  );
  reporter.unref();

  function take(watched: Watched, datagram: Buffer, receivedAtMs: number): void {
    const { statistics, seen } = watched;
    if (isKeyStatement(datagram)) {
      if (!options.keys.take(datagram)) statistics.garbage.badKey += 1;
      return;
    }
    const speaker = speakerOf(datagram);
    // What was played before is known by its number: a flood of recordings is not worth a signature each.
    if (speaker !== null && speaker.seq <= (seen.get(speaker.id) ?? -1)) {
      statistics.repeated += 1;
      return;
    }
    const decoded = decodeWithAny(datagram, options.pairId, options.keys.accepted());
    if (!decoded.ok) {
      if (countGarbage(watched, decoded.problem, receivedAtMs))
        options.deliver({ type: 'garbageReceived', path: statistics.name });
      return;
    }
    const { heartbeat } = decoded;
    if (heartbeat.sender === options.self) {
      statistics.looped += 1;
      return;
    }
    if (speaker !== null) remember(seen, speaker.id, heartbeat.seq);
    countReceived(watched, heartbeat, receivedAtMs);
    options.deliver({ type: 'heartbeatReceived', path: statistics.name, heartbeat });
  }

  return {
    add(name, open) {
      const watched: Watched = {
        statistics: noStatistics(name),
        seen: new Map(),
        path: null,
        peerStart: '',
        peerSeq: 0,
        lastGapMs: 0,
        reported: 0,
        garbageToldAt: -Infinity,
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
    statistics: () => paths.map(statisticsOf),
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

/** Answers whether it is news. */
function countGarbage(watched: Watched, problem: HeartbeatProblem, now: number): boolean {
  watched.statistics.garbage[problem] += 1;
  if (now - watched.garbageToldAt < garbageNewsMs) return false;
  watched.garbageToldAt = now;
  return true;
}

function reportGarbage(watched: Watched, log: Log): void {
  const statistics = statisticsOf(watched);
  const total = badCount(statistics);
  if (total === watched.reported) return;
  const { name, looped, repeated, foreign, tooLong, garbage } = statistics;
  const inTheLastMinute = total - watched.reported;
  const detail = { path: name, inTheLastMinute, looped, repeated, foreign, tooLong };
  log.history('warning', 'heartbeatGarbage', { ...detail, ...garbage });
  watched.reported = total;
}

function countReceived(watched: Watched, heartbeat: Heartbeat, receivedAtMs: number): void {
  const { statistics } = watched;
  const { agentStart, seq } = heartbeat;
  if (agentStart === watched.peerStart) statistics.lost += seq - watched.peerSeq - 1;
  watched.peerStart = agentStart;
  watched.peerSeq = seq;
  statistics.received += 1;
  if (statistics.lastReceivedAt !== null) {
    const gapMs = receivedAtMs - statistics.lastReceivedAt;
    statistics.jitterMs += (Math.abs(gapMs - watched.lastGapMs) - statistics.jitterMs) / 16;
    watched.lastGapMs = gapMs;
  }
  statistics.lastReceivedAt = receivedAtMs;
}

function remember(seen: Map<string, number>, speaker: string, seq: number): void {
  seen.delete(speaker);
  seen.set(speaker, seq);
  const [oldest] = seen.keys();
  if (seen.size > rememberedSpeakers && oldest !== undefined) seen.delete(oldest);
}

function statisticsOf({ statistics, path }: Watched): PathStatistics {
  const { foreign, tooLong } = path?.counts?.() ?? { foreign: 0, tooLong: 0 };
  return { ...statistics, foreign, tooLong };
}

function badCount({ garbage, looped, repeated, foreign, tooLong }: PathStatistics): number {
  const others = looped + repeated + foreign + tooLong;
  return Object.values(garbage).reduce((sum, count) => sum + count, others);
}

function noStatistics(name: string): PathFigures {
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
