// The story of a flight record: what happened, what was decided and why, one line each. The simulator tells it while the
// core decides, `hotpair replay` from a record; both use what is here, so that the bytes are the same.
import type { Effect, Report } from '../core/effects.ts';
import type { CoreEvent } from '../core/events.ts';
import { reasonText } from '../core/reasons.ts';
import type { Settings } from '../core/settings.ts';
import type { Standing } from '../core/standing.ts';
import type { State } from '../core/state.ts';
import type { FlightHeader } from './flightRecord.ts';
import { fieldsText, recordText } from './storyWords.ts';

export type StoryKind =
  | 'record'
  | 'event'
  | 'peer'
  | 'change'
  | 'alarm'
  | 'note'
  | 'asks'
  | 'answer'
  | 'settings'
  | 'broken'
  | 'gap';

/** One line. `at` is monotonic; `data` is the event or effect that it tells, for programs. */
export type StoryLine = {
  readonly at: number;
  readonly wallOffsetMs: number | null;
  readonly kind: StoryKind;
  readonly text: string;
  readonly data?: unknown;
};

export type Stepped = {
  readonly before: State;
  readonly event: CoreEvent;
  readonly after: State;
  readonly effects: readonly Effect[];
};

export type StoryOptions = {
  /** Observations and probes too. Heartbeats, ticks and kicks are never told. */
  readonly all: boolean;
  readonly tell: (line: StoryLine) => void;
};

const neverTold: ReadonlySet<string> = new Set([
  'tick',
  'heartbeatReceived',
  'sendHeartbeat',
  'kickWatchdog',
]);
const toldWithAll: ReadonlySet<string> = new Set([
  'databaseObserved',
  'garbageReceived',
  'addressClaimed',
  'probe',
  'probeRoundDone',
  'watchDatabase',
]);

export class Story {
  readonly #options: StoryOptions;
  #wallOffsetMs: number | null = null;
  #at = 0;

  constructor(options: StoryOptions) {
    this.#options = options;
  }

  /** A run of an agent begins, or the record of one that was running already. */
  begin({ node, run, part, program, wallOffsetMs, at, state }: FlightHeader): void {
    this.#wallOffsetMs = wallOffsetMs;
    this.#at = at;
    const since = part === 1 ? 'from its start' : `from part ${part}, in ${state.name}`;
    const text = `of ${node}, run ${run}, ${since}, recorded by hotpair ${program}`;
    this.#tell('record', text);
  }

  /** Another segment of the same run; the wall clock may have been set meanwhile. */
  resume({ wallOffsetMs, lost }: FlightHeader): void {
    this.#wallOffsetMs = wallOffsetMs;
    if (lost > 0) this.gap(`${lost} entries were not recorded: the disk refused or was too slow`);
  }

  gap(text: string): void {
    this.#tell('gap', text);
  }

  stepped({ before, event, after, effects }: Stepped): void {
    this.#at = event.at;
    if (this.#isTold(event.type)) this.#tell('event', wordsOf(event), event);
    const said = after.contact.standing;
    if (said !== null && said !== before.contact.standing) this.#peerSays(before, said);
    for (const effect of effects) this.#effect(effect);
  }

  configured(settings: Settings): void {
    this.#tell('settings', 'the configuration was read again', settings);
  }

  broken(event: CoreEvent | null, error: string): void {
    if (event !== null) this.#at = event.at;
    const [firstLine = ''] = error.split('\n');
    const when = event === null ? '' : `upon ${event.type}: `;
    this.#tell('broken', `the agent ended ${when}${firstLine}`, { event, error });
  }

  #isTold(type: string): boolean {
    return !neverTold.has(type) && (this.#options.all || !toldWithAll.has(type));
  }

  #peerSays(before: State, standing: Standing): void {
    const last = before.contact.standing;
    const text = standingText(standing);
    if (last === null || text !== standingText(last)) this.#tell('peer', text, standing);
  }

  #effect(effect: Effect): void {
    if (effect.type === 'report') return this.#report(effect.report);
    if (effect.type === 'answerCommand') {
      const text = `${effect.ok ? 'done' : 'refused'}: ${reasonText(effect.reason)}`;
      return this.#tell('answer', text, effect);
    }
    if (this.#isTold(effect.type)) this.#tell('asks', wordsOf(effect), effect);
  }

  #report(report: Report): void {
    const why = reasonText(report.reason);
    switch (report.kind) {
      case 'transition': {
        const epoch = report.epoch === null ? '' : `, epoch ${report.epoch}`;
        return this.#tell('change', `${report.from} -> ${report.to}${epoch}: ${why}`, report);
      }
      case 'alarmRaised':
        return this.#tell('alarm', `${report.alarm}: ${why}`, report);
      case 'alarmCleared':
        return this.#tell('alarm', `${report.alarm} is over: ${why}`, report);
      case 'note':
        return this.#tell('note', why, report);
    }
  }

  #tell(kind: StoryKind, text: string, data?: unknown): void {
    const line = { at: this.#at, wallOffsetMs: this.#wallOffsetMs, kind, text };
    this.#options.tell(data === undefined ? line : { ...line, data });
  }
}

function wordsOf(happened: CoreEvent | Effect): string {
  const fields = fieldsText(happened);
  return fields === '' ? happened.type : `${happened.type} ${fields}`;
}

/** What of a peer's words changes seldom and decides much. */
function standingText({ stateName, record, eligible, leaving, grant }: Standing): string {
  const words = [
    eligible ? 'eligible' : '',
    leaving ? 'leaving' : '',
    grant === null ? '' : `grants ${grant.type} of ${grant.epoch}`,
  ].filter((word) => word !== '');
  return [`says ${stateName}, ${recordText(record)}`, ...words].join(', ');
}

/** `2026-11-25T01:02:03.456Z  change  standby -> takingOver ...`; without a wall the seconds of the monotonic clock. */
export function lineText(line: StoryLine): string {
  return `${timeText(line)}  ${line.kind.padEnd(8)}  ${line.text}`;
}

/** One JSON object, log positions as decimal strings, "never" as a string. */
export function lineJson(line: StoryLine): string {
  const { at, kind, text, data } = line;
  return JSON.stringify({ time: utcOf(line), at, kind, text, data }, plain);
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** UTC, or null where the record has no wall clock. */
export function utcOf({ at, wallOffsetMs }: StoryLine): string | null {
  return wallOffsetMs === null ? null : new Date(wallOffsetMs + at).toISOString();
}

function timeText(line: StoryLine): string {
  // Cut off, as a date is: what is asked for from a printed time on has that line in it.
  return utcOf(line) ?? (Math.floor(line.at) / 1000).toFixed(3).padStart(12);
}
