// The agent's flight record: every event with the decision upon it goes to the ring on disk, after the decision was carried
// out. Whatever goes wrong here is counted and told, and costs the record alone.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Effect } from '../core/effects.ts';
import type { CoreEvent } from '../core/events.ts';
import type { Settings } from '../core/settings.ts';
import type { State } from '../core/state.ts';
import { keepCrash } from '../io/flight/flightFiles.ts';
import { FlightRing } from '../io/flight/flightRing.ts';
import type { Bounds } from '../io/flight/flightFiles.ts';
import { decisionOf, SegmentWriter } from '../protocol/flightRecord.ts';
import type { FlightEntry, FlightHeader } from '../protocol/flightRecord.ts';
import { errorText } from '../protocol/flightReplay.ts';
import { programVersion } from '../protocol/programVersion.ts';

/** Below the state directory. */
export const flightDirectory = 'flight';

/** After the disk refused, or was too slow, another segment is begun at the earliest then. */
const pauseMs = 10_000;

export type Step = {
  readonly before: State;
  readonly event: CoreEvent;
  readonly after: State;
  readonly effects: readonly Effect[];
  readonly settings: Settings;
};

export type FlightProblem = { readonly code: string; readonly text: string };

export type FlightFigures = {
  /** Entries of this run that are not on disk. */
  readonly lost: number;
  /** What keeps the record from being written. */
  readonly problem: FlightProblem | null;
};

export type FlightOptions = {
  readonly stateDirectory: string;
  readonly node: string;
  /** Wall time minus monotonic time, now. */
  readonly wallOffsetMs: () => number;
  readonly bounds?: Bounds;
};

type Undecided = {
  readonly before: State;
  readonly event: CoreEvent;
  readonly settings: Settings;
};

type OpenSegment = { readonly writer: SegmentWriter; settings: Settings };

export class FlightRecorder {
  readonly #options: FlightOptions;
  readonly #directory: string;
  readonly #ring: FlightRing;
  readonly #run = randomBytes(8).toString('hex');
  #segment: OpenSegment | null = null;
  #part = 0;
  #notBefore = -Infinity;
  #lost = 0;
  #lostTold = 0;
  #undecided: Undecided | null = null;

  constructor(options: FlightOptions) {
    this.#options = options;
    this.#directory = join(options.stateDirectory, flightDirectory);
    this.#ring = new FlightRing(this.#directory, options.bounds);
  }

  /** A decision that was carried out. */
  stepped({ before, event, after, effects, settings }: Step): void {
    const decision = decisionOf(after, effects);
    this.#put({ kind: 'step', event, decision }, before, settings, event.at);
    if (after.name !== before.name || effects.some(isWorthSyncing)) this.#ring.hurry();
  }

  /** The core threw upon this event: it goes into the record with the error, at the end. */
  undecided(before: State, event: CoreEvent, settings: Settings): void {
    this.#undecided = { before, event, settings };
  }

  figures(): FlightFigures {
    const { dropped, problem } = this.#ring;
    return {
      lost: this.#lost + dropped,
      problem: problem === null ? null : flightProblem(this.#directory, problem),
    };
  }

  /** Writes what waits; at most for so long. */
  flush(deadlineMs: number): Promise<void> {
    return this.#ring.flush(deadlineMs);
  }

  /** The same, and the end of the record. */
  close(deadlineMs: number): Promise<void> {
    return this.#ring.close(deadlineMs);
  }

  /**
   * Ends the record with an error, before it returns, and keeps its newest segments aside in `crash-<UTC>/`. Returns the
   * path, or what the disk refused.
   */
  crash(error: unknown): { readonly path: string } | { readonly problem: string } {
    const entry = { kind: 'broken', event: null, error: errorText(error) } as const;
    try {
      if (this.#undecided !== null) {
        const { before, event, settings } = this.#undecided;
        this.#put({ ...entry, event }, before, settings, event.at);
      } else if (this.#segment !== null) {
        this.#ring.append(this.#segment.writer.entry(entry));
      }
      const segments = this.#ring.finishNow();
      if (segments.length === 0)
        return { problem: this.#ring.problem ?? 'nothing is recorded yet' };
      return { path: keepCrash(this.#options.stateDirectory, segments) };
    } catch (refusal) {
      return { problem: refusal instanceof Error ? refusal.message : String(refusal) };
    }
  }

  /** Puts one entry down. `before` and `settings` are what it begins with. */
  #put(entry: FlightEntry, before: State, settings: Settings, at: number): void {
    try {
      const segment = this.#readySegment(before, settings, at);
      if (segment === null) return this.#lose();
      if (segment.settings !== settings) {
        segment.settings = settings;
        this.#ring.append(segment.writer.entry({ kind: 'settings', settings }));
      }
      if (!this.#ring.append(segment.writer.entry(entry))) this.#lose();
    } catch {
      // An entry that cannot be packed leaves a segment behind that cannot go on.
      this.#ring.end();
      this.#lose();
    }
  }

  /** A full segment is followed at once; one that the disk refused, after a pause. */
  #readySegment(state: State, settings: Settings, at: number): OpenSegment | null {
    if (this.#ring.isOpen && !this.#ring.isFull) return this.#segment;
    if (!this.#ring.isOpen) {
      if (at < this.#notBefore) return null;
      this.#notBefore = at + pauseMs;
    }
    this.#segment = this.#begin(state, settings, at);
    return this.#segment;
  }

  #begin(state: State, settings: Settings, at: number): OpenSegment | null {
    const { node, wallOffsetMs } = this.#options;
    const lostInAll = this.figures().lost;
    const header: FlightHeader = {
      program: programVersion,
      node,
      run: this.#run,
      part: this.#part + 1,
      lost: lostInAll - this.#lostTold,
      wallOffsetMs: wallOffsetMs(),
      at,
      settings,
      state,
    };
    const writer = new SegmentWriter();
    if (!this.#ring.begin(writer.begin(header))) return null;
    this.#part += 1;
    this.#lostTold = lostInAll;
    return { writer, settings };
  }

  #lose(): void {
    this.#lost += 1;
    this.#segment = null;
  }
}

/** `refusal` is the system's code. */
function flightProblem(directory: string, refusal: string): FlightProblem {
  const cost = 'what happens now cannot be replayed later, and nothing else suffers';
  if (refusal === 'ENOSPC' || refusal === 'EDQUOT')
    return { code: 'FLIGHT_FULL', text: `there is no room left in ${directory}: ${cost}` };
  if (refusal === 'EROFS')
    return { code: 'FLIGHT_READ_ONLY', text: `${directory} is read-only: ${cost}` };
  return { code: 'FLIGHT_WRITE', text: `${directory} cannot be written (${refusal}): ${cost}` };
}

/** What people will look for after a power cut. A note may come with every try of a step, and wears no flash memory out. */
function isWorthSyncing(effect: Effect): boolean {
  if (effect.type === 'report') return effect.report.kind !== 'note';
  return effect.type === 'writeRecord' || effect.type === 'resetBox';
}
