// What an operator would see, as sentences in order of time: what the cores report, what they ask for, and what changes
// on the boxes.
import type { Effect, Report } from '../../src/core/effects.ts';
import { reasonText } from '../../src/core/reasons.ts';
import type { StateName } from '../../src/core/stateName.ts';
import { Trace } from '../simulator/trace.ts';

const changes: Readonly<Record<StateName, string>> = {
  unpaired: 'is not paired',
  starting: 'waits to know what it may do',
  opening: 'opens its database',
  solo: 'is primary, alone',
  pairing: 'begins to pair',
  paired: 'is primary, paired',
  leaving: 'leaves the paired epoch to go on alone',
  handingOver: 'hands over',
  rejoining: 'comes back as standby',
  standby: 'is standby',
  takingOver: 'takes over',
  steppingDown: 'steps down',
};

/** What comes again and again is told so often. */
const toldInARow = 3;

export class Story extends Trace {
  /** The moment that the story calls 0.00 s. */
  zeroMs = 0;
  #told: string[] = [];
  /** Boxes that have asked the arbiter and wait for its answer. */
  readonly #asking = new Set<string>();
  /** How often each sentence came since the last call of `take`. */
  #counts = new Map<string, number>();

  constructor() {
    super(null);
  }

  tell(atMs: number, who: string, text: string): void {
    const key = `${who} ${text}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count > toldInARow + 1) return;
    const more = count > toldInARow ? 'and so on: ' : '';
    this.#told.push(`${seconds(atMs - this.zeroMs).padStart(9)}  ${who}  ${more}${text}`);
  }

  /** A line that belongs to no moment. */
  say(text: string): void {
    this.#told.push(text);
  }

  /** The lines since the last call. */
  take(): readonly string[] {
    const lines = this.#told;
    this.#told = [];
    this.#counts.clear();
    return lines;
  }

  /** Whether this box waits for the arbiter from now on: until that has answered it neither takes over nor leaves. */
  asks(who: string, isAsking: boolean): void {
    if (isAsking) this.#asking.add(who);
    else this.#asking.delete(who);
  }

  #change(who: string, to: StateName): string {
    const isAsked = this.#asking.has(who) && (to === 'takingOver' || to === 'leaving');
    return isAsked ? 'asks the arbiter' : changes[to];
  }

  override add(atMs: number, who: string, text: string): void {
    if (text.startsWith('reset: ')) this.tell(atMs, who, `is reset (${text.slice(7)})`);
  }

  override addEvent(): void {
    // What comes in is not shown; what is made of it is.
  }

  override addReport(atMs: number, who: string, report: Report): void {
    const why = reasonText(report.reason);
    // What a box waits for after its start is told by who looks at it, whenever it changes.
    if (report.kind === 'transition' && report.to === 'starting') return;
    if (report.kind === 'transition')
      this.tell(atMs, who, `${this.#change(who, report.to)}: ${why}`);
    else if (report.kind === 'note') this.tell(atMs, who, why);
    else if (report.kind === 'alarmRaised') this.tell(atMs, who, `alarm ${report.alarm}: ${why}`);
    else this.tell(atMs, who, `alarm ${report.alarm} is over`);
  }

  addEffect(atMs: number, who: string, effect: Effect): void {
    const text = effectText(effect);
    if (text !== null) this.tell(atMs, who, text);
  }
}

/** Work on the data that takes long, and what the operator is told; the rest shows in its consequences. */
function effectText(effect: Effect): string | null {
  if (effect.type === 'keepDivergence') return 'keeps aside what only it has';
  if (effect.type === 'rewindDatabase') return 'rewinds its database';
  if (effect.type === 'cloneDatabase') return 'clones the database of the other box';
  if (effect.type !== 'answerCommand') return null;
  return `tells the operator: ${effect.ok ? 'done' : 'refused'}, ${reasonText(effect.reason)}`;
}

/** `1.25 s` */
export function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(2)} s`;
}
