// The search: every state that can be reached from a new pair, breadth first, each asked for its invariants; then backwards
// from the healthy pairs, so that every state without a way to one shows.
import { BeyondBounds, pack, simplify, unpack, wordsOfState } from './canonical.ts';
import { broken, isHealthy } from './invariants.ts';
import type { ArbiterName, Move, Scope } from './move.ts';
import { eachMove } from './moves.ts';
import type { Rules } from './rules.ts';
import type { Pair } from './state.ts';
import { installed } from './state.ts';
import { Edges, StateStore } from './stateStore.ts';

export type Finding = {
  readonly what: string;
  /** Packed states from the first to the last. */
  readonly path: readonly Uint32Array[];
};

export type Result = {
  readonly arbiter: ArbiterName;
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly healthy: number;
  /** States that the words could not hold: 0 in a complete search. */
  readonly beyond: number;
  readonly complete: boolean;
  readonly stuck: number;
  readonly finding: Finding | null;
  /** How many states each move was the first to reach. */
  readonly moves: ReadonlyMap<string, number>;
  /** `from>to` of the roles that nodes change between by themselves. */
  readonly roleChanges: ReadonlySet<string>;
};

export type Limits = {
  readonly maxStates?: number;
  readonly checkStuck?: boolean;
  readonly twoUnderWay?: boolean;
};

export function search(arbiter: ArbiterName, rules: Rules, limits: Limits = {}): Result {
  return new Search(arbiter, rules, limits).run();
}

class Search {
  readonly #arbiter: ArbiterName;
  readonly #rules: Rules;
  readonly #limits: Limits;
  readonly #store = new StateStore();
  readonly #edges = new Edges();
  readonly #healthy: number[] = [];
  readonly #moves = new Map<string, number>();
  readonly #roles = new Uint8Array(64);
  readonly #words = new Uint32Array(wordsOfState);
  #transitions = 0;
  #beyond = 0;
  #finding: Finding | null = null;

  constructor(arbiter: ArbiterName, rules: Rules, limits: Limits) {
    this.#arbiter = arbiter;
    this.#rules = rules;
    this.#limits = limits;
  }

  run(): Result {
    const store = this.#store;
    const first = installed();
    simplify(first);
    pack(first, this.#words);
    store.add(this.#words, -1);
    const { maxStates = Infinity, checkStuck = true } = this.#limits;
    let at = 0;
    let depth = 0;
    for (let levelEnd = 1; at < store.size && this.#finding === null; at += 1) {
      if (store.size > maxStates) break;
      if (at === levelEnd) {
        depth += 1;
        levelEnd = store.size;
      }
      this.#expand(at);
    }
    const complete = at === store.size && this.#beyond === 0;
    const stuck = complete && checkStuck && this.#finding === null ? this.#findStuck() : 0;
    return {
      arbiter: this.#arbiter,
      states: store.size,
      transitions: this.#transitions,
      depth,
      healthy: this.#healthy.length,
      beyond: this.#beyond,
      complete,
      stuck,
      finding: this.#finding,
      moves: this.#moves,
      roleChanges: roleChangesOf(this.#roles),
    };
  }

  #expand(at: number): void {
    this.#edges.begin();
    const pair = unpack(this.#store.words, at * wordsOfState);
    if (isHealthy(pair, this.#arbiter)) this.#healthy.push(at);
    const scope: Scope = {
      arbiter: this.#arbiter,
      rules: this.#rules,
      twoUnderWay: this.#limits.twoUnderWay === true,
      take: (move, next) => this.#take(pair, at, move, next),
    };
    eachMove(scope, pair);
  }

  #take(pair: Pair, from: number, move: Move, next: Pair): void {
    this.#transitions += 1;
    const what = broken(pair, move, next);
    simplify(next);
    try {
      pack(next, this.#words);
    } catch (error) {
      if (!(error instanceof BeyondBounds)) throw error;
      this.#beyond += 1;
      return;
    }
    const { id, isNew } = this.#store.add(this.#words, from);
    if (isNew) this.#moves.set(move.name, (this.#moves.get(move.name) ?? 0) + 1);
    // An order that nobody had to give is no way to health, and yet what an agent does.
    const isOrder = move.name === 'operatorTakes' || move.name === 'operatorVouches';
    if (!move.fault || isOrder)
      this.#roles[pair.nodes[move.side].role * 8 + next.nodes[move.side].role] = 1;
    if (!move.fault) this.#edges.add(id);
    if (what === null || this.#finding !== null) return;
    this.#finding = { what, path: [...this.#pathTo(from), this.#words.slice()] };
  }

  #findStuck(): number {
    const marks = new Uint8Array(this.#store.size);
    for (const id of this.#healthy) marks[id] = 1;
    const { count, first } = this.#edges.countStuck(marks);
    if (first !== null) {
      const what = 'stuck: no healthy pair can be reached from here without another fault';
      this.#finding = { what, path: this.#pathTo(first) };
    }
    return count;
  }

  #pathTo(id: number): Uint32Array[] {
    const path: Uint32Array[] = [];
    for (let at = id; at >= 0; at = this.#store.parents[at] ?? -1)
      path.unshift(this.#store.words.slice(at * wordsOfState, (at + 1) * wordsOfState));
    return path;
  }
}

function roleChangesOf(seen: Uint8Array): ReadonlySet<string> {
  const list = [...seen.entries()].filter(([, count]) => count > 0);
  return new Set(list.map(([at]) => `${at >> 3}>${at & 7}`));
}
