// The heartbeat paths as the agent uses them: one encoding for all of them, bad datagrams counted and never obeyed, and
// what people are told of each path. Contact on any of them is contact; which way a word came matters to the core only where
// replication runs over the same cable.
import { cablePath } from '../core/cable.ts';
import type { Heartbeat } from '../core/standing.ts';
import { monotonicMs } from '../kernel/clock.ts';
import { decodeHeartbeat, encodeHeartbeat, speakerOf } from '../protocol/heartbeat.ts';
import type { DecodedHeartbeat } from '../protocol/heartbeat.ts';
import { isConfigPage } from '../protocol/configPage.ts';
import { isKeyStatement } from '../protocol/keyStatement.ts';
import { isPathProbe } from '../protocol/pathProbe.ts';
import type { Happening } from './mailbox.ts';
import type { Log } from './log.ts';
import { Arrivals, badCount, noFigures } from './pathFigures.ts';
import type { PathFigures } from './pathFigures.ts';
import { PathHealth } from './pathHealth.ts';
import type { PathState } from './pathHealth.ts';
import { PathProbes } from './pathProbes.ts';

/** Garbage is reported at most this often, in one line a path. */
const reportMs = 60_000;
const lookMs = 100;
/** A flood of garbage is news to the core this often. */
const garbageNewsMs = 100;
/** Heartbeats of the last moments: the same one comes over every path, and is believed without a second signature. */
const rememberedHeartbeats = 8;
/** Starts of agents whose numbers are remembered for a path: what was recorded from them cannot be played twice. */
const rememberedSpeakers = 256;
/** On the LAN anybody can send what has to be checked: so many wrong signatures in a moment, and the rest of it is not looked at. */
const affordableChecks = 1500;
const momentMs = 100;

export type PathName = 'eth1' | 'serial' | 'lan';

/** One way to the peer; `send` answers whether the datagram was taken. */
export type Path = {
  send(datagram: Buffer): boolean;
  /** For what no later heartbeat may displace, on a line on which only the newest of them waits. */
  sendAside?(datagram: Buffer): boolean;
  /** Frames that came damaged, on a line that has frames. */
  damaged?(): number;
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

export type PathTraits = {
  readonly name: PathName;
  /** The network device or serial port, for people. */
  readonly device: string;
  /** How long nothing may come over it before it is called silent. */
  readonly silenceMs: number;
};

export type PathStatistics = PathFigures &
  RefusedByPath & {
    readonly name: PathName;
    readonly device: string;
    readonly state: PathState;
    /** Since when it is in this state. */
    readonly since: number;
    /** Until it was quiet for so long, a flapping path is not believed. */
    readonly holdMs: number;
    readonly alarms: readonly PathAlarm[];
  };

export type PathAlarm = 'pathSilent' | 'pathFlapping' | 'pathOneWay' | 'pathOnlySmall';

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
  /** Takes what the other box asks or shows of configurations; answers whether it was of this pair. */
  readonly takePage: (datagram: Buffer) => boolean;
  readonly log: Log;
  deliver(happening: Happening): void;
};

export type HeartbeatPaths = {
  /** Adds a path; `open` gets the function that takes its datagrams. */
  add(
    traits: PathTraits,
    open: (take: (datagram: Buffer, receivedAtMs: number) => void) => Path,
  ): void;
  /** The link below a path came or went. */
  noteCarrier(name: PathName, carrier: boolean): void;
  send(heartbeat: Heartbeat): void;
  /** The same for another datagram of this pair. */
  sendBytes(datagram: Buffer): void;
  /** For one that would keep a serial line busy for longer than a heartbeat may be late. */
  sendLarge(datagram: Buffer): void;
  statistics(): readonly PathStatistics[];
  close(): void;
};

type Watched = {
  readonly traits: PathTraits;
  readonly figures: PathFigures;
  readonly arrivals: Arrivals;
  readonly health: PathHealth;
  readonly probes: PathProbes;
  /** The highest number of each speaker, the newest speaker last. */
  readonly seen: Map<string, number>;
  path: Path | null;
  reported: number;
  garbageToldAt: number;
  /** Signatures that did not fit since then. */
  failedChecks: number;
  checksSince: number;
  alarms: readonly PathAlarm[];
};

type Verified = { readonly bytes: Buffer; readonly heartbeat: Heartbeat };

export function openHeartbeatPaths(options: HeartbeatPathsOptions): HeartbeatPaths {
  return new OpenHeartbeatPaths(options);
}

