// Runs a flight record through the core of this program: the same events must lead to the same decisions, to the last bit
// of every number. What was decided otherwise is an error that shows both.
import type { Effect } from '../core/effects.ts';
import type { CoreEvent } from '../core/events.ts';
import type { Settings } from '../core/settings.ts';
import type { State } from '../core/state.ts';
import { firstDifference } from './difference.ts';
import type { Difference } from './difference.ts';
import { decisionOf } from './flightRecord.ts';
import type { Damage, FlightEntry, FlightHeader, SegmentReader } from './flightRecord.ts';
import type { Story } from './flightStory.ts';
import { HotpairError } from './hotpairError.ts';
import { programVersion } from './programVersion.ts';

export type Step = (
  state: State,
  event: CoreEvent,
  settings: Settings,
) => { readonly state: State; readonly effects: readonly Effect[] };

export type SegmentDamage = Damage & { readonly name: string };

/** Takes the segments of one or several runs in their order. */
export class Replay {
  readonly #step: Step;
  readonly #story: Story;
  readonly #damages: SegmentDamage[] = [];
  /** Where the segment before ended; null after one that is not whole. */
  #end: { readonly header: FlightHeader; readonly state: State } | null = null;
  #last: FlightHeader | null = null;

  constructor(step: Step, story: Story) {
    this.#step = step;
    this.#story = story;
  }

  get damages(): readonly SegmentDamage[] {
    return this.#damages;
  }

  /**
   * Replays one segment, entry by entry: who takes the story may wait in between. `name` is for people. Throws HotpairError
   * FLIGHT_DIFFERS at the first decision that is not as recorded.
   */
  *segment(reader: SegmentReader, name: string): Generator<undefined, void> {
    const { header } = reader;
    this.#begin(header, name);
    let { state, settings } = header;
    let entry = reader.next();
    for (let number = 1; entry !== null; number += 1) {
      const place = { name, number, header };
      if (entry.kind === 'step') state = this.#stepped(state, settings, entry, place);
      else if (entry.kind === 'settings') settings = this.#configured(entry.settings);
      else this.#broken(state, settings, entry, place);
      yield;
      entry = reader.next();
    }
    this.#last = header;
    this.#end = reader.damage === null ? { header, state } : null;
    if (reader.damage === null) return;
    this.#damages.push({ ...reader.damage, name });
    this.#story.gap(damageText(reader.damage, name));
  }

  /** A segment of which a power cut left not even the beginning. */
  unbegun(name: string): void {
    this.#end = null;
    this.#story.gap(`${name} ends before its first entry, as after a power cut`);
  }

  #begin(header: FlightHeader, name: string): void {
    const isNext = this.#last?.run === header.run && this.#last.part === header.part - 1;
    if (!isNext) return this.#story.begin(header);
    this.#story.resume(header);
    // What lies between two segments is unknown where entries were lost: the new one says how it went on.
    if (this.#end === null || header.lost > 0) return;
    const difference = firstDifference(header.state, this.#end.state);
    if (difference !== null)
      throw differs({ name, number: 0, header }, 'its first state', difference);
  }

  #stepped(state: State, settings: Settings, entry: StepEntry, place: Place): State {
    const { event, decision } = entry;
    const result = this.#decide(state, event, settings);
    if ('error' in result) throw threw(place, event, result.error);
    const { state: after, effects } = result;
    const difference = firstDifference(decision, decisionOf(after, effects));
    if (difference !== null) throw differs(place, `the decision upon ${event.type}`, difference);
    this.#story.stepped({ before: state, event, after, effects });
    return after;
  }

  #configured(settings: Settings): Settings {
    this.#story.configured(settings);
    return settings;
  }

  #broken(state: State, settings: Settings, { event, error }: BrokenEntry, place: Place): void {
    if (event !== null) {
      const result = this.#decide(state, event, settings);
      const difference = firstDifference(
        firstLine(error),
        'error' in result ? firstLine(result.error) : 'no error',
      );
      if (difference !== null) throw differs(place, `the end upon ${event.type}`, difference);
    }
    this.#story.broken(event, error);
  }

  #decide(
    state: State,
    event: CoreEvent,
    settings: Settings,
  ): ReturnType<Step> | { readonly error: string } {
    try {
      return this.#step(state, event, settings);
    } catch (error) {
      return { error: errorText(error) };
    }
  }
}

type StepEntry = Extract<FlightEntry, { readonly kind: 'step' }>;
type BrokenEntry = Extract<FlightEntry, { readonly kind: 'broken' }>;
type Place = { readonly name: string; readonly number: number; readonly header: FlightHeader };

/** The text of an error as a record has it: recorder and replay must make the same of it. */
export function errorText(error: unknown): string {
  return error instanceof Error
    ? `${error.name}: ${error.message}\n${error.stack ?? ''}`
    : String(error);
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function damageText({ torn, offset, left }: Damage, name: string): string {
  return torn
    ? `${name} ends in the middle of an entry, as after a power cut: ${left} bytes are left out`
    : `${name} is damaged at byte ${offset}: ${left} bytes are left out`;
}

function differs(place: Place, what: string, { path, left, right }: Difference): HotpairError {
  const where = path === '' ? what : `${what}, ${path}`;
  return flightDiffers(place, `${where}: recorded ${left}, replayed ${right}`);
}

function threw(place: Place, event: CoreEvent, error: string): HotpairError {
  return flightDiffers(
    place,
    `the decision upon ${event.type}: recorded one, replayed ${firstLine(error)}`,
  );
}

function flightDiffers({ name, number, header }: Place, text: string): HotpairError {
  const programs =
    header.program === programVersion
      ? ''
      : ` (recorded by hotpair ${header.program}, replayed by ${programVersion})`;
  return new HotpairError('FLIGHT_DIFFERS', `${name}, entry ${number}: ${text}${programs}`);
}
