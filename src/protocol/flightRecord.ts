// A flight record: what a core was given and what it decided, exactly. It comes in segments; each begins with everything
// that is needed to replay it alone (settings, state) and is then only appended to, entry by entry, each with a checksum
// that goes on from the one before. A cut or damaged end costs that end alone.
import { crc32 } from 'node:zlib';
import type { Effect } from '../core/effects.ts';
import type { CoreEvent } from '../core/events.ts';
import type { DurableRecord } from '../core/record.ts';
import type { Settings } from '../core/settings.ts';
import type { State } from '../core/state.ts';
import type { StateName } from '../core/stateName.ts';
import { HotpairError } from './hotpairError.ts';
import { PackedReader } from './packedReader.ts';
import { PackedWriter } from './packedWriter.ts';

export type FlightHeader = {
  /** Version of the program that decided. */
  readonly program: string;
  /** Name of the box. */
  readonly node: string;
  /** Random for each run of an agent; the segments of one run are numbered from 1. */
  readonly run: string;
  readonly part: number;
  /** Entries between the segment before and this one that are not recorded. */
  readonly lost: number;
  /** Wall time minus monotonic time, milliseconds; null where there is no wall. */
  readonly wallOffsetMs: number | null;
  /** Monotonic time of the first event. */
  readonly at: number;
  readonly settings: Settings;
  readonly state: State;
};

/** What a step made of an event; the rest of the state follows from it and is compared at the next segment. */
export type Decision = {
  readonly name: StateName;
  readonly phase: string;
  readonly record: DurableRecord | null;
  readonly writing: DurableRecord | null;
  readonly effects: readonly Effect[];
};

export type FlightEntry =
  | { readonly kind: 'step'; readonly event: CoreEvent; readonly decision: Decision }
  | { readonly kind: 'settings'; readonly settings: Settings }
  /** The agent ended because of `error`; `event` is what it was deciding upon, if it was. */
  | { readonly kind: 'broken'; readonly event: CoreEvent | null; readonly error: string };

export function decisionOf(state: State, effects: readonly Effect[]): Decision {
  const { name, phase, record, writing } = state;
  return { name, phase, record, writing, effects };
}

const magic = Buffer.from('hotpair flight 1\n');
const anyVersion = /^hotpair flight \d+\n/;
const lengthBytes = 2;
const checksumBytes = 4;

/** Bytes of an entry with its length and checksum at most: a ring of bounded segments must know. */
export const longestEntry = 0xffff;

const kinds = { step: 1, settings: 2, broken: 3 } as const;

/** What both sides remember of a segment: the base of each event and effect is the last one of its type. */
class Bases {
  readonly events = new Map<string, unknown>();
  readonly effects = new Map<string, unknown>();
  settings: unknown;
  decided: unknown;
}

/** Writes one segment. What it gives out is to be appended in order; after an exception it is of no use any more. */
export class SegmentWriter {
  readonly #packed = new PackedWriter();
  readonly #bases = new Bases();
  #checksum = 0;

  /** The beginning of the file. */
  begin(header: FlightHeader): Buffer {
    this.#bases.settings = header.settings;
    this.#packed.value(header, undefined);
    return Buffer.concat([magic, this.#frame()]);
  }

  /** @throws RangeError for what is no plain data or longer than an entry may be */
  entry(entry: FlightEntry): Buffer {
    this.#packed.byte(kinds[entry.kind]);
    switch (entry.kind) {
      case 'step':
        this.#event(entry.event);
        this.#decision(entry.decision);
        break;
      case 'settings':
        this.#packed.value(entry.settings, this.#bases.settings);
        this.#bases.settings = entry.settings;
        break;
      case 'broken':
        this.#packed.text(entry.error);
        if (entry.event !== null) this.#event(entry.event);
    }
    return this.#frame();
  }

  #event(event: CoreEvent): void {
    this.#ofItsType(event, this.#bases.events);
  }

  #decision({ effects, ...decided }: Decision): void {
    this.#packed.value(decided, this.#bases.decided);
    this.#bases.decided = decided;
    this.#packed.varint(effects.length);
    for (const effect of effects) this.#ofItsType(effect, this.#bases.effects);
  }

  #ofItsType(value: { readonly type: string }, bases: Map<string, unknown>): void {
    this.#packed.text(value.type);
    this.#packed.value(value, bases.get(value.type));
    bases.set(value.type, value);
  }

  #frame(): Buffer {
    const payload = this.#packed.take();
    const size = lengthBytes + payload.length + checksumBytes;
    if (size > longestEntry) throw new RangeError(`an entry of ${size} bytes`);
    this.#checksum = crc32(payload, this.#checksum);
    const frame = Buffer.allocUnsafe(size);
    frame.writeUInt16BE(payload.length);
    payload.copy(frame, lengthBytes);
    frame.writeUInt32BE(this.#checksum, size - checksumBytes);
    return frame;
  }
}

/** Why a segment ends before its bytes do. `torn`: as a power cut leaves it, in the middle of the last entry. */
export type Damage = { readonly offset: number; readonly torn: boolean; readonly left: number };

