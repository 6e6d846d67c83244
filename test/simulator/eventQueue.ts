// Simulated time: what is to happen when, in order of time, and in order of asking where the times are equal.

type Entry = { readonly atMs: number; readonly order: number; readonly run: () => void };

export class EventQueue {
  readonly #heap: Entry[] = [];
  #order = 0;
  #nowMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  get length(): number {
    return this.#heap.length;
  }

  /** Time of the next entry, or Infinity. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Infinity;
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.#nowMs + delayMs, run);
  }

  at(atMs: number, run: () => void): void {
    this.#order += 1;
    this.#heap.push({ atMs: Math.max(atMs, this.#nowMs), order: this.#order, run });
    this.#rise(this.#heap.length - 1);
  }

  /** Runs the next entry; false when there is none. */
  step(): boolean {
    const first = this.#heap[0];
    if (first === undefined) return false;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink();
    }
    this.#nowMs = first.atMs;
    first.run();
    return true;
  }

  #rise(from: number): void {
    const entry = this.#heap[from];
    if (entry === undefined) return;
    let place = from;
    while (place > 0) {
      const parentPlace = (place - 1) >> 1;
      const parent = this.#heap[parentPlace];
      if (parent === undefined || !isBefore(entry, parent)) break;
      this.#heap[place] = parent;
      place = parentPlace;
    }
    this.#heap[place] = entry;
  }

  #sink(): void {
    const entry = this.#heap[0];
    if (entry === undefined) return;
    let place = 0;
    for (;;) {
      const leftPlace = place * 2 + 1;
      const left = this.#heap[leftPlace];
      if (left === undefined) break;
      const right = this.#heap[leftPlace + 1];
      const rightFirst = right !== undefined && isBefore(right, left);
      const child = rightFirst ? right : left;
      if (!isBefore(child, entry)) break;
      this.#heap[place] = child;
      place = rightFirst ? leftPlace + 1 : leftPlace;
    }
    this.#heap[place] = entry;
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}