class OpenHeartbeatPaths implements HeartbeatPaths {
  readonly #options: HeartbeatPathsOptions;
  readonly #paths: Watched[] = [];
  #verified: readonly Verified[] = [];
  #peerStart = '';
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(options: HeartbeatPathsOptions) {
    this.#options = options;
    this.#timers = [
      setInterval(() => this.#paths.forEach((path) => this.#reportGarbage(path)), reportMs),
      setInterval(() => this.#look(monotonicMs()), lookMs),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  add(traits: PathTraits, open: Parameters<HeartbeatPaths['add']>[1]): void {
    const { self, pairId, keys } = this.#options;
    const now = monotonicMs();
    const watched: Watched = {
      traits,
      figures: noFigures(),
      arrivals: new Arrivals(),
      health: new PathHealth(traits.silenceMs, now),
      probes: new PathProbes({
        self,
        pairId,
        keys,
        now,
        // Replication has this way only.
        asksLarge: traits.name === cablePath,
        send: (datagram) => sendAside(watched.path, datagram),
      }),
      seen: new Map(),
      path: null,
      reported: 0,
      garbageToldAt: -Infinity,
      failedChecks: 0,
      checksSince: now,
      alarms: [],
    };
    watched.path = open((datagram, receivedAtMs) => this.#take(watched, datagram, receivedAtMs));
    this.#paths.push(watched);
  }

  noteCarrier(name: PathName, carrier: boolean): void {
    const now = monotonicMs();
    for (const { traits, health } of this.#paths)
      if (traits.name === name) health.noteCarrier(carrier, now);
  }

  send(heartbeat: Heartbeat): void {
    const { pairId, keys } = this.#options;
    const datagram = encodeHeartbeat(heartbeat, pairId, keys.sending());
    for (const { path, figures } of this.#paths) {
      if (path?.send(datagram) === true) figures.sent += 1;
      else figures.sendFailed += 1;
    }
  }

  sendBytes(datagram: Buffer): void {
    for (const { path } of this.#paths) sendAside(path, datagram);
  }

  sendLarge(datagram: Buffer): void {
    for (const { path, traits } of this.#paths)
      if (traits.name !== 'serial') sendAside(path, datagram);
  }

  statistics(): readonly PathStatistics[] {
    return this.#paths.map(({ traits, figures, health, path, alarms }) => ({
      ...figures,
      ...refusedBy(path),
      lost: figures.lost + (path?.damaged?.() ?? 0),
      name: traits.name,
      device: traits.device,
      state: health.state,
      since: health.since,
      holdMs: health.holdMs,
      alarms,
    }));
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const { path } of this.#paths) path?.close();
  }

  #take(watched: Watched, datagram: Buffer, now: number): void {
    if (isPathProbe(datagram)) {
      // Whoever recorded a question could play it for ever: only heartbeats say that a path works.
      if (!isAffordable(watched, now)) watched.figures.garbage.badKey += 1;
      else if (!watched.probes.take(datagram, now)) this.#countGarbage(watched, 'badKey', now);
      return;
    }
    const { figures, seen } = watched;
    const { self, pairId, keys, takePage } = this.#options;
    if (isConfigPage(datagram)) {
      if (!isAffordable(watched, now)) figures.garbage.badKey += 1;
      else if (!takePage(datagram)) this.#countGarbage(watched, 'badKey', now);
      return;
    }
    if (isKeyStatement(datagram)) {
      if (!keys.take(datagram)) figures.garbage.badKey += 1;
      return;
    }
    const speaker = speakerOf(datagram);
    // What was played before is known by its number: a flood of recordings is not worth a signature each.
    if (speaker !== null && speaker.seq <= (seen.get(speaker.id) ?? -1)) {
      figures.repeated += 1;
      return;
    }
    if (!isAffordable(watched, now)) {
      figures.garbage.badKey += 1;
      return;
    }
    const copy = this.#verified.find(({ bytes }) => bytes.equals(datagram));
    const decoded =
      copy === undefined
        ? decodeWithAny(datagram, pairId, keys.accepted())
        : ({ ok: true, heartbeat: copy.heartbeat } as const);
    if (!decoded.ok) {
      this.#countGarbage(watched, decoded.problem, now);
      return;
    }
    const { heartbeat } = decoded;
    if (heartbeat.sender === self) {
      figures.looped += 1;
      return;
    }
    if (speaker !== null) remember(seen, speaker.id, heartbeat.seq);
    this.#noteStart(heartbeat.agentStart);
    watched.health.heard(now);
    watched.arrivals.count(figures, heartbeat, watched.traits.name !== 'serial', now);
    if (copy === undefined)
      this.#verified = [
        ...this.#verified.slice(1 - rememberedHeartbeats),
        { bytes: datagram, heartbeat },
      ];
    // A copy says nothing new, but over the cable it says that the cable carries.
    const { name } = watched.traits;
    if (copy !== undefined && name !== cablePath) return;
    this.#options.deliver({ type: 'heartbeatReceived', path: name, heartbeat });
  }

  #noteStart(agentStart: string): void {
    if (agentStart === this.#peerStart) return;
    this.#peerStart = agentStart;
    for (const { probes } of this.#paths) probes.forgetAnswers();
  }

  #countGarbage(watched: Watched, problem: keyof PathFigures['garbage'], now: number): void {
    watched.figures.garbage[problem] += 1;
    watched.failedChecks += 1;
    // Anybody can speak on the LAN: what cannot be read there is no sign of the peer.
    if (watched.traits.name === 'lan' || now - watched.garbageToldAt < garbageNewsMs) return;
    watched.garbageToldAt = now;
    this.#options.deliver({ type: 'garbageReceived', path: watched.traits.name });
  }

  #reportGarbage(watched: Watched): void {
    const { figures, traits } = watched;
    const { foreign, tooLong } = refusedBy(watched.path);
    const total = badCount(figures) + foreign + tooLong;
    if (total === watched.reported) return;
    const { looped, repeated, garbage } = figures;
    const inTheLastMinute = total - watched.reported;
    const detail = { path: traits.name, inTheLastMinute, looped, repeated, foreign, tooLong };
    this.#options.log.history('warning', 'heartbeatGarbage', { ...detail, ...garbage });
    watched.reported = total;
  }

