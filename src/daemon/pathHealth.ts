// Whether one heartbeat path works, for people: what status shows and alarms say. A path that flaps is damped: it is called
// flapping, and is believed again only after it has been quiet for longer and longer. Whether a datagram is contact is not
// asked here: an authentic one counts on whatever path it came, and a pair must not lose contact over a figure for people.

/** So many changes within the window make a path a flapping one. */
const changesToDamp = 6;
const windowMs = 60_000;
const firstHoldMs = 10_000;
const longestHoldMs = 300_000;
/** Whoever was not damped for so long begins with a short hold again. */
const forgivenMs = 600_000;

export type PathState = 'working' | 'silent' | 'flapping';

export class PathHealth {
  state: PathState = 'silent';
  /** Since when it is in this state. */
  since: number;
  readonly #silenceMs: number;
  #heardAt: number | null = null;
  #hasCarrier = true;
  #isUp = false;
  #changes: number[] = [];
  #changedAt: number;
  #holdMs = 0;
  #dampedAt = -Infinity;

  /** `silenceMs`: how long nothing may come over a path that works. */
  constructor(silenceMs: number, now: number) {
    this.#silenceMs = silenceMs;
    this.since = now;
    this.#changedAt = now;
  }

  /** Something authentic of the peer came. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  /** The link below it, where there is one that can be seen. */
  noteCarrier(carrier: boolean, now: number): void {
    this.#hasCarrier = carrier;
    // What was heard before it went says nothing of the link that came back.
    if (!carrier) this.#heardAt = null;
    this.#note(now);
  }

  /** Looks at the time that has passed; returns whether the state changed. */
  look(now: number): boolean {
    this.#note(now);
    const state = this.#stateAt(now);
    if (state === this.state) return false;
    if (state === 'flapping') this.#damp(now);
    this.state = state;
    this.since = now;
    return true;
  }

  /** It is heard now, although it may be called flapping. */
  get isHeard(): boolean {
    return this.#isUp;
  }

  /** How long it must be quiet before it is believed again; 0 unless it flaps. */
  get holdMs(): number {
    return this.state === 'flapping' ? this.#holdMs : 0;
  }

  #note(now: number): void {
    const heard = this.#heardAt !== null && now - this.#heardAt < this.#silenceMs;
    const isUp = heard && this.#hasCarrier;
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    this.#changedAt = now;
    this.#changes = [...this.#changes.slice(1 - changesToDamp), now];
  }

  #stateAt(now: number): PathState {
    const isQuiet = now - this.#changedAt >= this.#holdMs;
    if (this.state === 'flapping' && !isQuiet) return 'flapping';
    const [oldest = -Infinity] = this.#changes;
    const flaps = this.#changes.length === changesToDamp && now - oldest < windowMs;
    // What it did before it was quiet is over.
    if (this.state === 'flapping') this.#changes = [];
    else if (flaps) return 'flapping';
    return this.#isUp ? 'working' : 'silent';
  }

  #damp(now: number): void {
    const again = now - this.#dampedAt < forgivenMs;
    this.#holdMs = again ? Math.min(2 * this.#holdMs, longestHoldMs) : firstHoldMs;
    this.#dampedAt = now;
  }
}
