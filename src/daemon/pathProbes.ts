// Questions that a path is asked now and then: does it carry a small datagram there and back, and a large one? It finds a path
// that is heard and does not reach the peer, and one that only passes small packets, over which replication would hang.
import { randomBytes } from 'node:crypto';
import type { PathKeys } from './heartbeatPaths.ts';
import {
  decodePathProbe,
  encodePathProbe,
  largeProbeLength,
  smallProbeLength,
} from '../protocol/pathProbe.ts';
import type { PathProbe } from '../protocol/pathProbe.ts';

const askMs = 10_000;
/** While an answer is missing it is asked more often. */
const doubtMs = 1000;
/** A path that loses 30 % each way leaves half of the questions unanswered: so many in a row are no accident. */
const unansweredToSay = 12;
const answersPerSecond = 8;
/** Questions that were answered: what somebody recorded and plays again is neither answered nor paid for. */
const rememberedQuestions = 256;

export type PathProbesOptions = {
  readonly self: string;
  readonly pairId: string;
  readonly keys: Pick<PathKeys, 'sending' | 'accepted'>;
  readonly now: number;
  readonly asksLarge: boolean;
  readonly send: (datagram: Buffer) => boolean;
};

type Size = {
  readonly length: number;
  nonce: string;
  /** Questions since the last answer. */
  unanswered: number;
  answeredAt: number | null;
};

export class PathProbes {
  readonly #options: PathProbesOptions;
  readonly #small = sizeOf(smallProbeLength);
  readonly #large = sizeOf(largeProbeLength);
  #nextAt: number;
  #answers = 0;
  #answersSince = 0;
  readonly #asked = new Set<string>();

  constructor(options: PathProbesOptions) {
    this.#options = options;
    this.#nextAt = options.now;
  }

  /** The peer is not reached over this path: whoever never answered anywhere may not know the question. */
  get reachesNobody(): boolean {
    return this.#small.unanswered >= unansweredToSay;
  }

  /** Small ones pass, large ones do not. */
  get passesOnlySmall(): boolean {
    return this.#large.unanswered >= unansweredToSay && this.#small.unanswered < unansweredToSay;
  }

  get everAnswered(): boolean {
    return this.#small.answeredAt !== null || this.#large.answeredAt !== null;
  }

  /** The peer's agent is another one, and may be of a version that answers nothing. */
  forgetAnswers(): void {
    for (const size of [this.#small, this.#large]) {
      size.answeredAt = null;
      size.unanswered = 0;
    }
  }

  /** Asks when it is time; to be called often. `isHeard`: a path that brings nothing is not asked, its silence is known. */
  look(now: number, isHeard: boolean): void {
    if (!isHeard) {
      this.#small.unanswered = 0;
      this.#large.unanswered = 0;
      this.#nextAt = now;
      return;
    }
    if (now < this.#nextAt) return;
    this.#nextAt = now + doubtMs;
    this.#ask(this.#small);
    if (this.#options.asksLarge) this.#ask(this.#large);
  }

  /** Takes a datagram that looks like a probe; returns whether it was an authentic one of the peer. */
  take(datagram: Buffer, now: number): boolean {
    const probe = this.#decoded(datagram);
    if (probe === null || probe.sender === this.#options.self) return false;
    if (probe.kind === 'question') this.#answer(probe.nonce, probe.length, now);
    else this.#answered(probe.nonce, now);
    return true;
  }

  #decoded(datagram: Buffer): PathProbe | null {
    const { pairId, keys } = this.#options;
    for (const key of keys.accepted()) {
      const probe = decodePathProbe(datagram, pairId, key);
      if (probe !== null) return probe;
    }
    return null;
  }

  #ask(size: Size): void {
    const { self, pairId, keys, send } = this.#options;
    size.nonce = randomBytes(8).toString('hex');
    size.unanswered += 1;
    const { nonce, length } = size;
    send(
      encodePathProbe({ sender: self, kind: 'question', nonce, length }, pairId, keys.sending()),
    );
  }

  /** However many questions somebody has recorded, answers are bounded. */
  #answer(nonce: string, length: number, now: number): void {
    const question = `${nonce} ${length}`;
    if (this.#asked.has(question)) return;
    if (now - this.#answersSince >= 1000) {
      this.#answersSince = now;
      this.#answers = 0;
    }
    if (this.#answers >= answersPerSecond) return;
    this.#answers += 1;
    this.#asked.add(question);
    const [oldest] = this.#asked;
    if (this.#asked.size > rememberedQuestions && oldest !== undefined) this.#asked.delete(oldest);
    const { self, pairId, keys, send } = this.#options;
    send(encodePathProbe({ sender: self, kind: 'answer', nonce, length }, pairId, keys.sending()));
  }

  #answered(nonce: string, now: number): void {
    const size = [this.#small, this.#large].find((one) => one.nonce === nonce);
    if (size === undefined) return;
    // An answer is used once.
    size.nonce = '';
    size.unanswered = 0;
    size.answeredAt = now;
    if (this.#small.unanswered + this.#large.unanswered === 0) this.#nextAt = now + askMs;
  }
}

function sizeOf(length: number): Size {
  return { length, nonce: '', unanswered: 0, answeredAt: null };
}