  /** States, questions and alarms of all paths. */
  #look(now: number): void {
    for (const { health, probes } of this.#paths) {
      health.look(now);
      probes.look(now, health.state === 'working');
    }
    // One that was flapping a while ago tells as well that the peer lives.
    const someoneWorks = this.#paths.some(({ health }) => health.isHeard);
    const answers = this.#paths.some(({ probes }) => probes.everAnswered);
    for (const watched of this.#paths)
      this.#setAlarms(watched, alarmsOf(watched, someoneWorks, answers, now));
  }

  #setAlarms(watched: Watched, alarms: readonly PathAlarm[]): void {
    const { log } = this.#options;
    const { name, device } = watched.traits;
    const path = { path: name, device };
    for (const alarm of alarms)
      if (!watched.alarms.includes(alarm))
        log.history('warning', 'alarmRaised', { alarm, ...path, text: words[alarm] });
    for (const alarm of watched.alarms)
      if (!alarms.includes(alarm)) log.history('info', 'alarmCleared', { alarm, ...path });
    watched.alarms = alarms;
  }
}

/** A silence of all paths is the core's to judge: an alarm is about the one that fails beside another. */
const silentToSayMs = 2000;

const words: Readonly<Record<PathAlarm, string>> = {
  pathSilent: 'nothing comes over this heartbeat path while another one works',
  pathFlapping: 'this heartbeat path comes and goes',
  pathOneWay: 'the peer is heard over this heartbeat path and cannot be reached over it',
  pathOnlySmall: 'this heartbeat path passes small datagrams only: replication would hang on it',
};

function alarmsOf(
  { health, probes }: Watched,
  someoneWorks: boolean,
  peerAnswers: boolean,
  now: number,
): readonly PathAlarm[] {
  if (health.state === 'flapping') return ['pathFlapping'];
  if (health.state === 'silent')
    return someoneWorks && now - health.since >= silentToSayMs ? ['pathSilent'] : [];
  // A peer that never answered anything may be of a version that does not know the question.
  if (probes.reachesNobody && peerAnswers) return ['pathOneWay'];
  return probes.passesOnlySmall ? ['pathOnlySmall'] : [];
}

function isAffordable(watched: Watched, now: number): boolean {
  if (watched.traits.name !== 'lan') return true;
  if (now - watched.checksSince >= momentMs) {
    watched.checksSince = now;
    watched.failedChecks = 0;
  }
  return watched.failedChecks < affordableChecks;
}

/** What is no heartbeat: a newer heartbeat is no substitute for it. */
function sendAside(path: Path | null, datagram: Buffer): boolean {
  return (path?.sendAside?.(datagram) ?? path?.send(datagram)) === true;
}

function refusedBy(path: Path | null): RefusedByPath {
  const { foreign, tooLong } = path?.counts?.() ?? { foreign: 0, tooLong: 0 };
  return { foreign, tooLong };
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

function remember(seen: Map<string, number>, speaker: string, seq: number): void {
  seen.delete(speaker);
  seen.set(speaker, seq);
  const [oldest] = seen.keys();
  if (seen.size > rememberedSpeakers && oldest !== undefined) seen.delete(oldest);
}
