// The set of states that were seen, in typed arrays: five words a state, an open hash table of their numbers, the state that
// each was first reached from, and the moves without faults between them.
import { wordsOfState } from './canonical.ts';

const firstCapacity = 1 << 18;

export class StateStore {
  size = 0;
  words = new Uint32Array(firstCapacity * wordsOfState);
  parents = new Int32Array(firstCapacity);
  #table = new Int32Array(firstCapacity * 2).fill(-1);

  /** The number of the state, and whether it is new. */
  add(words: Uint32Array, parent: number): { readonly id: number; readonly isNew: boolean } {
    const mask = this.#table.length - 1;
    for (let slot = hash(words, 0) & mask; ; slot = (slot + 1) & mask) {
      const found = this.#table[slot] ?? -1;
      if (found < 0) return { id: this.#put(words, parent, slot), isNew: true };
      if (this.#equals(found, words)) return { id: found, isNew: false };
    }
  }

  #put(words: Uint32Array, parent: number, slot: number): number {
    const id = this.size;
    if (id === this.parents.length) {
      this.#grow();
      return this.add(words, parent).id;
    }
    this.words.set(words, id * wordsOfState);
    this.parents[id] = parent;
    this.#table[slot] = id;
    this.size += 1;
    return id;
  }

  #equals(id: number, words: Uint32Array): boolean {
    const at = id * wordsOfState;
    return (
      this.words[at] === words[0] &&
      this.words[at + 1] === words[1] &&
      this.words[at + 2] === words[2] &&
      this.words[at + 3] === words[3] &&
      this.words[at + 4] === words[4]
    );
  }

  #grow(): void {
    this.words = grown(this.words, Uint32Array);
    this.parents = grown(this.parents, Int32Array);
    this.#table = new Int32Array(this.#table.length * 2).fill(-1);
    const mask = this.#table.length - 1;
    for (let id = 0; id < this.size; id += 1) {
      let slot = hash(this.words, id * wordsOfState) & mask;
      while ((this.#table[slot] ?? -1) >= 0) slot = (slot + 1) & mask;
      this.#table[slot] = id;
    }
  }
}

function hash(words: Uint32Array, at: number): number {
  let mixed = 0x9e3779b9;
  for (let word = at; word < at + wordsOfState; word += 1) {
    mixed = Math.imul(mixed ^ (words[word] ?? 0), 0x85ebca6b);
    mixed ^= mixed >>> 15;
  }
  return Math.imul(mixed, 0xc2b2ae35) ^ (mixed >>> 13);
}

/** Where moves without faults lead, state after state. */
export class Edges {
  #targets = new Uint32Array(1 << 20);
  #begins = new Uint32Array(1 << 18);
  #count = 0;
  #states = 0;

  /** The moves that follow belong to the next state. */
  begin(): void {
    if (this.#states === this.#begins.length) this.#begins = grown(this.#begins, Uint32Array);
    this.#begins[this.#states] = this.#count;
    this.#states += 1;
  }

  add(target: number): void {
    if (this.#count === this.#targets.length) this.#targets = grown(this.#targets, Uint32Array);
    this.#targets[this.#count] = target;
    this.#count += 1;
  }

  /** The first state from which no marked one can be reached, or null. Marks all from which one can. */
  countStuck(marks: Uint8Array): { readonly count: number; readonly first: number | null } {
    const { sources, begins } = this.#reversed();
    const queue = new Uint32Array(this.#states);
    let end = 0;
    for (let id = 0; id < this.#states; id += 1) if (marks[id] === 1) queue[end++] = id;
    for (let at = 0; at < end; at += 1) {
      const id = queue[at] ?? 0;
      for (let edge = begins[id] ?? 0; edge < (begins[id + 1] ?? 0); edge += 1) {
        const source = sources[edge] ?? 0;
        if (marks[source] === 1) continue;
        marks[source] = 1;
        queue[end++] = source;
      }
    }
    const first = marks.subarray(0, this.#states).indexOf(0);
    return { count: this.#states - end, first: first < 0 ? null : first };
  }

  #reversed(): { readonly sources: Uint32Array; readonly begins: Uint32Array } {
    const begins = new Uint32Array(this.#states + 2);
    for (let edge = 0; edge < this.#count; edge += 1) {
      const target = (this.#targets[edge] ?? 0) + 2;
      begins[target] = (begins[target] ?? 0) + 1;
    }
    for (let id = 2; id < begins.length; id += 1)
      begins[id] = (begins[id] ?? 0) + (begins[id - 1] ?? 0);
    const sources = new Uint32Array(this.#count);
    for (let id = 0; id < this.#states; id += 1) {
      const last = id + 1 < this.#states ? (this.#begins[id + 1] ?? 0) : this.#count;
      for (let edge = this.#begins[id] ?? 0; edge < last; edge += 1) {
        const target = (this.#targets[edge] ?? 0) + 1;
        sources[begins[target] ?? 0] = id;
        begins[target] = (begins[target] ?? 0) + 1;
      }
    }
    return { sources, begins };
  }
}

function grown<A extends Uint32Array | Int32Array>(array: A, Kind: new (length: number) => A): A {
  const bigger = new Kind(array.length * 2);
  bigger.set(array);
  return bigger;
}
