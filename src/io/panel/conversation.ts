// The conversation with a panel, the same for every kind: it is opened, asked who it is, made ready, told what changes, and asked for
// a sign of life when there is nothing to tell. One question is under way at a time. A panel that does not answer, floods or
// vanishes is left and sought again with a growing pause.
import { monotonicMs } from '../../kernel/clock.ts';
import { codeOf } from '../../kernel/serialDevice.ts';
import type { Dialect, Hearer } from './dialect.ts';
import type { Light, Panel, PanelEvents, PanelKey } from './panel.ts';
import type { OpenLine, PanelLine } from './panelLine.ts';
import { Picture } from './picture.ts';

const firstPauseMs = 250;
/** With the tries of a silent panel, one that is plugged in again is found within five seconds. */
const longestPauseMs = 4000;
/** A panel that stayed for so long may be sought at once when it is lost. */
const steadyMs = 10_000;
const blinkMs = 500;
/** More is no finger. */
const keysPerSecond = 20;
/** A line of 115200 baud brings 11,520. */
const bytesPerSecond = 32_768;
const closeMs = 1000;
const longestIdentity = 80;
const mostReasons = 8;

type Question = {
  readonly bytes: Buffer;
  readonly answered: () => void;
  tries: number;
};

export class PanelConversation implements Panel {
  readonly #openLine: OpenLine;
  readonly #dialect: Dialect;
  readonly #events: PanelEvents;
  readonly #picture = new Picture();
  readonly #hearer: Hearer;
  readonly #keyLimit = new SecondLimit(keysPerSecond);
  readonly #byteLimit = new SecondLimit(bytesPerSecond);
  /** Which opening counts: what an older line still says is not listened to. */
  #turn = 0;
  #line: PanelLine | null = null;
  #question: Question | null = null;
  /** Questions that stand before any change. */
  #steps: (() => Buffer)[] = [];
  #identity: string[] = [];
  #foundAtMs: number | null = null;
  #answeredAtMs = 0;
  #refreshAtMs = Infinity;
  #pauseMs = firstPauseMs;
  /** Why it was lost, since it was found last. */
  readonly #toldReasons = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #blinker: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(openLine: OpenLine, dialect: Dialect, events: PanelEvents) {
    this.#openLine = openLine;
    this.#dialect = dialect;
    this.#events = events;
    this.#hearer = {
      answered: (said) => this.#answered(said),
      key: (key) => this.#pressed(key),
    };
  }

  get columns(): number {
    return this.#dialect.columns;
  }

  get rows(): number {
    return this.#dialect.rows;
  }

  get keys(): readonly PanelKey[] {
    return this.#dialect.keys;
  }

  show(lines: readonly string[]): void {
    this.#picture.show(lines);
    this.#wake();
  }

  light(lights: readonly Light[]): void {
    this.#picture.light(lights);
    this.#wake();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const line = this.#leave();
    // The kernel may wait until the last bytes are on the line; nobody else should.
    const soon = new Promise<void>((resolve) => setTimeout(resolve, closeMs).unref());
    await Promise.race([line?.close(), soon]);
  }

  /** Opens the line; called once, and again by itself after each loss. */
  seek(): void {
    this.#turn += 1;
    const turn = this.#turn;
    const opening = this.#openLine({
      bytes: (bytes) => {
        if (turn === this.#turn) this.#heard(bytes);
      },
      gone: (reason) => {
        if (turn === this.#turn) this.#lost(reason);
      },
    });
    opening.then(
      (line) => this.#opened(line, turn),
      (error: unknown) => {
        if (turn === this.#turn) this.#lost(`its port cannot be opened: ${codeOf(error)}`);
      },
    );
  }

  #opened(line: PanelLine, turn: number): void {
    if (turn !== this.#turn) {
      void line.close();
      return;
    }
    this.#line = line;
    this.#identity = [];
    this.#dialect.begin();
    this.#steps = [...this.#dialect.introduction()];
    this.#speak();
  }

  /** Sends what comes next, where nothing is under way. */
  #speak(): void {
    if (this.#line === null || this.#question !== null) return;
    clearTimeout(this.#timer);
    const step = this.#steps.shift();
    if (step !== undefined) {
      this.#ask(step(), () => undefined);
      return;
    }
    if (this.#foundAtMs === null) {
      this.#found();
      return;
    }
    if (monotonicMs() >= this.#refreshAtMs) {
      this.#beginAnew();
      this.#speak();
      return;
    }
    const { changesAtOnce } = this.#dialect;
    const changes = this.#picture.changes(changesAtOnce, (lights) => this.#dialect.arrange(lights));
    if (changes.length === 0) this.#waitIdle();
    else this.#ask(this.#dialect.tell(changes), () => this.#picture.told(changes));
  }

  /** The sign of life is due by the last one, however often the same page is shown meanwhile. */
  #waitIdle(): void {
    const idleMs = this.#answeredAtMs + this.#dialect.idleMs - monotonicMs();
    this.#timer = setTimeout(() => this.#ping(), Math.max(0, Math.ceil(idleMs)));
  }

  #ping(): void {
    // A refresh that has become due comes first.
    if (monotonicMs() >= this.#refreshAtMs) this.#speak();
    else this.#ask(this.#dialect.ping(), () => undefined);
  }

  #found(): void {
    this.#foundAtMs = monotonicMs();
    this.#toldReasons.clear();
    this.#picture.begin(this.#dialect.columns, this.#dialect.rows);
    this.#beginAnew();
    this.#keepRhythm();
    this.#events.found(this.#identity.join(', ').slice(0, longestIdentity));
    this.#speak();
  }

  /** Everything is sent that makes the panel ready and that it shows. */
  #beginAnew(): void {
    this.#refreshAtMs = monotonicMs() + (this.#dialect.refreshMs ?? Infinity);
    this.#picture.forget();
    this.#steps = [...this.#dialect.setUp()];
  }

  #ask(bytes: Buffer, answered: () => void): void {
    this.#question = { bytes, answered, tries: 0 };
    this.#send(this.#question);
  }

  #send(question: Question): void {
    question.tries += 1;
    this.#timer = setTimeout(() => this.#silent(question), this.#dialect.answerMs);
    try {
      // What was not taken whole is not answered, and is sent again when its time is over.
      this.#line?.write(question.bytes);
    } catch (error) {
      this.#lost(`its port is gone (${codeOf(error)})`);
    }
  }

  #silent(question: Question): void {
    this.#dialect.silence(this.#hearer);
    // The answer stood behind noise, or the panel was lost by what stood there.
    if (this.#question !== question) return;
    if (question.tries < this.#dialect.tries) this.#send(question);
    else this.#lost('it does not answer');
  }

  #heard(bytes: Buffer): void {
    if (!this.#byteLimit.take(bytes.length)) {
      this.#lost('it sends more than a panel can say');
      return;
    }
    this.#dialect.hear(bytes, this.#hearer);
  }

  #answered(said: string | undefined): void {
    const question = this.#question;
    if (question === null) return;
    clearTimeout(this.#timer);
    this.#question = null;
    this.#answeredAtMs = monotonicMs();
    if (said !== undefined) this.#identity.push(said);
    question.answered();
    this.#speak();
  }

  #pressed(key: PanelKey): void {
    if (this.#foundAtMs !== null && this.#keyLimit.take(1)) this.#events.key(key);
  }

  #lost(reason: string): void {
    const wasSteady = this.#foundAtMs !== null && monotonicMs() - this.#foundAtMs > steadyMs;
    const line = this.#leave();
    void line?.close();
    if (wasSteady) this.#pauseMs = firstPauseMs;
    this.#timer = setTimeout(() => this.seek(), this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
    if (this.#toldReasons.has(reason) || this.#toldReasons.size >= mostReasons) return;
    this.#toldReasons.add(reason);
    this.#events.lost(reason);
  }

  #leave(): PanelLine | null {
    const line = this.#line;
    this.#turn += 1;
    this.#line = null;
    this.#question = null;
    this.#steps = [];
    this.#foundAtMs = null;
    clearTimeout(this.#timer);
    clearInterval(this.#blinker);
    this.#blinker = undefined;
    return line;
  }

  /** Something else is to be shown. */
  #wake(): void {
    if (this.#isClosed || this.#foundAtMs === null) return;
    this.#keepRhythm();
    this.#speak();
  }

  #keepRhythm(): void {
    if (!this.#picture.blinks) {
      clearInterval(this.#blinker);
      this.#blinker = undefined;
      return;
    }
    this.#blinker ??= setInterval(() => {
      this.#picture.blink();
      this.#speak();
    }, blinkMs);
  }
}

/** So much in each second and no more. */
class SecondLimit {
  readonly #most: number;
  #beganAtMs = -Infinity;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  take(amount: number): boolean {
    const now = monotonicMs();
    if (now - this.#beganAtMs >= 1000) {
      this.#beganAtMs = now;
      this.#taken = 0;
    }
    this.#taken += amount;
    return this.#taken <= this.#most;
  }
}