/** Reads one segment. Throws HotpairError FLIGHT_EMPTY, FLIGHT_FORMAT or FLIGHT_VERSION for what does not begin as one. */
export class SegmentReader {
  readonly header: FlightHeader;
  damage: Damage | null = null;
  readonly #bytes: Buffer;
  readonly #packed = new PackedReader();
  readonly #bases = new Bases();
  #offset = magic.length;
  #checksum = 0;

  constructor(bytes: Buffer, name: string) {
    this.#bytes = bytes;
    if (isBlank(bytes) || bytes.equals(magic.subarray(0, bytes.length))) throw unbegun(name);
    refuseOthers(bytes, name);
    const payload = this.#payload();
    if (this.damage?.torn === true) throw unbegun(name);
    const header =
      payload === null ? null : this.#unpacked(payload, () => this.#packed.value(undefined));
    if (!isHeader(header))
      throw flightRefusal('FLIGHT_FORMAT', 'the flight record is damaged at its beginning', name);
    this.header = header;
    this.#bases.settings = header.settings;
  }

  /** The next entry; null at the end, or where `damage` begins. */
  next(): FlightEntry | null {
    const start = this.#offset;
    const payload = this.damage === null ? this.#payload() : null;
    if (payload === null) return null;
    const entry = this.#unpacked(payload, () => this.#entry());
    if (entry === null) this.#damaged(start, false);
    return entry;
  }

  #payload(): Buffer | null {
    const start = this.#offset;
    const bytes = this.#bytes;
    if (start === bytes.length) return null;
    const length = start + lengthBytes <= bytes.length ? bytes.readUInt16BE(start) : 0;
    const from = start + lengthBytes;
    const to = from + length;
    // File systems may have lengthened a file before the power went, and not yet filled it.
    const isFilled = length > 0 || !isBlank(bytes.subarray(start));
    if (!isFilled || to + checksumBytes > bytes.length) return this.#damaged(start, true);
    const payload = bytes.subarray(from, to);
    const checksum = crc32(payload, this.#checksum);
    if (bytes.readUInt32BE(to) !== checksum) return this.#damaged(start, false);
    this.#checksum = checksum;
    this.#offset = to + checksumBytes;
    return payload;
  }

  #damaged(offset: number, torn: boolean): null {
    this.damage = { offset, torn, left: this.#bytes.length - offset };
    return null;
  }

  /** Null where the bytes are not what a writer would have written, all of them. */
  #unpacked<T>(payload: Buffer, read: () => T): T | null {
    this.#packed.give(payload);
    try {
      const value = read();
      return this.#packed.isAtEnd ? value : null;
    } catch {
      return null;
    }
  }

  #entry(): FlightEntry | null {
    switch (this.#packed.byte()) {
      case kinds.step:
        return { kind: 'step', event: this.#event(), decision: this.#decision() };
      case kinds.settings: {
        const settings = this.#packed.value(this.#bases.settings) as Settings;
        this.#bases.settings = settings;
        return { kind: 'settings', settings };
      }
      case kinds.broken: {
        const error = this.#packed.text();
        return { kind: 'broken', event: this.#packed.isAtEnd ? null : this.#event(), error };
      }
      default:
        return null;
    }
  }

  #event(): CoreEvent {
    return this.#ofItsType(this.#bases.events) as CoreEvent;
  }

  #decision(): Decision {
    const decided = this.#packed.value(this.#bases.decided) as Omit<Decision, 'effects'>;
    this.#bases.decided = decided;
    const effects: Effect[] = [];
    for (let count = this.#packed.varint(); count > 0; count -= 1)
      effects.push(this.#ofItsType(this.#bases.effects) as Effect);
    return { ...decided, effects };
  }

  #ofItsType(bases: Map<string, unknown>): unknown {
    const type = this.#packed.text();
    const value = this.#packed.value(bases.get(type));
    bases.set(type, value);
    return value;
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

/** The power went between the making of the file and its first entry: nothing in it was ever decided. */
function unbegun(name: string): HotpairError {
  return flightRefusal('FLIGHT_EMPTY', 'the flight record ends before its first entry', name);
}

function refuseOthers(bytes: Buffer, name: string): void {
  if (bytes.subarray(0, magic.length).equals(magic)) return;
  const firstLine = anyVersion.exec(bytes.toString('latin1', 0, 32))?.[0].trim();
  if (firstLine === undefined)
    throw flightRefusal('FLIGHT_FORMAT', 'this is no flight record', name);
  throw new HotpairError('FLIGHT_VERSION', `${name} is of another format`, {
    seen: firstLine,
    allowed: magic.toString().trim(),
    exitCode: refusedInput,
  });
}

const refusedInput = 2;

/** What a command ends with that was given something else than a flight record. */
export function flightRefusal(code: string, message: string, seen: string): HotpairError {
  return new HotpairError(code, message, { seen, exitCode: refusedInput });
}

function isHeader(value: unknown): value is FlightHeader {
  const { run, part, settings, state } = (value ?? {}) as Partial<FlightHeader>;
  return (
    typeof run === 'string' &&
    typeof part === 'number' &&
    typeof settings === 'object' &&
    typeof state === 'object'
  );
}
