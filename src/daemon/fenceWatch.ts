// A look at the power switch every minute, because one that does not work is found otherwise only when it is needed; and what
// is told of it. A device that calls a box off which is heard switches another box.
import type { Look } from '../io/fence/fenceDevice.ts';
import type { PowerSwitch, SwitchEnd } from '../io/fence/powerSwitch.ts';
import { monotonicMs } from '../kernel/clock.ts';
import type { ArbiterStatus } from './arbiter.ts';
import type { Log } from './log.ts';

export type FenceWatchOptions = {
  readonly power: PowerSwitch;
  readonly log: Log;
  readonly pair: { peerHeardAt(): number | null };
  readonly periodMs?: number;
  readonly troubledPeriodMs?: number;
};

const usualPeriodMs = 60_000;
/** Where something is wrong: whoever repairs it sees soon that it works again. */
const usualTroubledPeriodMs = 15_000;
const firstMs = 1_000;
/** The peer lives: it was heard so lately. */
const freshMs = 1_000;

type Problem = NonNullable<ArbiterStatus['problem']>;

export class FenceWatch {
  readonly #given: FenceWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #looks: ReadonlyMap<string, Look> | null = null;
  #lookedAt = 0;
  #problem: Problem | null = null;
  #isClosed = false;

  constructor(options: FenceWatchOptions) {
    this.#given = options;
    this.#plan(Math.min(firstMs, options.periodMs ?? firstMs));
  }

  /** What came of an order: it says more than a look, until the next look. */
  noteOrder({ end, text }: SwitchEnd): void {
    if (end === 'unknown') this.#note({ code: 'FENCE_FAILED', text });
    else if (this.#problem?.code === 'FENCE_FAILED') this.#note(null);
  }

  told(delayMs: number): Pick<ArbiterStatus, 'state' | 'problem'> {
    const wait = `while this box serves it waits ${delayMs} ms before it switches the other one off`;
    if (this.#looks === null)
      return { state: `the devices were not asked yet; ${wait}`, problem: this.#problem };
    const devices = [...this.#looks].map(([name, { power }]) => `${name} ${powerText[power]}`);
    const seconds = Math.round((monotonicMs() - this.#lookedAt) / 1000);
    const state = `${devices.join(', ')} (asked ${seconds} s ago); ${wait}`;
    return { state, problem: this.#problem };
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #plan(ms: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#look(), ms);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const looks = await this.#given.power.look();
    if (looks !== null) {
      this.#looks = looks;
      this.#lookedAt = monotonicMs();
      this.#note(this.#problemIn(looks));
    }
    const { periodMs = usualPeriodMs, troubledPeriodMs = usualTroubledPeriodMs } = this.#given;
    const isCalm = looks !== null && this.#problem === null;
    this.#plan(isCalm ? periodMs : Math.min(periodMs, troubledPeriodMs));
  }

  #problemIn(looks: ReadonlyMap<string, Look>): Problem | null {
    const silent = [...looks].filter(([, { power }]) => power === 'silent');
    if (silent.length > 0) {
      const text = silent.map(([name, look]) => `${name}: ${look.text}`).join('; ');
      return { code: 'FENCE_SILENT', text };
    }
    const heardAt = this.#given.pair.peerHeardAt();
    const isHeard = heardAt !== null && monotonicMs() - heardAt < freshMs;
    const wrong = [...looks].filter(([, { power }]) => power === 'off').map(([name]) => name);
    if (!isHeard || wrong.length === 0) return null;
    const text = `${wrong.join(', ')}: says that the other box is off, which is heard: it switches something else`;
    return { code: 'FENCE_WRONG_BOX', text };
  }

  #note(problem: Problem | null): void {
    const before = this.#problem;
    this.#problem = problem;
    if (before?.code === problem?.code) return;
    if (problem === null) this.#given.log.history('info', 'fenceAnswers', {});
    else this.#given.log.history('warning', 'fenceProblem', problem);
  }
}

const powerText = {
  on: 'says that the other box is on',
  off: 'says that the other box is off',
  answers: 'answers',
  silent: 'does not answer',
} as const satisfies Record<Look['power'], string>;
